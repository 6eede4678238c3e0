"""`hades import`, `export` and `library` on a real home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hades_mcp.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

WORLD = {
    "collections": {"a": [{"_key": "x", "n": 1}, {"_key": "y", "n": 2}]},
    "edgeCollections": {"e": [{"_key": "k", "_from": "a/x", "_to": "a/y"}]},
    "graphs": {"g": [{"edge_collection": "e", "from": ["a"], "to": ["a"]}]},
    "documents": [],
}


def hades(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_a_world_goes_in_and_out_by_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(WORLD))
    said = "2 documents in 1 collections, 1 edges in 1, 1 graphs, 0 texts\n"
    assert hades(capsys, "import", str(source)) == (0, said, "")
    code, out, err = hades(capsys, "import", str(source))
    assert (code, out) == (2, "")
    assert "--replace throws away" in err
    code, out, _ = hades(capsys, "import", str(source), "--replace", "--json")
    assert (code, json.loads(out)["edges"]) == (0, 1)
    assert hades(capsys, "export", str(target)) == (0, said, "")
    assert json.loads(target.read_text()) == WORLD


def test_what_was_ingested_is_found_in_another_home_after_export_and_import(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADES_EMBEDDER", "hashing")
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "bees.md").write_text("# Bees\n\nBees make honey. See [rails](rails.md).\n")
    (notes / "rails.md").write_text("# Rails\n\nTrains run on rails.\n")
    assert hades(capsys, "ingest", str(notes))[0] == 0
    _, before, _ = hades(capsys, "search", "honey", "--json")
    target = tmp_path / "out.json"
    assert "2 texts" in hades(capsys, "export", str(target))[1]
    monkeypatch.setenv("HADES_HOME", str(tmp_path / "elsewhere"))
    assert "2 texts" in hades(capsys, "import", str(target))[1]
    assert hades(capsys, "search", "honey", "--json") == (0, before, "")
    assert "Bees make honey" in before
    assert hades(capsys, "fsck")[0] == 0


def test_a_file_that_is_no_json_is_refused_in_words_and_not_in_bytes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "world.json").write_bytes(b"\xff\xfe{}")
    code, _, said = hades(
        capsys, "--home", str(tmp_path / "home"), "import", str(tmp_path / "world.json")
    )
    assert code == 2
    assert "The file is no JSON: " in said
    assert "b'" not in said


def test_a_library_is_listed_and_installed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = hades(capsys, "library", "list")
    assert code == 0
    assert out.startswith("aql: ")
    assert out.endswith("not installed\n")
    code, out, _ = hades(capsys, "library", "install", "aql")
    assert code == 0
    assert out.endswith("examples and notes installed\n")
    code, out, _ = hades(capsys, "library", "list", "--json")
    assert json.loads(out)["installed"] > 100
    code, _, err = hades(capsys, "library", "install", "sql")
    assert (code, "Did you mean 'aql'" in err) == (2, True)
