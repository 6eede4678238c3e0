"""`hades db`: the embedded database served, backed up, restored and checked."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
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
