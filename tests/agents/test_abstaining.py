"""Where nothing is stored it is said so; at a limit, what was found so far. Nothing is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from tests.agents.boxes import Shelf, agent, call
from tests.agents.library import ask, library, query, reader, search

from hades_mcp.agents.events import RunFinished, TextDelta
from hades_mcp.agents.findings import denies
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.measures import Measures
from hades_mcp.agents.run import run
from hades_mcp.messages import ToolCall
from hades_mcp.models import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from hades_mcp.models import ChatRequest
    from hades_mcp.models.base import ChatEvent
    from hades_mcp.workspace import Workspace

pytestmark = pytest.mark.anyio
GROUNDED = reader(must_call=True)
NOTHING = query("FOR d IN documents FILTER d.title == 'Oceans' RETURN d")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Iterator[Workspace]:
    with library(tmp_path_factory.mktemp("home")) as opened:
        yield opened


async def finish(workspace: Workspace, *script: Any, **given: Any) -> RunFinished:
    events = await ask(workspace, ScriptedModel(script), **{"who": GROUNDED, **given})
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert shown.strip() == finished.answer  # nothing was shown that was taken back
    return finished


async def test_an_answer_from_memory_gives_way_to_what_the_store_says(workspace):
    finished = await finish(workspace, NOTHING, "Oceans cover most of the Earth.")
    assert finished.answer.startswith("Nothing stored answers this: aql_read found")
    assert (finished.stop_reason, finished.cited, finished.abstained) == ("answered", (), True)
    assert finished.rows == []
    assert finished.messages[-1].content == finished.answer


async def test_the_models_own_words_for_nothing_stay(workspace):
    finished = await finish(workspace, NOTHING, "There is no document about oceans.")
    assert finished.answer == "There is no document about oceans."
    assert finished.abstained


async def test_a_document_that_is_not_there_is_nothing_too(workspace):
    missing = ToolCall("c1", "document_get", {"document": "Oceans"})
    memory = "Oceans cover most of the Earth."
    finished = await finish(workspace, missing, NOTHING, memory)
    assert finished.abstained


async def test_an_empty_store_answers_nothing(tmp_path):
    with library(tmp_path, books=False) as empty:
        finished = await finish(empty, search("rivers"), "Rivers carry water.")
    assert finished.abstained
    assert finished.cited == ()


async def test_what_a_later_call_found_is_answered_with(workspace):
    finished = await finish(workspace, NOTHING, search("rivers"), "Rivers carry water.")
    assert finished.answer == "Rivers carry water."
    assert not finished.abstained


async def test_a_count_of_none_is_an_answer(workspace):
    counted = query("RETURN LENGTH(FOR d IN documents FILTER d.title == 'Oceans' RETURN 1)")
    finished = await finish(workspace, counted, "0 documents.")
    assert (finished.answer, finished.abstained) == ("0 documents.", False)


async def test_an_agent_that_may_answer_without_looking_keeps_its_words(workspace):
    said = "Oceans cover most of the Earth."
    finished = await finish(workspace, NOTHING, said, who=reader())
    assert finished.answer == said


async def test_without_grounding_the_memory_speaks(workspace):
    said = "Oceans cover most of the Earth."
    finished = await finish(workspace, NOTHING, said, measures=Measures(grounding=False))
    assert finished.answer == said


async def test_an_agent_that_must_look_never_answers_without_looking(workspace):
    model = ScriptedModel(lambda _: "Rivers carry water.")
    events = await ask(workspace, model, who=GROUNDED)
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.stop_reason == "failed"
    assert finished.answer.startswith("I have no answer")
    assert not [event for event in events if isinstance(event, TextDelta)]


@pytest.mark.parametrize(
    ("said", "no"),
    [
        ("There is no path.", True),
        ("a.b is not connected to c.d", True),
        ("I couldn't find it. It may be elsewhere.", True),
        ("The Danube is long. It is not the Rhine.", False),
        ("Water.", False),
    ],
)
def test_an_answer_says_no_where_it_begins(said, no):
    assert denies(said) is no


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(tokens=2), "tokens"), (Limits(steps=1), "steps"), (Limits(repeats=1), "repeated")],
)
async def test_at_a_limit_it_is_said_what_was_found_so_far(workspace, limits, reason):
    def reply(request: ChatRequest) -> Any:
        return "" if request.response_schema else query("RETURN 'Danube'")

    events = await ask(workspace, ScriptedModel(reply), who=reader(limits=limits))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.stop_reason == reason
    assert finished.answer.startswith("I have no answer: ")
    assert "Found so far: aql_read(" in finished.answer
    assert "Danube" in finished.answer


class Stalled(ScriptedModel):
    """Begins a reply and never goes on."""

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        async for event in super().stream(request):
            yield event
            if request.messages[-1].role == "tool":
                await anyio.sleep_forever()


async def test_a_reply_that_never_ends_does_not_outlast_the_run():
    model = Stalled([call("find"), "There are many, for instance"])
    who = agent(limits=Limits(seconds=1.5))
    with anyio.fail_after(60):
        stream = run(who, "How many?", model=model, toolbox=Shelf())
        events = [event async for event in stream]
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.stop_reason == "seconds"
    assert '"n": 3' in finished.answer
