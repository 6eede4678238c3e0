"""The scripted model does what its script says."""

from __future__ import annotations

import pytest

from hades_mcp.errors import LimitReached
from hades_mcp.messages import Message, ToolCall
from hades_mcp.models import ChatRequest, Done, ScriptedModel, TextDelta, complete

pytestmark = pytest.mark.anyio
ASK = ChatRequest((Message("user", "Who is there?"),))


async def test_replies_come_in_order_and_requests_are_kept():
    call = ToolCall("c1", "search", {"text": "x"})
    model = ScriptedModel(["Nobody.", call, [call, call]])
    assert (await complete(model, ASK)).message.content == "Nobody."
    assert (await complete(model, ASK)).message.tool_calls == (call,)
    assert len((await complete(model, ASK)).message.tool_calls) == 2
    assert model.requests == [ASK, ASK, ASK]


async def test_the_pieces_make_the_whole():
    events = [event async for event in ScriptedModel(["A longer text than that."]).stream(ASK)]
    pieces = "".join(event.text for event in events if isinstance(event, TextDelta))
    done = events[-1]
    assert isinstance(done, Done)
    assert pieces == done.response.message.content == "A longer text than that."


async def test_a_function_sees_the_request():
    model = ScriptedModel(lambda request: request.messages[-1].content.upper(), name="echo")
    assert (await complete(model, ASK)).message.content == "WHO IS THERE?"
    assert model.name == "echo"


async def test_a_script_that_ends_says_so():
    with pytest.raises(LimitReached, match="ends before request 1"):
        await complete(ScriptedModel([]), ASK)
