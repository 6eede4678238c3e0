"""The context tools and feedback as a model calls them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.tokens import count_tokens
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Toolset]:
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as workspace:
        yield Toolset(workspace)


async def call(tools: Toolset, name: str, **arguments: Any) -> dict[str, Any]:
    answer = await tools.call(name, arguments)
    assert not answer.is_error, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


async def test_a_context_without_a_name_gets_one_that_works(tools: Toolset) -> None:
    made = await call(tools, "context_add", content="The oven is cold.", tags=["oven"])
    assert made["context"].startswith("ctx-")
    again = await call(tools, "context_add", context=made["context"], content="It is Monday.")
    assert again["context"] == made["context"]
    got = await call(tools, "context_get", context=made["context"])
    assert [entry["content"] for entry in got["entries"]] == ["The oven is cold.", "It is Monday."]
    assert got["entries"][0]["trust"] == 0.75
    assert "omitted" not in got


async def test_an_answer_fits_the_budget_whole_with_the_newest_entries(tools: Toolset) -> None:
    for number in range(40):
        await call(tools, "context_add", context="c", content=f"Visit {number}: " + "we sat " * 40)
    for tokens in (None, 900):
        asked = {} if tokens is None else {"tokens": tokens}
        answer = await tools.call("context_get", {"context": "c", **asked})
        got = json.loads(answer.content)
        assert count_tokens(answer.content) <= (tokens or 2000)
        assert "truncated" not in got
        assert got["entries"][-1]["content"].startswith("Visit 39:")
        assert len(got["entries"]) + got["omitted"] == 40


async def test_calls_at_the_same_time_lose_nothing(tools: Toolset) -> None:
    async with anyio.create_task_group() as group:
        for number in range(40):
            arguments = {"context": "c", "content": f"entry {number}"}
            group.start_soon(tools.call, "context_add", arguments)
    (listed,) = (await call(tools, "context_list"))["contexts"]
    assert (listed["name"], listed["entries"]) == ("c", 40)


async def test_feedback_on_an_entry_shows_when_it_is_read(tools: Toolset) -> None:
    made = await call(tools, "context_add", context="c", content="The oven is cold.")
    judged = await call(tools, "feedback", target=made["id"], helped=False, note="it was hot")
    assert (judged["before"], judged["trust"], judged["alert"]) == (0.75, 0.64, "low")
    got = await call(tools, "context_get", context="c", query="oven")
    assert got["entries"][0]["trust"] == 0.64


async def test_feedback_on_a_call_labels_its_trace(tools: Toolset) -> None:
    await call(tools, "context_list")
    traces = tools._workspace.traces  # type: ignore[union-attr]
    (newest, *_) = traces.list(1)
    judged = await call(tools, "feedback", target=newest.id, helped=True)
    assert judged == {"target": newest.id}
    assert traces.get(newest.id).outcome["score"] == 1.0


async def test_wrong_calls_say_what_would_be_right(tools: Toolset) -> None:
    await call(tools, "context_add", context="notes", content="x")
    for name, arguments, said in [
        ("context_get", {"context": "note"}, "Did you mean 'notes'?"),
        ("context_add", {"content": "x", "role": "asistant"}, "Did you mean 'assistant'?"),
        ("context_add", {"content": "x", "ttl": -1}, "3600 is an hour"),
        ("context_clear", {"context": "context_entries/none"}, "context_get shows the ids"),
    ]:
        answer = await tools.call(name, arguments)
        assert answer.is_error
        assert said in answer.content


async def test_an_entry_with_its_query_says_whether_the_query_agrees(tools: Toolset) -> None:
    query = "aql: RETURN 6 * 7"
    right = await call(tools, "context_add", context="c", content="It is 42.", source=query)
    assert (right["verified"], right["trust"]) == (True, 0.81)
    wrong = await call(tools, "context_add", context="c", content="Ann counted 41.", source=query)
    assert (wrong["verified"], wrong["trust"]) == (False, 0.56)
    assert "something else" in wrong["reason"]
    got = await call(tools, "context_get", context="c")
    assert [entry["verified"] for entry in got["entries"]] == [True, False]
    plain = await call(tools, "context_add", context="c", content="It rains.", source="Ann")
    assert "verified" not in plain
