"""What none of the rivals has, each held by a test of its name; the list is in docs/asks.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.promises.conftest import Host, host_of
from tests.tools.qwen import QWEN

from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.models.wire import tool_body
from hades_mcp.prompts.chat import signature
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hades_mcp.config import Settings

pytestmark = pytest.mark.anyio

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def tokens(text: str) -> int:
    return len(QWEN.encode(text))


async def test_gap_1_one_call_joins_meaning_and_graph(host: Host, settings: Settings) -> None:
    alone = await host.ask("search", text="furnace fired with timber", limit=1)
    assert [hit["title"] for hit in alone["hits"]] == ["Oven"]
    told = await host.text("search", text="furnace fired with timber", limit=1, hops=2)
    found = {hit["title"]: hit for hit in json.loads(told)["hits"]}
    assert {"Oven", "Cellar"} <= set(found)
    assert "links" in found["Cellar"]["via"]
    assert all(0 < hit["score"] <= 1 for hit in found.values())
    assert tokens(told) <= settings.result_tokens


async def test_gap_2_queries_are_guarded_by_their_plan(
    settings: Settings, workspace: Workspace, embedder: OnnxEmbedder
) -> None:
    limits = {"aql_denied": ("loaves",), "max_cost": 10_000.0}
    guarded = settings.model_copy(update=limits)
    with open_workspace(guarded, embedder=embedder) as tight:
        async with host_of(tight) as host:
            denied = await host.refused("aql_read", query="FOR d IN loaves RETURN d")
            assert "'loaves'" in str(denied["error"])
            inside = await host.refused(
                "aql_read", query="RETURN DOCUMENT(@id)", bind_vars={"id": "loaves/k1"}
            )
            assert "loaves" in str(inside)
            costly = "FOR a IN 1..1000 FOR b IN 1..1000 RETURN a + b"
            dear = await host.refused("aql_read", query=costly)
            assert "cost" in str(dear["error"])
            plan = await host.ask("aql_explain", query="REMOVE 'oven' IN documents")
            assert plan["modifies"] is True


@pytest.mark.parametrize(
    "query",
    [
        "FOR i IN 1..1000 RETURN i * 123456789",
        "FOR i IN 1..300 RETURN {n: i, text: REPEAT('größer ', i)}",
        "FOR i IN 1..900 RETURN CONCAT('名前', i)",
        "RETURN REPEAT('a long story ', 4000)",
    ],
)
async def test_gap_3_results_are_cut_by_the_models_own_tokens(
    host: Host, settings: Settings, query: str
) -> None:
    told = await host.text("aql_read", query=query)
    assert tokens(told) <= settings.result_tokens
    assert json.loads(told)["truncated"] is True


async def test_gap_4_twenty_tools_in_a_thousand_tokens() -> None:
    specs = [tool.spec for tool in BUILT_IN]
    told = [json.dumps(tool_body(spec), separators=(",", ":")) + "\n" for spec in specs]
    assert len(specs) == 20
    assert sum(map(tokens, told)) <= 1000
    assert sum(tokens(signature(spec) + "\n") for spec in specs) <= 450


async def test_gap_5_contexts_have_handles_a_budget_and_outlive_the_server(
    settings: Settings, embedder: OnnxEmbedder
) -> None:
    with open_workspace(settings, embedder=embedder) as first:
        async with host_of(first) as host:
            minted = (await host.ask("context_add", content="Loaf 0 is rye."))["context"]
            for number in range(1, 80):
                await host.ask("context_add", context=minted, content=f"Loaf {number} is rye.")
            short = {"context": minted, "content": "Gone at once.", "ttl": 0.001}
            await host.ask("context_add", **short)
    with open_workspace(settings, embedder=embedder) as second:
        async with host_of(second) as host:
            told = await host.text("context_get", context=minted, tokens=500)
    recalled = json.loads(told)
    contents = [entry["content"] for entry in recalled["entries"]]
    assert "Loaf 79 is rye." in contents
    assert "Loaf 0 is rye." not in contents
    assert "Gone at once." not in contents
    assert recalled["omitted"] > 0
    assert tokens(told) <= 500


async def test_gap_6_nothing_has_to_run_beside_it_and_search_degrades(
    settings: Settings, workspace: Workspace
) -> None:
    broken = OnnxEmbedder("no_such_package")
    with open_workspace(settings, embedder=broken) as without:
        async with host_of(without) as host:
            found = await host.ask("search", text="oven heated with wood")
            assert "Oven" in {hit["title"] for hit in found["hits"]}
            assert "by words only" in found["note"]
            assert (await host.ask("aql_read", query="RETURN 1"))["rows"] == [1]
            await host.ask("context_add", context="notes", content="Flour is low.")
    broken.close()


async def test_gap_7_vectors_of_two_models_are_never_mixed(
    settings: Settings, workspace: Workspace
) -> None:
    with open_workspace(settings, embedder=HashEmbedder()) as other:
        async with host_of(other) as host:
            refused = await host.refused("document_add", title="Rolls", text="Round and white.")
            assert "reembed" in str(refused)
            await host.refused("document_get", document="Rolls")


async def test_gap_8_orphans_are_found_and_mended(host: Host, workspace: Workspace) -> None:
    assert workspace.fsck.check() == []
    oven = (await host.ask("document_get", document="Oven"))["_id"]
    workspace.db.collection("documents").delete(oven)  # behind the back of HADES
    found = workspace.fsck.check()
    assert {"chunks", "links"} <= {finding.collection for finding in found}
    assert all(finding.mended for finding in workspace.fsck.check(mend=True))
    assert workspace.fsck.check() == []
    hits = (await host.ask("search", text="stone oven"))["hits"]
    assert "Oven" not in {hit["title"] for hit in hits}


async def test_gap_9_every_call_is_recorded_also_a_wrong_one(
    host: Host, workspace: Workspace
) -> None:
    await host.ask("search", text="oven")
    await host.refused("search", txt="oven")
    traces = [workspace.traces.get(identifier) for identifier in workspace.traces.ids()]
    recorded = json.dumps([str(trace) for trace in traces])
    assert "txt" in recorded
    assert "search has no argument" in recorded
    assert len(traces) == 2


async def test_gap_9_a_recorded_call_can_be_made_again_and_holds_no_secret(
    host: Host, workspace: Workspace
) -> None:
    secret = "ghp_" + "a1B2" * 9
    query = "FOR r IN loaves FILTER r.n < @n SORT r.n RETURN r.n"
    told = await host.text("aql_read", query=query, bind_vars={"n": 3})
    await host.ask("context_add", context="keys", content=f"The token is {secret}.")
    later, first = (workspace.traces.get(one.id).steps[0] for one in workspace.traces.list())
    assert secret not in str(later)
    assert "The token is" in str(later)
    [call], [observed] = first.calls, first.observations
    assert observed.result.content == told
    assert call.arguments is not None
    assert await host.text(call.name, **call.arguments) == told


def test_gap_10_latencies_of_the_tools_are_published() -> None:
    report = json.loads((RESULTS / "tools_latency.json").read_text(encoding="utf-8"))
    assert {"echo", "search", "aql_read", "context_get"} <= set(report["calls"])
    for row in report["calls"].values():
        assert 0 < row["p50_ms"] <= row["p99_ms"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("serch", {"text": "x"}, "'search'"),
    ("search", {"txt": "x"}, "'text'"),
    ("document_get", {"document": "Owen"}, "'Oven'"),
    ("graph_path", {"start": "Oven", "target": "Celar"}, "'Cellar'"),
    ("schema", {"collection": "loafs"}, "'loaves'"),
    ("aql_read", {"query": "FOR l IN loafs RETURN l"}, "'loaves'"),
    ("aql_read", {"query": "FOR l IN loaves RETURN LENGHT(l)"}, "LENGTH"),
    ("context_get", {"context": "nots"}, "'notes'"),
]


@pytest.mark.parametrize(("tool", "arguments", "nearest"), WRONG)
async def test_gap_11_an_error_names_the_nearest_valid_name(
    host: Host, tool: str, arguments: dict[str, Any], nearest: str
) -> None:
    await host.ask("context_add", context="notes", content="Flour is low.")
    assert nearest in str(await host.refused(tool, **arguments))


@pytest.mark.parametrize(
    "query",
    ["FOR l IN loafs RETURN l", "FOR l IN loaves RETURN LENGHT(l)", "SELECT * FROM loaves"],
)
async def test_gap_11_the_corrected_example_runs(host: Host, query: str) -> None:
    refused: Any = await host.refused("aql_read", query=query)
    assert (await host.ask("aql_read", **refused["example"]))["rows"]


async def test_gap_12_an_agents_writes_can_be_undone(host: Host, workspace: Workspace) -> None:
    everything = "FOR l IN loaves SORT l.n RETURN UNSET(l, '_rev')"
    before = list(workspace.queries.read(everything, {}).rows)
    await host.ask("context_add", context="notes", content="Flour is low.")
    writes: list[tuple[str, dict[str, Any]]] = [
        ("aql_write", {"query": "FOR l IN loaves FILTER l.n > 9 REMOVE l IN loaves"}),
        ("aql_write", {"query": "FOR l IN loaves UPDATE l WITH {n: -1} IN loaves"}),
        ("document_delete", {"document": "Oven"}),
        ("graph_relate", {"start": "Cellar", "target": "Shop", "kind": "feeds"}),
        ("context_clear", {"context": "notes"}),
    ]
    handles = [(await host.ask(tool, **arguments))["undo"] for tool, arguments in writes]
    assert list(workspace.queries.read(everything, {}).rows) != before
    for handle in reversed(handles):
        workspace.journal.undo(handle)
    assert list(workspace.queries.read(everything, {}).rows) == before
    assert (await host.ask("document_get", document="Oven"))["title"] == "Oven"
    assert [hit["title"] for hit in (await host.ask("search", text="oven", limit=1))["hits"]]
    assert (await host.ask("context_get", context="notes"))["entries"]
    neighbours = await host.ask("graph_neighbours", document="Cellar")
    assert "feeds" not in json.dumps(neighbours)
