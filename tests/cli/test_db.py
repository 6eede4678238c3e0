"""`hades db`: the embedded database served, backed up, restored and checked."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Hades


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_database_is_served_until_a_signal_ends_it(
    hades: Hades, number: signal.Signals
) -> None:
    hades("aql", "INSERT {_key: 'a'} INTO documents", "--write")
    command = [sys.executable, "-m", "hades_mcp", "db", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = server.stderr.readline().split()[-1]
        query = {"query": "RETURN LENGTH(documents)"}
        answer = httpx.post(f"{url}/_db/hades/_api/cursor", json=query)
        assert answer.json()["result"] == [1]
        server.send_signal(number)
        _, errors = server.communicate(timeout=30)
    assert (server.returncode, errors) == (0, "")


def test_with_auth_only_accounts_are_answered(
    hades: Hades, monkeypatch: pytest.MonkeyPatch
) -> None:
    hades("aql", "RETURN 1")
    monkeypatch.delenv("ARANGO_ROOT_PASSWORD", raising=False)
    refused = hades("db", "serve", "--port", "0", "--auth")
    assert refused.code == 5
    assert "ARANGO_ROOT_PASSWORD" in refused.err
    monkeypatch.setenv("ARANGO_ROOT_PASSWORD", "first")
    command = [sys.executable, "-m", "hades_mcp", "db", "serve", "--port", "0", "--auth"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = server.stderr.readline().split()[-1]
        asked = f"{url}/_api/endpoint"
        codes = [httpx.get(asked, auth=("root", word)).status_code for word in ("first", "", "x")]
        answer = httpx.get(asked, auth=("root", "first")).json()
        nobody = httpx.get(asked).status_code
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    assert (codes, nobody) == ([200, 401, 401], 401)
    assert answer == [{"endpoint": url}]


def test_an_address_other_machines_reach_is_refused(hades: Hades) -> None:
    done = hades("db", "serve", "--host", "0.0.0.0")
    assert done.code == 2
    assert "password" in done.err
    assert "127.0.0.1" in done.err


def test_a_port_that_is_taken_says_so(hades: Hades) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = hades("db", "serve", "--port", str(port))
    assert done.code == 4
    assert str(port) in done.err
    assert "--port" in done.err


def test_a_store_on_a_server_is_not_ours_to_serve(
    hades: Hades, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADES_ARANGO_URL", "http://127.0.0.1:9")
    done = hades("db", "serve")
    assert done.code == 5
    assert "HADES_ARANGO_URL" in done.err


def write(hades: Hades, key: str) -> None:
    assert hades("aql", f"INSERT {{_key: '{key}'}} INTO documents", "--write").code == 0


def keys(hades: Hades) -> list[str]:
    found: list[str] = hades("aql", "FOR d IN documents SORT d._key RETURN d._key").rows
    return found


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_a_backup_brings_back_what_was_there(hades: Hades, tmp_path: Path, name: str) -> None:
    write(hades, "a")
    done = hades("db", "backup", tmp_path / name)
    assert done.out.startswith("2 databases, ")
    write(hades, "b")
    refused = hades("db", "restore", tmp_path / name)
    assert refused.code == 2
    assert "--replace" in refused.err
    assert keys(hades) == ["a", "b"]
    assert hades("db", "restore", tmp_path / name, "--replace").out.startswith("2 databases, ")
    assert keys(hades) == ["a"]


def test_a_backup_is_restored_into_a_home_of_its_own(hades: Hades, tmp_path: Path) -> None:
    write(hades, "a")
    hades("db", "backup", tmp_path / "b.zip")
    assert hades("--home", tmp_path / "new", "db", "restore", tmp_path / "b.zip").code == 0
    found = hades("--home", tmp_path / "new", "aql", "FOR d IN documents RETURN d._key")
    assert found.rows == ["a"]


def test_a_backup_does_not_overwrite_another(hades: Hades, tmp_path: Path) -> None:
    write(hades, "a")
    assert hades("db", "backup", tmp_path / "b.zip").code == 0
    done = hades("db", "backup", tmp_path / "b.zip")
    assert done.code == 2
    assert "new name" in done.err


def test_what_is_no_backup_is_not_restored(hades: Hades, tmp_path: Path) -> None:
    missing = hades("db", "restore", tmp_path / "nothing.zip")
    assert (missing.code, str(tmp_path / "nothing.zip") in missing.err) == (2, True)
    (tmp_path / "letter.txt").write_text("dear")
    wrong = hades("db", "restore", tmp_path / "letter.txt")
    assert wrong.code == 5
    assert "no backup" in wrong.err


def test_nothing_is_made_by_backing_up_or_checking_what_is_not_there(
    hades: Hades, tmp_path: Path
) -> None:
    for arguments in (("backup", tmp_path / "b.zip"), ("check",)):
        done = hades("db", *arguments)
        assert done.code == 2
        assert str(tmp_path / "home") in done.err
    assert not (tmp_path / "home" / "databases").exists()


def test_check_finds_a_lost_index_row_and_mends_it(hades: Hades, tmp_path: Path) -> None:
    write(hades, "a")
    assert hades("db", "check").code == 0
    file = next((tmp_path / "home" / "databases").glob("hades-*.sqlite"))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        sorted_ones = """definition LIKE '%"type":"persistent"%'"""
        ids = connection.execute(f"SELECT id FROM indexes WHERE {sorted_ones}").fetchall()
        lost = sum(connection.execute(f"DELETE FROM i{each}").rowcount for (each,) in ids)
    assert lost
    found = hades("db", "check", "--json")
    assert found.code == 1
    assert {row["part"] for row in found.rows} == {"index"}
    assert not any(row["mended"] for row in found.rows)
    assert "--mend" in found.err
    mended = hades("db", "check", "--mend")
    assert mended.code == 0
    assert mended.out.startswith("mended  hades/documents: ")
    assert hades("db", "check").out == ""
