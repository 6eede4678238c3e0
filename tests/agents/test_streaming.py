"""What a model writes is shown while it writes it, and its calls never are, wherever it is cut."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agents.boxes import Shelf, agent, call

from hades_mcp.agents.events import ModelResponded, RunFinished, TextDelta, ToolCalled
from hades_mcp.agents.run import run
from hades_mcp.messages import Message
from hades_mcp.models import ChatRequest, ScriptedModel
from hades_mcp.models.base import Done
from hades_mcp.models.base import TextDelta as Piece
from hades_mcp.models.filtering import FilteredModel, rules_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.models import ChatModel
    from hades_mcp.models.base import ChatEvent

BODY = json.dumps({"name": "find", "arguments": {"title": "Rivers"}})
WRITTEN = {
    "fenced": f"I will look — gleich.\n```json\n{BODY}\n```",
    "bare": BODY,
    "tagged": f"I will look.\n<tool_call>\n{BODY}\n</tool_call>",
    "python": 'I will look.\n\nfind(title="Rivers")',
    "chatty": f"I will look.\n\n```json\n{BODY}\n```\nThere are 99 of them.",
}


class Cutting(ScriptedModel):
    """Says its script in pieces cut at given places."""

    def __init__(self, script: Any, cuts: list[int]) -> None:
        super().__init__(script)
        self._cuts = cuts

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        async for event in super().stream(request):
            if isinstance(event, Done):
                text = event.response.message.content
                places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in self._cuts)})
                for start, end in pairwise(places):
                    yield Piece(text[start:end])
                yield event


async def play(model: ChatModel) -> list[Any]:
    stream = run(agent(), "How many?", model=model, toolbox=Shelf())
    return [event async for event in stream]


def shown_before_the_call(events: list[Any]) -> str:
    called = next(n for n, event in enumerate(events) if isinstance(event, ToolCalled))
    return "".join(event.text for event in events[:called] if isinstance(event, TextDelta))


@pytest.mark.parametrize("form", WRITTEN)
@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, 200), max_size=12))
def test_a_call_written_as_text_never_shows_and_what_stands_before_it_does(form, cuts):
    events = anyio.run(play, Cutting([WRITTEN[form], "There are 3."], cuts))
    before = "" if form == "bare" else WRITTEN[form].partition(".")[0] + "."
    assert shown_before_the_call(events).strip() == before
    responded = next(event for event in events if isinstance(event, ModelResponded))
    assert responded.message.content == before
    assert events[-1].answer == "There are 3."


@given(cuts=st.lists(st.integers(0, 200), max_size=12))
def test_an_answer_that_looks_like_code_shows_whole(cuts):
    answer = "Use `find(…)`:\n\n```python\ntotal = sum([1, 2])\n```\nor {braces} and a < b."
    events = anyio.run(play, Cutting([answer], cuts))
    texts = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(texts) == answer == events[-1].answer


@pytest.mark.anyio
async def test_text_beside_a_native_call_shows_once():
    said = Message("assistant", f"I will look.\n```json\n{BODY}\n```", (call("find"),))
    events = await play(ScriptedModel([said, "There are 3."]))
    assert shown_before_the_call(events).strip() == "I will look."
    assert len([event for event in events if isinstance(event, ToolCalled)]) == 1


@pytest.mark.anyio
async def test_what_a_filter_masks_is_never_shown():
    rules = rules_of(secrets=True, mask=("Rivers and Co",), block=(), characters=0)
    script = ["I asked Rivers and Co.\n" + WRITTEN["python"], "It is Rivers and Co, I think."]
    events = await play(FilteredModel(ScriptedModel(script), rules))
    texts = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "Rivers and Co" not in texts
    assert texts.endswith("It is [MASKED], I think.")
    assert "find(" not in texts
    assert isinstance(events[-1], RunFinished)
    assert events[-1].answer == "It is [MASKED], I think."
