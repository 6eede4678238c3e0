"""Results keep to the budget in tokens and come page by page, through the whole stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.callers import CALLER, Principal
from hades_mcp.tokens import count_tokens
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.workspace import Workspace

pytestmark = pytest.mark.anyio

ROWS = 'FOR n IN 1..600 RETURN {n, code: RANDOM_TOKEN(12), text: REPEAT("word ", 6)}'


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as opened:
        yield opened


async def call(workspace: Workspace, name: str, **arguments: Any) -> dict[str, Any]:
    answer = await Toolset(workspace).call(name, arguments)
    assert count_tokens(answer.content) <= 2000
    said: dict[str, Any] = json.loads(answer.content)
    return said | {"failed": answer.is_error}


async def test_a_long_answer_is_read_to_its_end_within_the_budget(workspace: Workspace) -> None:
    page = await call(workspace, "aql_read", query=ROWS)
    numbers = [row["n"] for row in page["rows"]]
    assert page["truncated"] is True
    while "next" in page:
        assert page["omitted"] == 600 - len(numbers)
        page = await call(workspace, "more", next=page["next"])
        numbers += [row["n"] for row in page["rows"]]
    assert numbers == list(range(1, 601))
    assert "truncated" not in page


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search", {"wörd " * 60_000: 1}),
        ("wörd " * 60_000, {}),
        ("document_get", {"document": "wörd " * 60_000}),
        ("aql_read", {"query": f"FOR d IN documents FILTER d.title = '{'🦊 ' * 60_000}' RETURN d"}),
    ],
    ids=["argument", "tool", "document", "query"],
)
async def test_an_error_keeps_to_the_budget_too(
    workspace: Workspace, tool: str, arguments: dict[str, Any]
) -> None:
    said = await call(workspace, tool, **arguments)
    assert said["failed"]
    assert said["error"].split()[0] in {"There", "search", "AQL:"}


async def test_an_error_is_told_whatever_the_budget(tmp_path: Path) -> None:
    least = Settings(home=tmp_path, result_tokens=1)
    with open_workspace(least, embedder=HashEmbedder(32)) as workspace:
        answer = await Toolset(workspace).call("document_get", {"document": "🦊" * 9000})
    assert answer.is_error
    assert "There is no document" in answer.content
    assert count_tokens(answer.content) < 500


async def test_a_vector_that_is_named_is_read_to_its_end_within_the_budget(
    workspace: Workspace,
) -> None:
    vector = [number / 7 for number in range(384)]
    workspace.db.collection("documents").insert_many([{"n": n, "v": vector} for n in range(2)])
    page = await call(workspace, "aql_read", query="FOR d IN documents SORT d.n RETURN {w: d.v}")
    assert page["truncated"] is True
    read = {number: row["w"] for number, row in enumerate(page["rows"])}
    while "next" in page:
        page = await call(workspace, "more", next=page["next"])
        read |= {len(read) + n: row["w"] for n, row in enumerate(page.get("rows", []))}
        if "rest" in page:
            read[len(read) - 1] += page["rest"]["rows.0.w"]
    assert read == {0: vector, 1: vector}


async def test_a_handle_is_bound_to_its_caller(workspace: Workspace) -> None:
    token = CALLER.set(Principal("ann"))
    page = await call(workspace, "aql_read", query=ROWS)
    assert not (await call(workspace, "more", next=page["next"]))["failed"]
    CALLER.reset(token)
    other = await call(workspace, "more", next=page["next"])
    assert other["failed"]
    assert "no page" in other["error"]


async def test_a_wrong_query_is_answered_with_a_call_that_works(workspace: Workspace) -> None:
    wrong = await call(workspace, "aql_read", query="FOR d IN documets RETURN d")
    assert wrong["failed"]
    assert "line 1, column 10" in wrong["error"]
    assert not (await call(workspace, "aql_read", **wrong["example"]))["failed"]


@pytest.mark.parametrize("limit", [0, -5, 30_000])
async def test_no_limit_an_agent_gives_lifts_the_cap(workspace: Workspace, limit: int) -> None:
    for name, arguments in {
        "search": {"text": "anything", "limit": limit},
        "graph_traverse": {"start": "documents/a", "limit": limit},
    }.items():
        said = await call(workspace, name, **arguments)
        assert said["failed"]
        assert "limit" in said["error"]


async def test_an_agent_s_write_is_undone_by_its_handle(workspace: Workspace) -> None:
    made = await call(workspace, "aql_write", query="FOR n IN 1..3 INSERT {n} INTO documents")
    done = made["changed"]["documents"]
    assert (done["inserted"], len(done["keys"])) == (3, 3)
    workspace.journal.undo(made["undo"])
    assert (await call(workspace, "aql_read", query="FOR d IN documents RETURN d"))["rows"] == []


async def test_explain_costs_few_tokens(workspace: Workspace) -> None:
    query = "FOR a IN documents FOR b IN documents FILTER a.n == b.n SORT a.n LIMIT 5 RETURN a"
    answer = await Toolset(workspace).call("aql_explain", {"query": query})
    assert count_tokens(answer.content) < 150
    said = json.loads(answer.content)
    assert said["modifies"] is False
    assert any("documents" in step for step in said["steps"])
