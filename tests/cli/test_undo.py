"""`hades undo` lists what was written and takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Hades


@pytest.fixture
def written(hades: Hades) -> str:
    """Two documents made, then changed; the handle of the change."""
    made = hades("aql", "--write", "FOR n IN 1..2 INSERT {_key: TO_STRING(n), n} INTO documents")
    assert "changed documents: 2; hades undo " in made.err
    changed = hades("aql", "--write", "FOR d IN documents UPDATE d WITH {n: 9} IN documents")
    return changed.err.strip().rpartition(" ")[2]


def numbers(hades: Hades) -> list[int]:
    return hades("aql", "FOR d IN documents SORT d._key RETURN d.n").rows


def test_writes_are_listed_with_what_they_did(hades: Hades, written: str) -> None:
    latest, first = hades("undo").out.splitlines()
    assert latest.startswith(written)
    assert "aql_write (documents: updated 2)" in latest
    assert "inserted 2" in first
    assert [row["handle"] for row in hades("undo", "--json", "-n", "1").rows] == [written]


def test_the_last_write_and_the_one_before_it_are_taken_back(hades: Hades, written: str) -> None:
    assert f"undo of {written}" in hades("undo", "last").out
    assert numbers(hades) == [1, 2]
    assert hades("undo", "last", "--force").code == 0
    assert numbers(hades) == []
    assert "undone by" in hades("undo").out


def test_later_changes_are_named_and_only_force_overwrites_them(hades: Hades, written: str) -> None:
    hades("aql", "--write", "UPDATE '1' WITH {n: 5} IN documents")
    refused = hades("undo", written)
    assert refused.code == 2
    assert f"Changed since {written}: documents/1" in refused.err
    assert numbers(hades) == [5, 9]
    assert hades("undo", written, "--force").code == 0
    assert numbers(hades) == [1, 2]


def test_what_is_not_recorded_cannot_be_undone(hades: Hades) -> None:
    assert "nothing is recorded" in hades("undo").err
    assert hades("undo", "last").code == 2


def test_more_changes_than_usual_must_be_allowed(hades: Hades) -> None:
    query = "FOR n IN 1..1500 INSERT {n} INTO documents"
    refused = hades("aql", "--write", query)
    assert refused.code == 3
    assert "nothing was changed" in refused.err
    assert hades("aql", "--write", "--max-changes", "2000", query).code == 0
