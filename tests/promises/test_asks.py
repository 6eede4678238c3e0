"""What users of the rivals ask for again and again, each held by a test of its name.

The list is in docs/asks.md, with what is not done and why.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from mcp import Client
from tests.promises.conftest import ROWS, Host, host_of
from tests.tools.qwen import QWEN

from hades_mcp.models.wire import tool_body
from hades_mcp.server.app import build_server
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hades_mcp.config import Settings
    from hades_mcp.embedders.onnx import OnnxEmbedder

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
EVERY_ROW = "FOR r IN loaves SORT r.n RETURN r"


def tokens(text: str) -> int:
    return len(QWEN.encode(text))


async def test_ask_1_output_never_blows_the_context(host: Host, settings: Settings) -> None:
    told = await host.text("aql_read", query=EVERY_ROW)
    seen: list[int] = []
    while True:
        assert tokens(told) <= settings.result_tokens
        page = json.loads(told)
        seen += [row["n"] for row in page["rows"]]
        if not page.get("truncated"):
            break
        assert page["omitted"] == ROWS - len(seen)
        told = await host.text("more", next=page["next"])
    assert seen == list(range(ROWS))


async def test_ask_2_no_embedding_is_in_a_result(host: Host) -> None:
    await host.ask("context_add", context="talk", content="The oven is cold on Mondays.")
    answers = [
        await host.text("aql_read", query="FOR c IN @@all RETURN c", bind_vars={"@all": name})
        for name in ("chunks", "documents")
    ]
    answers.append(await host.text("search", text="oven"))
    answers.append(await host.text("document_get", document="Oven"))
    answers.append(await host.text("context_get", context="talk", query="oven"))
    answers.append(await host.text("schema", collection="chunks"))
    for answer in answers:
        assert tokens(answer) < 1500
        assert not any(len(found) > 20 for found in lists_of_numbers(json.loads(answer)))


def lists_of_numbers(value: Any) -> list[list[float]]:
    if isinstance(value, dict):
        return [found for item in value.values() for found in lists_of_numbers(item)]
    if not isinstance(value, list):
        return []
    own = [value] if value and all(isinstance(item, float) for item in value) else []
    return own + [found for item in value for found in lists_of_numbers(item)]


@pytest.mark.parametrize("limit", [0, -5, 30_000])
async def test_ask_3_caps_are_really_enforced(host: Host, limit: int) -> None:
    for tool, arguments in (("search", {"text": "oven"}), ("graph_traverse", {"start": "Oven"})):
        refused = await host.refused(tool, **arguments, limit=limit)
        assert "limit" in str(refused["error"])


@pytest.mark.parametrize("words", ["'limit 5'", "/* LIMIT 1 */ 'x'"])
async def test_ask_3_a_word_in_the_text_lifts_no_cap(
    settings: Settings, workspace: Workspace, embedder: OnnxEmbedder, words: str
) -> None:
    capped = settings.model_copy(update={"max_rows": 7})
    query = f"FOR r IN loaves LIMIT 100000 LET w = {words} RETURN r.n"
    with open_workspace(capped, embedder=embedder) as tight:
        async with host_of(tight) as host:
            answer = await host.ask("aql_read", query=query)
    assert len(answer["rows"]) == 7
    assert answer["truncated"] is True


WRITES = [
    "FOR r IN loaves REMOVE r IN loaves",
    "LET gone = (FOR r IN loaves REMOVE r IN loaves RETURN 1) RETURN LENGTH(gone)",
    "/* RETURN 1 */ FOR r IN loaves UPDATE r WITH {n: 0} IN loaves // read only",
    "UPSERT {n: 1} INSERT {n: 1} REPLACE {} IN loaves",
    "FOR r IN @@c REPLACE r WITH {} IN @@c",
]


@pytest.mark.parametrize("query", WRITES)
async def test_ask_4_read_only_really_holds(host: Host, workspace: Workspace, query: str) -> None:
    bind_vars = {"@c": "loaves"} if "@@c" in query else {}
    refused = await host.refused("aql_read", query=query, bind_vars=bind_vars)
    assert "changes data" in str(refused["error"])
    assert "aql_write" in str(refused["hint"])
    total = await host.ask("aql_read", query="RETURN SUM(FOR r IN loaves RETURN r.n)")
    assert total["rows"] == [sum(range(ROWS))]


async def test_ask_5_the_schema_is_compact_and_can_be_narrowed(
    host: Host, workspace: Workspace, settings: Settings
) -> None:
    wide = {f"attribute_{number}": number for number in range(80)}
    for number in range(30):
        workspace.db.create_collection(f"wide_{number}")
        workspace.db.collection(f"wide_{number}").insert(wide)
    whole, one = await host.text("schema"), await host.text("schema", collection="loaves")
    assert tokens(whole) <= settings.result_tokens
    assert "loaves" in whole
    assert tokens(one) <= 200
    assert {"_key", "kind", "n"} == set(json.loads(one)["attributes"])


async def test_ask_6_the_tool_list_takes_a_thirtieth_of_the_context(host: Host) -> None:
    listed = {tool.name for tool in (await host.client.list_tools()).tools}
    built_in = [tool.spec for tool in BUILT_IN]
    assert {spec.name for spec in built_in} <= listed
    told = [json.dumps(tool_body(spec), separators=(",", ":")) + "\n" for spec in built_in]
    assert sum(map(tokens, told)) <= 1000 < 32_768 / 30


async def test_ask_7_text_goes_in_and_no_vector(host: Host) -> None:
    found = await host.ask("search", text="furnace fired with timber", limit=1)
    assert [hit["title"] for hit in found["hits"]] == ["Oven"]


async def test_ask_8_what_was_stored_is_listed_changed_and_deleted(host: Host) -> None:
    await host.ask("document_add", title="Hours", text="Open from nine.")
    changed = await host.ask("document_add", title="Hours", text="Open from ten.")
    assert changed["outcome"] == "updated"
    assert "from ten" in (await host.ask("document_get", document="Hours"))["text"]
    titles = "FOR d IN documents SORT d.title RETURN d.title"
    listed = await host.ask("aql_read", query=titles)
    assert listed["rows"] == ["Cellar", "Hours", "Oven", "Shop"]
    await host.ask("document_delete", document="Hours")
    assert "no document 'Hours'" in str(await host.refused("document_get", document="Hours"))
    found = await host.ask("search", text="Open from ten")
    assert "Hours" not in {hit["title"] for hit in found["hits"]}


async def test_ask_9_databases_are_kept_apart(
    host: Host, settings: Settings, embedder: OnnxEmbedder
) -> None:
    await host.ask("context_add", context="mine", content="Only here.")
    other = settings.model_copy(update={"database": "another"})
    with open_workspace(other, embedder=embedder) as apart:
        async with host_of(apart) as stranger:
            assert (await stranger.ask("context_list"))["contexts"] == []
            await stranger.refused("document_get", document="Oven")
            await stranger.refused("aql_read", query=EVERY_ROW)
    assert [one["name"] for one in (await host.ask("context_list"))["contexts"]] == ["mine"]


async def test_ask_10_tools_are_listed_while_the_store_is_still_being_opened(
    workspace: Workspace,
) -> None:
    opened = []

    def opener() -> Workspace:
        opened.append(True)
        return workspace

    async with Client(build_server(Toolset(opener))) as client:
        assert len((await client.list_tools()).tools) >= len(BUILT_IN)
        assert not opened
        assert not (await client.call_tool("context_list", {})).is_error
    assert opened == [True]


async def test_ask_11_calls_at_once_lose_nothing(host: Host, workspace: Workspace) -> None:
    async def add(number: int) -> None:
        await host.ask("context_add", context=f"talk-{number % 3}", content=f"Loaf {number}.")

    async def write(number: int) -> None:
        query = "INSERT {_key: @key, n: @n} INTO loaves"
        await host.ask("aql_write", query=query, bind_vars={"key": f"new{number}", "n": number})

    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(add, number)
            tasks.start_soon(write, number)
    sizes = {one["name"]: one["entries"] for one in (await host.ask("context_list"))["contexts"]}
    assert sizes == {f"talk-{number}": 10 for number in range(3)}
    count = "RETURN LENGTH(FOR r IN loaves FILTER STARTS_WITH(r._key, 'new') RETURN 1)"
    assert (await host.ask("aql_read", query=count))["rows"] == [30]


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
async def test_ask_12_both_eras_of_the_protocol_are_spoken(
    workspace: Workspace, mode: Any, version: str
) -> None:
    async with Client(build_server(Toolset(workspace)), mode=mode) as client:
        assert client.protocol_version == version
        assert not (await client.call_tool("search", {"text": "oven"})).is_error


async def test_ask_14_memories_keep_their_source_and_show_contradictions(host: Host) -> None:
    add = {"context": "shop", "role": "user"}
    await host.ask("context_add", **add, content="The deadline is Monday.", source="mail")
    await host.ask("context_add", **add, content="The deadline is Friday.", source="call")
    recalled = await host.ask("context_get", context="shop", query="when is the deadline?")
    newest = recalled["entries"][0]
    assert (newest["content"], newest["source"]) == ("The deadline is Friday.", "call")
    assert 0 < newest["trust"] <= 1
    assert newest["time"].startswith("20")
    [older] = newest["contradicts"]
    assert older["content"] == "The deadline is Monday."


async def test_ask_15_arguments_in_the_wrong_dress_are_understood(host: Host) -> None:
    found = await host.ask("search", text="oven", limit="1", where='{"kind": ["file"]}')
    assert [hit["title"] for hit in found["hits"]] == ["Oven"]
    for tool in (await host.client.list_tools()).tools:
        assert tool.input_schema["type"] == "object"
        assert "properties" in tool.input_schema


async def test_ask_11_a_second_process_reads_what_the_first_one_writes(
    host: Host, settings: Settings, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    with open_workspace(settings, embedder=embedder) as second:
        async with host_of(second) as other:
            await host.ask("document_add", title="Hours", text="Open from nine.")
            assert (await other.ask("document_get", document="Hours"))["title"] == "Hours"
            await other.ask("document_delete", document="Hours")
    await host.refused("document_get", document="Hours")


def test_the_page_of_asks_names_all_these_tests_and_no_other() -> None:
    page = (ROOT / "docs" / "asks.md").read_text(encoding="utf-8")
    named = set(re.findall(r"test_(?:ask|gap)_\d+_\w+", page))
    files = [ROOT / "tests" / "promises" / f"test_{name}.py" for name in ("asks", "gaps")]
    written = "".join(file.read_text(encoding="utf-8") for file in files)
    assert named == set(re.findall(r"def (test_(?:ask|gap)_\w+)\(", written))
    numbers = {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert numbers == set(range(1, 16))
