"""Every tool works through a real MCP client, in both eras of the protocol."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from mcp import Client, types

from hades_mcp import __version__
from hades_mcp.messages import ToolCall
from hades_mcp.server.app import build_server
from hades_mcp.tools.catalog import BUILT_IN, Catalog, load_tools
from hades_mcp.tools.definition import tool
from hades_mcp.tools.toolset import Toolset

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server.lowlevel import Server

    from hades_mcp.workspace import Workspace

pytestmark = pytest.mark.anyio


async def call(client: Client, name: str, **arguments: Any) -> Any:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    return said(result)


def said(result: types.CallToolResult) -> Any:
    [content] = result.content
    assert isinstance(content, types.TextContent)
    assert result.structured_content is None
    return json.loads(content.text)


CASES: dict[str, tuple[dict[str, Any], Callable[[Any], bool]]] = {
    "search": (
        {"text": "Give food to an animal", "limit": 3},
        lambda found: any(hit["title"].endswith("feed") for hit in found["hits"]),
    ),
    "document_get": (
        {"document": "zoo.lion.show"},
        lambda found: found["kind"] == "function" and "_id" in found and "_rev" not in found,
    ),
    "document_add": (
        {"title": "Closing time", "text": "The zoo closes at six."},
        lambda found: found["title"] == "Closing time" and found["document"],
    ),
    "document_delete": (
        {"document": "Closing time"},
        lambda found: found["deleted"] == 1 and found["undo"],
    ),
    "graph_traverse": (
        {"start": "zoo.lion", "depth": 2},
        lambda found: {"zoo.lion.Lion", "zoo.lion.show"} <= names_of(found["nodes"]),
    ),
    "graph_path": (
        {"start": "zoo.lion.show", "target": "zoo.animal"},
        lambda found: len(found["path"]) >= 2,
    ),
    "graph_neighbours": (
        {"document": "zoo.lion"},
        lambda found: "zoo.lion.Lion" in found["outbound"]["contains"]["examples"],
    ),
    "graph_measure": (
        {"measure": "pagerank"},
        lambda found: 0 < len(found["top"]) <= found["vertices"],
    ),
    "graph_relate": (
        {"start": "zoo.lion", "target": "zoo.animal", "kind": "extends"},
        lambda found: found["made"] in {"made", "unchanged"},
    ),
    "schema": (
        {"collection": "calls"},
        lambda found: found["type"] == "edge",
    ),
    "aql_read": (
        {
            "query": "FOR d IN @@c FILTER d.kind == @kind SORT d.title RETURN d.title",
            "bind_vars": {"@c": "documents", "kind": "class"},
        },
        lambda found: found["rows"] == ["zoo.animal.Animal", "zoo.lion.Lion"],
    ),
    "aql_write": (
        {
            "query": "INSERT {_from: @a, _to: @b} INTO relations RETURN NEW._from",
            "bind_vars": {"a": "documents/x", "b": "documents/y"},
        },
        lambda found: (
            (found["written"], found["rows"]) == (1, ["documents/x"])
            and found["changed"]["relations"]["inserted"] == 1
            and found["undo"]
        ),
    ),
    "aql_explain": (
        {"query": "FOR d IN documents RETURN d.title"},
        lambda found: found["cost"] > 0 and not found["modifies"] and found["steps"],
    ),
    "more": ({"next": "kept"}, lambda found: found == {"rows": ["the rest"]}),
    "context_add": (
        {"context": "talk", "content": "The lion is asleep."},
        lambda found: found["content"] == "The lion is asleep.",
    ),
    "context_get": (
        {"context": "kept"},
        lambda found: [entry["content"] for entry in found["entries"]] == ["Remember me."],
    ),
    "context_list": ({}, lambda found: "kept" in {one["name"] for one in found["contexts"]}),
    "context_clear": ({"context": "kept"}, lambda found: found["removed"] == 1),
    "aql_examples": (
        {"question": "count documents by kind"},
        lambda found: "COLLECT" in str(found["examples"]),
    ),
    "feedback": (
        {"target": "zoo.animal", "helped": True},
        lambda found: found["trust"] >= found["before"] > 0,
    ),
    "callers": (
        {"function": "feed"},
        lambda found: [row["caller"] for row in found["rows"]] == ["zoo.lion.show"],
    ),
}


def names_of(nodes: list[dict[str, Any]]) -> set[str]:
    return {"zoo.lion." + node["title"].rpartition(".")[2] for node in nodes}


def test_every_tool_has_a_case(workspace: Workspace) -> None:
    assert set(CASES) == {tool.name for tool in load_tools(workspace.settings.home).tools}


@pytest.mark.parametrize("name", CASES)
async def test_every_tool_answers_in_both_eras(
    server: Server[Any], workspace: Workspace, mode: Any, name: str
) -> None:
    if name.startswith("context"):
        if any(context.name == "kept" for context in workspace.contexts.list()):
            workspace.contexts.clear("kept")
        workspace.contexts.add("kept", "Remember me.")
    if name == "document_delete":
        workspace.documents.add_text("Six.", "Closing time")
    arguments, fits = CASES[name]
    if name == "more":
        arguments = {"next": workspace.pages.keep({"rows": ["the rest"]})}
    async with Client(server, mode=mode) as client:
        found = await call(client, name, **arguments)
    assert fits(found), found


async def test_the_list_says_what_each_tool_does(server: Server[Any], mode: Any) -> None:
    async with Client(server, mode=mode) as client:
        listed = (await client.list_tools()).tools
        assert client.instructions is not None
        assert "search" in client.instructions
    by_name = {tool.name: tool for tool in listed}
    assert set(by_name) == set(CASES)
    for one in listed:
        assert one.title
        assert one.annotations is not None
        assert one.annotations.open_world_hint is False
        assert one.output_schema is None
    assert by_name["search"].annotations == types.ToolAnnotations(
        title="Search",
        read_only_hint=True,
        destructive_hint=False,
        idempotent_hint=True,
        open_world_hint=False,
    )


async def test_both_eras_are_spoken(server: Server[Any]) -> None:
    async with Client(server, mode="legacy") as old, Client(server, mode="auto") as new:
        assert (old.protocol_version, new.protocol_version) == ("2025-11-25", "2026-07-28")
        assert new.server_info is not None
        assert new.server_info.version == __version__


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("serach", {"text": "x"}, ["There is no tool 'serach'.", "Did you mean 'search'?"]),
        ("search", {"txt": "x"}, ["search has no argument 'txt'.", "Did you mean 'text'?"]),
        ("search", {"text": "x", "limit": "many"}, ["'limit'", "valid integer", '"many"']),
        ("search", {}, ["search needs the argument 'text'."]),
        ("schema", {"collection": "document"}, ["no collection", "'documents'"]),
        (
            "aql_read",
            {"query": "FOR d IN document RETURN d"},
            ["document", "'documents'"],
        ),
        ("aql_read", {"query": "FOR d IM documents RETURN d"}, ["1:7"]),
        (
            "aql_read",
            {"query": "REMOVE 'a' IN documents"},
            ["changes data", "aql_write"],
        ),
        ("aql_read", {"query": "RETURN @a"}, ["a"]),
        ("graph_traverse", {"start": "zoo.lyon"}, ["zoo.lyon", "lion"]),
        ("graph_traverse", {"start": "zoo.lion", "direction": "up"}, ["'direction'", "outbound"]),
        ("context_get", {"context": "none such"}, ["There is no context 'none such'."]),
        ("document_get", {"document": "documents/none"}, ["documents/none"]),
        ("context_list", {"limit": 1}, ["has no argument", "takes no arguments"]),
    ],
)
async def test_bad_input_is_answered_with_the_way_out(
    server: Server[Any], mode: Any, name: str, arguments: dict[str, Any], expected: list[str]
) -> None:
    async with Client(server, mode=mode) as client:
        result = await client.call_tool(name, arguments)
    assert result.is_error
    answer = said(result)
    for part in expected:
        assert part in f"{answer['error']} {answer.get('hint', '')}", answer


async def test_printing_and_a_bug_in_a_tool_break_nothing(
    workspace: Workspace, mode: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    @tool(title="Break")
    def broken(_workspace: Any) -> Any:
        """Break."""
        print("noise")
        raise ZeroDivisionError("inner detail")

    async with Client(build_server(Toolset(workspace, Catalog((broken,)))), mode=mode) as client:
        result = await client.call_tool("broken", {})
        assert result.is_error
        assert "inner detail" not in str(result.content)
        assert (await client.list_tools()).tools[0].name == "broken"
    capsys.readouterr()


async def test_a_call_that_the_host_cancels_is_left_and_recorded_so(
    workspace: Workspace, mode: Any
) -> None:
    started, release = threading.Event(), threading.Event()

    @tool(title="Wait")
    def wait(_workspace: Any) -> Any:
        """Wait."""
        started.set()
        assert release.wait(60)

    catalog = Catalog((wait, *BUILT_IN))
    async with Client(build_server(Toolset(workspace, catalog)), mode=mode) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "wait", {})
            assert await anyio.to_thread.run_sync(started.wait, 60)
            group.cancel_scope.cancel()
        assert not (await client.call_tool("context_list", {})).is_error
        newest = {one.title: one.status for one in workspace.traces.list(2)}
        assert newest == {"wait": "cancelled", "context_list": "finished"}
        release.set()


async def test_a_call_made_by_a_run_joins_its_trace(
    server: Server[Any], workspace: Workspace, mode: Any
) -> None:
    before = len(workspace.traces.ids())
    made = ToolCall("c1", "schema", {})
    async with Client(server, mode=mode) as client:
        with workspace.recorder.run("librarian") as run, run.tool(made):
            await client.call_tool("schema", {})
    assert len(workspace.traces.ids()) == before + 1
    assert workspace.traces.kind(run.trace_id) == "run"


async def test_a_call_from_a_stranger_is_recorded_with_the_contract(
    server: Server[Any], workspace: Workspace, mode: Any
) -> None:
    async with Client(server, mode=mode) as client:
        await client.call_tool("context_get", {"context": "nowhere"})
    trace = workspace.traces.get(workspace.traces.list(1)[0].id)
    assert trace.header.kind == "calls"
    assert trace.header.hades["contract"] == Toolset(workspace).contract
    assert trace.steps[0].observations[0].hades["error"] == "UnknownName"


async def test_a_users_own_tool_writes_what_it_says_it_writes(workspace: Workspace) -> None:
    home = workspace.settings.home / "other"
    (home / "tools").mkdir(parents=True, exist_ok=True)
    (home / "tools" / "relate.toml").write_text(
        'name = "relate"\ntitle = "Relate"\ndescription = "Relate two documents."\n'
        'read_only = false\naql = "INSERT {_from: @from, _to: @to} INTO @@edges RETURN NEW._to"\n'
        '[parameters.from]\ntype = "string"\n[parameters.to]\ntype = "string"\n'
        '[parameters.edges]\ntype = "collection"\ndefault = "relations"\n'
    )
    async with Client(build_server(Toolset(workspace, load_tools(home)))) as client:
        arguments = {"from": "documents/a", "to": "documents/b"}
        found = await call(client, "relate", **arguments)
        assert (found["written"], found["rows"]) == (1, ["documents/b"])
        [relate] = [one for one in (await client.list_tools()).tools if one.name == "relate"]
    assert relate.annotations is not None
    assert relate.annotations.destructive_hint
