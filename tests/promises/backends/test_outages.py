"""A store goes away and comes back: every tool says so, and works again without a restart."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.promises.backends.kitchens import Kitchen
from tests.vectors.backends import NotInstalled, arango_face, free_port, milvus_server, wire
from tests.vectors.test_outages import HOLD

from hades_mcp.config import Settings
from hades_mcp.services.upkeep.outbox import waiting
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALLS: dict[str, dict[str, Any]] = {
    "search": {"text": "beech wood"},
    "document_add": {"text": "Lions sleep.", "title": "Lions"},
    "document_get": {"document": "Oven"},
    "graph_traverse": {"start": "Oven"},
    "graph_path": {"start": "Oven", "target": "Shop"},
    "graph_neighbours": {"document": "Cellar"},
    "graph_measure": {"measure": "pagerank"},
    "graph_relate": {"start": "Oven", "target": "Cellar"},
    "schema": {},
    "aql_read": {"query": "FOR l IN loaves LIMIT 1 RETURN l"},
    "aql_explain": {"query": "FOR l IN loaves RETURN l"},
    "aql_write": {"query": "INSERT {} INTO loaves"},
    "aql_examples": {"question": "sort"},
    "context_add": {"context": "talk", "content": "Flour came."},
    "context_get": {"context": "talk"},
    "context_list": {},
    "context_clear": {"context": "talk"},
    "feedback": {"target": "Oven", "helped": True},
    "document_delete": {"document": "Shop"},
}
"""A call of each tool; `more` wants what another has given."""


def test_there_is_a_call_of_every_tool() -> None:
    assert {*CALLS, "more"} == {tool.name for tool in BUILT_IN}


def test_every_tool_says_that_arangodb_is_away_and_works_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(home=tmp_path, arango_url=f"http://127.0.0.1:{port}")
    with arango_face(tmp_path / "served", port):
        kitchen = Kitchen(settings)
        kitchen.furnish()
        page = kitchen.ask("aql_read", query="FOR l IN loaves SORT l.n RETURN l")
        kitchen.ask("context_add", context="talk", content="The oven is cold.")
    try:
        for tool, arguments in (*CALLS.items(), ("more", {"next": page["next"]})):
            told = kitchen.refused(tool, **arguments)
            assert "does not answer" in told, (tool, told)
            assert "hades doctor" in told
        late = Kitchen.__new__(Kitchen)  # a server that is started before its database is
        late.settings = settings
        late.tools = Toolset(partial(open_workspace, settings, embedder=kitchen.workspace.embedder))
        assert "cannot be used" in late.refused("schema")
        with arango_face(tmp_path / "served", port):
            assert kitchen.ask("more", next=page["next"])["rows"][0]["n"] == len(page["rows"])
            for tool, arguments in CALLS.items():
                kitchen.ask(tool, **arguments)
            assert kitchen.workspace.fsck.check() == []
            late.ask("document_get", document="Oven")
            late.workspace = late.tools._workspace  # type: ignore[assignment]
            late.close()
    finally:
        kitchen.close()


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Let another process have Milvus Lite."""
    command = [sys.executable, "-c", HOLD, str(home / "milvus.db")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.kill()


def check_goes_on_without_milvus(kitchen: Kitchen, said: str) -> None:
    """Every tool works; only a search tells what it misses."""
    for tool, arguments in CALLS.items():
        kitchen.ask(tool, **arguments)
    found = kitchen.ask("search", text="lions sleep")
    assert found["hits"][0]["title"] == "Lions"
    assert "words only" in found["note"]
    assert said in found["note"]
    assert waiting(kitchen.workspace.db) > 0


def check_all_is_made_up_for(kitchen: Kitchen) -> None:
    kitchen.ask("document_add", text="Tigers swim.", title="Tigers")
    found = kitchen.ask("search", text="lions sleep")
    assert "note" not in found
    assert found["hits"][0]["title"] == "Lions"
    assert kitchen.workspace.fsck.check() == []


def test_without_milvus_lite_every_tool_goes_on_and_it_is_made_up_for(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, vectors="milvus")
    kitchen = Kitchen(settings)
    kitchen.furnish()
    kitchen.close()
    with held(tmp_path):
        kitchen.open()
        check_goes_on_without_milvus(kitchen, "another has it open")
    check_all_is_made_up_for(kitchen)
    kitchen.close()


@pytest.mark.slow
def test_a_milvus_server_may_go_and_come_back_between_two_calls(tmp_path: Path) -> None:
    port, far = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    try:
        with milvus_server(tmp_path / "milvus", far):
            with wire(port, far):
                kitchen = Kitchen(Settings(home=tmp_path, vectors="milvus", milvus_url=url))
                kitchen.furnish()
            check_goes_on_without_milvus(kitchen, url)
            with wire(port, far):
                check_all_is_made_up_for(kitchen)
                kitchen.close()
    except NotInstalled:
        pytest.skip(str(NotInstalled.__doc__))
