"""The main job, as a host does it: a server child process, real documents, both protocol eras."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

import pytest
from mcp import Client, StdioServerParameters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("auto", "legacy")

BAKERY = '''"""Everything about bread."""

from bakery.oven import Oven


class Baker:
    """Kneads the dough by hand and watches the crust turn brown."""

    def bake(self) -> None:
        """Bake one loaf in the oven."""
        Oven().heat()
'''
OVEN = '''"""Where it gets hot."""


class Oven:
    """A stone oven heated with beech wood."""

    def heat(self) -> None:
        """Light the fire."""
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small package in it, ingested from the command line."""
    place = tmp_path_factory.mktemp("bakery")
    package = place / "bakery"
    package.mkdir()
    (package / "__init__.py").write_text('"""A bakery."""\n')
    (package / "bread.py").write_text(BAKERY)
    (package / "oven.py").write_text(OVEN)
    home = place / "home"
    command = [sys.executable, "-m", "hades_mcp", "--home", str(home), "ingest", str(package)]
    subprocess.run(command, check=True, capture_output=True)
    return home


@asynccontextmanager
async def host(home: Path, mode: Mode) -> AsyncIterator[Client]:
    arguments = ["-m", "hades_mcp", "--home", str(home), "serve"]
    server = StdioServerParameters(command=sys.executable, args=arguments)
    async with Client(server, mode=mode) as client:
        yield client


@pytest.fixture(scope="module")
async def server(home: Path) -> AsyncIterator[Client]:
    """One server for all calls that leave no trace which another test would see."""
    async with host(home, "auto") as client:
        yield client


@pytest.fixture(scope="module")
async def older(home: Path) -> AsyncIterator[Client]:
    """The same for a client of the protocol's older era."""
    async with host(home, "legacy") as client:
        yield client


async def call(client: Client, tool: str, /, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    text = "".join(getattr(part, "text", "") for part in result.content)
    assert not result.is_error, text
    return json.loads(text)


# one call of each tool that must succeed on the bakery
CALLS: dict[str, dict[str, Any]] = {
    "search": {"text": "who makes the dough"},
    "document_get": {"document": "bakery.bread.Baker"},
    "document_add": {"text": "Nine to five.", "title": "Hours of the bakery"},
    "document_delete": {"document": "Hours of the bakery"},
    "graph_traverse": {"start": "bakery.bread", "edges": ["contains"]},
    "graph_path": {"start": "bakery.bread.Baker", "target": "bakery.oven.Oven"},
    "graph_neighbours": {"document": "bakery.oven.Oven"},
    "graph_measure": {"measure": "pagerank"},
    "graph_relate": {"start": "bakery.bread", "target": "bakery.oven", "kind": "needs"},
    "schema": {},
    "aql_explain": {"query": "FOR d IN documents RETURN d"},
    "aql_examples": {"question": "count by kind"},
    "feedback": {"target": "bakery.oven.Oven", "helped": True},
    "aql_read": {"query": "RETURN @a + 1", "bind_vars": {"a": 1}},
    "aql_write": {"query": "UPSERT {_key: 'x'} INSERT {_key: 'x'} UPDATE {} IN documents"},
    "context_add": {"context": "every-tool", "content": "flour"},
    "context_get": {"context": "every-tool"},
    "context_list": {},
    "context_clear": {"context": "every-tool"},
    "callers": {"function": "bakery.oven.Oven.heat"},
}


@pytest.mark.promise("serve:tools")
@pytest.mark.promise("serve:two-eras")
@pytest.mark.parametrize("mode", MODES)
async def test_every_listed_tool_answers_over_stdio(home: Path, mode: Mode) -> None:
    async with host(home, mode) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        assert listed == {*CALLS, "more"}
        for name, arguments in CALLS.items():
            assert await call(client, name, **arguments), name
        cut = await call(client, "aql_read", query="FOR i IN 1..900 RETURN i")
        rest = await call(client, "more", next=cut["next"])
        assert rest["rows"][0] == len(cut["rows"]) + 1


@pytest.mark.promise("context:add-get-clear")
async def test_a_context_outlives_the_server_until_it_is_cleared(home: Path) -> None:
    async with host(home, "auto") as client:
        await call(client, "context_add", context="oven", content="The oven is cold on Mondays.")
    async with host(home, "legacy") as client:
        got = await call(client, "context_get", context="oven")
        assert [entry["content"] for entry in got["entries"]] == ["The oven is cold on Mondays."]
        await call(client, "context_clear", context="oven")
        gone = await client.call_tool("context_get", {"context": "oven"})
        assert gone.is_error


@pytest.mark.promise("search:by-meaning")
async def test_search_finds_by_meaning_what_shares_no_word(server: Client) -> None:
    furnace = {"text": "a furnace for burning timber", "kind": "class", "limit": 1}
    found = await call(server, "search", **furnace)
    assert found["hits"][0]["title"] == "bakery.oven.Oven"


@pytest.mark.promise("graph:walk")
async def test_the_graph_of_ingested_code_is_walked(server: Client) -> None:
    inside = await call(server, "graph_traverse", start="bakery.bread", edges=["contains"])
    path = await call(
        server, "graph_path", start="bakery.bread.Baker.bake", target="bakery.oven.Oven"
    )
    assert "bakery.bread.Baker" in {node["title"] for node in inside["nodes"]}
    assert path["path"][-1]["title"] == "bakery.oven.Oven"


@pytest.mark.promise("aql:bind-variables")
async def test_aql_runs_with_bind_variables_for_values_and_collections(server: Client) -> None:
    query = "FOR d IN @@c FILTER d.kind == @kind SORT d.title RETURN d.title"
    answer = await call(
        server, "aql_read", query=query, bind_vars={"@c": "documents", "kind": "class"}
    )
    assert answer["rows"] == ["bakery.bread.Baker", "bakery.oven.Oven"]


BAD_CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("serch", {"text": "x"}, "search"),
    ("search", {"txt": "x"}, "text"),
    ("search", {"text": "x", "limit": "many"}, "limit"),
    ("search", {}, "text"),
    ("graph_traverse", {"start": "bakery.bred"}, "bakery.bread"),
    ("aql_read", {"query": "FOR d IN documnts RETURN d"}, "documents"),
    ("aql_read", {"query": "FRO d IN documents RETURN d"}, "1:1"),
    ("aql_read", {"query": "RETURN @a"}, "'a'"),
    ("aql_read", {"query": "REMOVE 'x' IN documents"}, "aql_write"),
]


@pytest.mark.parametrize(("name", "arguments", "told"), BAD_CALLS)
async def test_a_bad_call_is_told_the_way_to_a_good_one(
    older: Client, name: str, arguments: dict[str, Any], told: str
) -> None:
    result = await older.call_tool(name, arguments)
    text = "".join(getattr(part, "text", "") for part in result.content)
    assert result.is_error
    assert told in text
    assert "Traceback" not in text
