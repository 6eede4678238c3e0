"""Odd and hostile files are stored or skipped with a reason; they never keep the others out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hades_mcp.services.documents.discovery import is_gone
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.service import DocumentService

HALF = "\\ud800"
"""Half a surrogate pair, as JSON, YAML and Python write it: no UTF-8 can hold it."""

LAUGHS = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""A few lines of YAML that stand for a hundred million values."""

STORED = {
    "half.jsonl": f'{{"id": "{HALF}", "{HALF}": "a {HALF} b"}}\n',
    "half.py": f'"""Of {HALF}."""\n\ndef one(a="{HALF}"):\n    """Return {HALF}."""\n',
    "half.md": f'---\nby: "{HALF}"\n---\n\n# Half\n',
    "laughs.md": f"---\n{LAUGHS}---\n\n# Laughs\n",
    "endless.md": "---\na: &a [*a]\n---\n\n# Endless\n",
    "deep.md": f"---\na: {'[' * 60}{']' * 60}\n---\n\n# Deep\n",
}
SKIPPED = {
    b"caf\xe9.txt": ("words", "its name is not UTF-8"),
    b"deep.jsonl": (f'{{"a": {"[" * 900}{"]" * 900}}}\n', "line 1: nested deeper than 50 levels"),
    b"deep.js": (f"x = {'[' * 5000}{']' * 5000}", "JavaScript nested too deep"),
}


@pytest.mark.parametrize("name", STORED)
def test_an_odd_file_is_stored(
    documents: DocumentService, db: StandardDatabase, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text(STORED[name])
    report = documents.ingest([tmp_path])
    assert (report.added, report.skipped) == (1, [])
    assert documents.ingest([tmp_path]).unchanged == 1
    kinds = rows(db, "FOR d IN documents SORT d.line RETURN d.kind")
    assert kinds[0] in {"file", "module"}


@pytest.mark.parametrize("name", SKIPPED)
def test_a_file_that_cannot_be_stored_is_skipped_and_the_others_are_not(
    documents: DocumentService, tmp_path: Path, name: bytes
) -> None:
    text, reason = SKIPPED[name]
    with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:  # noqa: PTH118, PTH123  bytes
        file.write(text)
    (tmp_path / "good.md").write_text("# Good\n\nTea.\n")
    report = documents.ingest([tmp_path])
    assert report.added == 1
    assert documents.get("Good")["text"] == "Tea."
    ((path, told),) = report.skipped
    assert told == reason
    path.encode()  # whoever prints it needs no care


def test_what_may_not_be_looked_at_is_not_gone(tmp_path: Path) -> None:
    secret = tmp_path / "secret" / "a.md"
    secret.parent.mkdir()
    secret.write_text("# A\n")
    assert not is_gone(secret)
    assert is_gone(secret.with_name("b.md"))
    assert is_gone(secret / "below")
    # root may look everywhere, but a loop of links is refused to everybody
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert not is_gone(loop)
