"""`hades fsck` says what is wrong, in words or JSON, and its exit code says whether."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from tests.cli.conftest import Hades


def test_a_store_that_is_whole_leaves_with_0(hades: Hades, notes: Path) -> None:
    hades("ingest", notes)
    done = hades("fsck")
    assert (done.code, done.out) == (0, "")
    assert "0 kinds" in done.err


def test_what_is_wrong_is_said_then_mended_and_gone(hades: Hades, notes: Path) -> None:
    hades("ingest", notes)
    edge = "{_key: 'x', _from: 'documents/a', _to: 'documents/b'}"
    hades("aql", f"INSERT {edge} INTO relations", "--write")
    found = hades("fsck", "--json")
    assert found.code == 1
    (finding,) = found.rows
    assert finding["check"] == "edge-without-end"
    assert finding["examples"] == ["relations/x"]
    assert not finding["mended"]
    assert "--mend" in found.err
    mended = hades("fsck", "--mend")
    assert (mended.code, mended.out.split()[0]) == (0, "mended")
    assert "relations/x" in mended.out
    assert hades("fsck").code == 0


def test_a_milvus_that_is_away_is_said_and_nothing_else_fails(
    hades: Hades, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADES_VECTORS", "milvus")
    monkeypatch.setenv("HADES_MILVUS_URL", "http://127.0.0.1:1")
    assert hades("ingest", notes).code == 0
    found = hades("fsck", "--json")
    assert found.code == 1
    assert [finding["check"] for finding in found.rows] == ["milvus-away"]
    hits = hades("search", "bees")
    assert "honey" in hits.out
