"""Several real processes on one data folder, one of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest
from mcp import Client, StdioServerParameters

from hades_mcp.config import Settings
from hades_mcp.embedded import connect
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from arango.cursor import Cursor
    from arango.database import StandardDatabase

pytestmark = pytest.mark.anyio

ENTRIES = 20


def write_library(folder: Path, files: int) -> None:
    """A small package: modules that import, inherit from and call each other."""
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A library of animals."""\n')
    for number in range(files):
        before = f"animal_{number - 1}" if number else ""
        parent = f"Animal{number - 1}" if number else "object"
        head = (
            f"from {folder.name}.{before} import {parent}, speak_{number - 1}\n" if before else ""
        )
        call = f"speak_{number - 1}()" if before else "None"
        (folder / f"animal_{number}.py").write_text(
            f'"""Animal number {number}."""\n{head}\n\n'
            f'class Animal{number}({parent}):\n    """The animal that came {number}th."""\n\n\n'
            f'def speak_{number}() -> None:\n    """Let animal {number} speak."""\n    {call}\n'
        )


def hades(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "hades_mcp", "--home", str(home), *arguments]


def stored(home: Path) -> dict[str, list[Any]]:
    """Return the keys of everything ingested, as a stranger reads them from the database."""
    client = connect(home / "databases")
    try:
        db = client.db("hades")
        collections = ("documents", "chunks", "sources", "contains", "imports", "inherits", "calls")
        return {
            name: sorted(rows(db, "FOR d IN @@c RETURN d._key", {"@c": name}))
            for name in collections
        }
    finally:
        client.close()


def rows(db: StandardDatabase, query: str, bind_vars: dict[str, Any] | None = None) -> list[Any]:
    return list(cast("Cursor", db.aql.execute(query, bind_vars=bind_vars)))


def count_entries(home: Path, context: str) -> int:
    client = connect(home / "databases")
    try:
        query = "FOR e IN context_entries FILTER e.context == @c RETURN DISTINCT e.content"
        return len(rows(client.db("hades"), query, {"c": context}))
    finally:
        client.close()


@pytest.mark.promise("many:processes")
async def test_two_servers_and_an_ingest_share_one_folder_and_lose_no_write(tmp_path: Path) -> None:
    home = tmp_path / "shared"
    write_library(tmp_path / "zoo", 12)
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "hades_mcp", "--home", str(home), "serve"]
    )

    async def remember(client: Client, context: str) -> None:
        for number in range(ENTRIES):
            arguments = {"context": context, "content": f"{context} says {number}"}
            result = await client.call_tool("context_add", arguments)
            assert not result.is_error, result.content

    async def ingest() -> None:
        await anyio.run_process(hades(home, "ingest", str(tmp_path / "zoo")))

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(server)) for _ in range(2)]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ingest)
            for number, client in enumerate(clients):
                tasks.start_soon(remember, client, f"speaker-{number}")
    assert count_entries(home, "speaker-0") == count_entries(home, "speaker-1") == ENTRIES
    alone = tmp_path / "alone"
    await anyio.run_process(hades(alone, "ingest", str(tmp_path / "zoo")))
    assert stored(home) == stored(alone)


@pytest.mark.promise("many:kill-9")
def test_an_ingest_killed_in_the_middle_leaves_nothing_half_written(tmp_path: Path) -> None:
    write_library(tmp_path / "zoo", 20)
    home, whole = tmp_path / "killed", tmp_path / "whole"
    subprocess.run(hades(whole, "ingest", str(tmp_path / "zoo")), check=True, capture_output=True)
    expected = stored(whole)
    open_workspace(Settings(home=home), preload=False).close()
    for files_before_the_kill in (1, 6, 11):
        kill_when(home, files_before_the_kill, tmp_path / "zoo")
        assert_no_file_is_stored_in_part(home, expected)
    subprocess.run(hades(home, "ingest", str(tmp_path / "zoo")), check=True, capture_output=True)
    assert stored(home) == expected


def kill_when(home: Path, files: int, folder: Path) -> None:
    """Start an ingest and `kill -9` it as soon as that many files are stored."""
    client = connect(home / "databases")
    ingest = subprocess.Popen(
        hades(home, "ingest", str(folder)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        sources = client.db("hades").collection("sources")
        deadline = time.monotonic() + 60
        while cast("int", sources.count()) < files and ingest.poll() is None:
            assert time.monotonic() < deadline, "the ingest stands still"
        ingest.send_signal(signal.SIGKILL)
    finally:
        output, _ = ingest.communicate(timeout=60)
        client.close()
    assert ingest.returncode == -signal.SIGKILL, os.fsdecode(output)


def assert_no_file_is_stored_in_part(home: Path, expected: dict[str, list[Any]]) -> None:
    """What is there is part of the whole, and each stored file has all of its own."""
    found = stored(home)
    for name, keys in found.items():
        assert set(keys) <= set(expected[name]), name
    client = connect(home / "databases")
    try:
        db = client.db("hades")
        lacking = rows(
            db,
            "FOR s IN sources FOR p IN ATTRIBUTES(s.parts) "
            "FILTER DOCUMENT('documents', p) == null RETURN p",
        )
        edgeless = rows(
            db,
            "FOR s IN sources FOR c IN ATTRIBUTES(s.edges) FOR k IN s.edges[c] "
            "FILTER DOCUMENT(c, k) == null RETURN k",
        )
        orphans = rows(
            db, "FOR c IN chunks FILTER DOCUMENT('documents', c.document) == null RETURN c._key"
        )
        assert [*lacking, *edgeless, *orphans] == []
    finally:
        client.close()
