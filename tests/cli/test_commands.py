"""The commands, and what they say when something is wrong."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded.storage import Engine
from hades_mcp.services import transactions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Hades


def test_an_unknown_command_names_the_nearest(hades: Hades) -> None:
    done = hades("serch", "x")
    assert done.code == 2
    assert "Did you mean 'search'?" in done.err


def test_a_setting_that_does_not_fit_is_a_matter_for_a_person(
    hades: Hades, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADES_MAX_ROWS", "many")
    done = hades("aql", "RETURN 1")
    assert done.code == 5
    assert "HADES_MAX_ROWS" in done.err


def test_aql_prints_one_json_row_a_line(hades: Hades) -> None:
    assert hades("aql", "FOR i IN 1..3 RETURN {i}").rows == [{"i": 1}, {"i": 2}, {"i": 3}]


def test_bind_variables_are_json_or_else_text(hades: Hades) -> None:
    done = hades("aql", "RETURN [@number, @text]", "-b", "number=41", "-b", "text=forty two")
    assert done.rows == [[41, "forty two"]]


def test_a_bind_variable_without_a_value_is_refused(hades: Hades) -> None:
    done = hades("aql", "RETURN @x", "--bind", "x")
    assert done.code == 2
    assert "NAME=VALUE" in done.err


def test_a_query_is_read_from_standard_input(hades: Hades) -> None:
    assert hades("aql", "-", stdin="RETURN 7").rows == [7]


def test_malformed_aql_says_where_it_stops_making_sense(hades: Hades) -> None:
    done = hades("aql", "FRO i IN 1..3 RETURN i")
    assert done.code == 2
    assert "1:1" in done.err


def test_an_unknown_collection_names_the_nearest(hades: Hades) -> None:
    done = hades("aql", "FOR d IN documnts RETURN d")
    assert done.code == 2
    assert "documents" in done.err


def test_a_query_that_writes_needs_the_write_flag(hades: Hades) -> None:
    query = "INSERT {_key: 'a'} INTO documents RETURN NEW._key"
    refused = hades("aql", query)
    assert refused.code == 2
    assert hades("aql", "RETURN LENGTH(documents)").rows == [0]
    assert hades("aql", query, "--write").rows == ["a"]


def test_too_many_rows_are_cut_and_it_says_so(hades: Hades) -> None:
    done = hades("aql", "FOR i IN 1..9 RETURN i", "--max-rows", "2")
    assert done.rows == [1, 2]
    assert "only the first 2 rows" in done.err


def test_explain_prints_the_plan_and_runs_nothing(hades: Hades) -> None:
    done = hades("aql", "--explain", "INSERT {_key: 'a'} INTO documents")
    assert "InsertNode" in done.rows[0]["nodes"]
    assert hades("aql", "RETURN LENGTH(documents)").rows == [0]


def test_a_folder_is_ingested_and_found_again_by_meaning(hades: Hades, notes: Path) -> None:
    first = hades("ingest", notes)
    assert first.out.startswith("2 added, 0 updated, 0 unchanged")
    again = hades("ingest", "--json", notes)
    assert (again.rows[0]["added"], again.rows[0]["unchanged"]) == (0, 2)
    found = hades("search", "insects that produce something sweet", "--json")
    assert found.rows[0]["title"].startswith("Bees")


def test_a_search_keeps_to_kinds_and_values_and_adds_what_the_graph_leads_to(
    hades: Hades, notes: Path
) -> None:
    (notes / "wax.md").write_text(
        "---\nyear: 2024\n---\n# Wax\n\nBees make wax. See [bees](bees.md).\n"
    )
    (notes / "hive.py").write_text('def hive():\n    """Hold bees."""\n')
    hades("ingest", notes)

    def titles(*options: str) -> list[str]:
        return [row["title"] for row in hades("search", "bees", "--json", *options).rows]

    assert titles("--kind", "function") == ["hive.hive"]
    assert titles("--where", "year=2024") == ["Wax"]
    assert titles("--where", "year=2023", "--where", "year=2024") == ["Wax"]
    assert "Bees" in titles("--where", "connected_to=Wax")
    assert "hive.hive" not in titles("--where", "connected_to=Wax")
    (added,) = hades("search", "wax", "-n1", "--hops", "1", "--json").rows[1:]
    assert added["via"].startswith("documents/")
    done = hades("search", "bees", "--where", "year")
    assert (done.code, "NAME=VALUE" in done.err) == (2, True)


def test_a_missing_folder_stores_nothing_and_says_which(hades: Hades, notes: Path) -> None:
    done = hades("ingest", notes, notes.parent / "note")
    assert done.code == 2
    assert str(notes.parent / "note") in done.err
    assert hades("aql", "RETURN LENGTH(documents)").rows == [0]


def test_a_file_that_is_not_text_is_skipped_with_the_reason(hades: Hades, notes: Path) -> None:
    (notes / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    done = hades("ingest", notes)
    assert "2 added" in done.out
    assert "1 skipped" in done.out
    assert "picture.md" in done.err


def test_search_in_an_empty_store_says_what_to_do(hades: Hades) -> None:
    done = hades("search", "anything")
    assert done.code == 0
    assert "ingest" in done.err


def test_asking_without_a_model_server_says_how_to_start_one(hades: Hades) -> None:
    done = hades("ask", "Who?", "--model-url", "http://127.0.0.1:9/v1")
    assert done.code == 4
    assert "127.0.0.1:9" in done.err
    assert "hades doctor" in done.err


def test_an_unknown_agent_names_the_nearest(hades: Hades) -> None:
    done = hades("ask", "Who?", "--agent", "libarian")
    assert done.code == 2
    assert "librarian" in done.err


def test_an_empty_question_is_refused(hades: Hades) -> None:
    assert hades("ask", "-", stdin=" \n").code == 2


def test_no_trace_yet_says_how_to_make_one(hades: Hades) -> None:
    done = hades("traces", "list")
    assert done.code == 0
    assert "hades ask" in done.err


def test_an_unknown_trace_is_said_to_be_unknown(hades: Hades) -> None:
    done = hades("traces", "show", "beef")
    assert done.code == 2
    assert "traces list" in done.err


@pytest.mark.promise("cli:doctor")
def test_doctor_names_the_command_that_mends_what_is_missing(hades: Hades) -> None:
    done = hades("doctor", "--json")
    checks = {check["component"]: check for check in done.rows}
    assert done.code == 0
    assert {"data folder", "store", "embedder", "agents", "tools"} == {
        name for name, check in checks.items() if check["state"] == "ok"
    } - {"models", "tui", "milvus", "phoenix", "train"}
    assert checks["model"]["state"] == "missing"
    assert "llama-server" in checks["model"]["mend"]


def test_doctor_fails_when_the_data_folder_cannot_be_used(hades: Hades, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = hades("--home", tmp_path / "file", "doctor", "--json")
    assert done.code == 1
    assert done.rows[0]["state"] == "failed"


def test_doctor_names_a_broken_agent_of_yours(hades: Hades, tmp_path: Path) -> None:
    agents = tmp_path / "home" / "agents"
    agents.mkdir(parents=True)
    (agents / "mine.toml").write_text("promt = 'librarian'")
    done = hades("doctor")
    assert done.code == 1
    assert "mine.toml" in done.out


def test_doctor_names_a_broken_tool_of_yours(hades: Hades, tmp_path: Path) -> None:
    tools = tmp_path / "home" / "tools"
    tools.mkdir(parents=True)
    (tools / "mine.toml").write_text("name =")
    done = hades("doctor")
    assert done.code == 1
    assert "left out: tools/mine.toml is not TOML" in done.out


def test_a_data_folder_in_the_way_is_a_clear_error(hades: Hades, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = hades("--home", tmp_path / "file", "aql", "RETURN 1")
    assert done.code in {4, 5}
    assert str(tmp_path / "file") in done.err
    assert "Traceback" not in done.err


def database_file(home: Path) -> Path:
    return next((home / "databases").glob("hades-*.sqlite"))


@contextmanager
def held(file: Path, lock: str) -> Iterator[None]:
    """Hold a lock on a database file, as another process does while it writes."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE" if lock == "EXCLUSIVE" else "SELECT 1")
        other.execute(f"BEGIN {lock}")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ("EXCLUSIVE", ["aql", "RETURN 1"]),
        ("IMMEDIATE", ["aql", "--write", "INSERT {n: 1} INTO documents"]),
    ],
    ids=["to-open", "to-write"],
)
def test_a_data_folder_that_another_process_locks_is_waited_for_then_said_to_be_tried_later(
    hades: Hades, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str, command: list[str]
) -> None:
    hades("aql", "RETURN 1")
    # as the engine and services wait, but not for 30 and 60 seconds
    waits = Engine.__init__.__kwdefaults__
    assert waits is not None
    monkeypatch.setitem(waits, "lock_timeout", 0.05)
    monkeypatch.setattr(transactions, "PATIENCE", 0.05)
    with held(database_file(tmp_path / "home"), lock):
        done = hades(*command)
    assert done.code == 4
    assert "another process" in done.err
    assert "ry again" in done.err
    assert "Traceback" not in done.err
    assert hades(*command).code == 0


def test_a_damaged_store_is_a_matter_for_a_person_and_is_left_as_it_is(
    hades: Hades, tmp_path: Path
) -> None:
    hades("aql", "RETURN 1")
    file = database_file(tmp_path / "home")
    file.write_bytes(b"not a database any more")
    done = hades("aql", "RETURN 1")
    assert done.code == 5
    assert str(file) in done.err
    assert "backup" in done.err
    assert file.read_bytes() == b"not a database any more"
