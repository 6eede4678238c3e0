"""Requests are repeated only where that can help, and servers stand in for each other."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from tests.models.conftest import WireServer, chunk
from tests.tools.loopback import served

from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError, HadesError, LimitReached, Unavailable
from hades_mcp.messages import Message
from hades_mcp.models import ChatRequest, ScriptedModel, TextDelta, complete
from hades_mcp.models.balancing import BalancedModel
from hades_mcp.models.breaker import Breaker
from hades_mcp.models.faults import Busy, TooSlow
from hades_mcp.models.registry import open_model
from hades_mcp.models.retrying import RetryingModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.models.base import ChatEvent

pytestmark = pytest.mark.anyio
ASK = ChatRequest((Message("system", "S"), Message("user", "U")))


class Shaky:
    """A real scripted model in front of which errors come first; `begun` errors come mid-reply."""

    def __init__(self, *errors: HadesError, begun: bool = False) -> None:
        self.errors = list(errors)
        self.begun = begun
        self.inner = ScriptedModel(lambda _: "It is well.", name="shaky")
        self.asked = 0
        self.closed = 0

    name = "shaky"
    context_window = 4096

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked += 1
        try:
            if self.errors and self.begun:
                yield TextDelta("It ")
            if self.errors:
                raise self.errors.pop(0)
            async for event in self.inner.stream(request):
                yield event
        finally:
            self.closed += 1


class Naps:
    """Waits for nothing, and keeps how long it was asked to."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


async def answer(model: Any) -> str:
    return (await complete(model, ASK)).message.content


async def test_what_may_heal_is_asked_again_after_growing_pauses():
    naps, shaky = Naps(), Shaky(Unavailable("gone"), Unavailable("gone"))
    assert await answer(RetryingModel(shaky, retries=2, sleep=naps)) == "It is well."
    first, second = naps.taken
    assert 0.3 < first < second < 2


async def test_a_full_server_is_waited_for_as_long_as_it_says():
    naps = Naps()
    await answer(RetryingModel(Shaky(Busy("full", retry_after=7)), sleep=naps))
    assert naps.taken == [7]


@pytest.mark.parametrize(
    "error",
    [
        TooSlow("late"),
        ConfigError("refused"),
        LimitReached("too long"),
        Busy("full", retry_after=3600),
    ],
)
async def test_what_cannot_heal_soon_is_not_asked_again(error):
    naps, shaky = Naps(), Shaky(error)
    with pytest.raises(type(error)):
        await answer(RetryingModel(shaky, sleep=naps))
    assert (shaky.asked, naps.taken) == (1, [])


async def test_the_last_failure_is_told_when_patience_ends():
    naps, shaky = Naps(), Shaky(*(Unavailable(f"gone {time}") for time in range(4)))
    with pytest.raises(Unavailable, match="gone 2"):
        await answer(RetryingModel(shaky, retries=2, sleep=naps))
    assert len(naps.taken) == 2


async def test_a_reply_that_has_begun_is_never_asked_for_again():
    shaky = Shaky(Unavailable("broke off"), begun=True)
    with pytest.raises(Unavailable, match="broke off"):
        await answer(RetryingModel(shaky, sleep=Naps()))
    assert shaky.asked == 1


async def test_closing_the_wrapped_stream_closes_the_driver_at_once():
    shaky = Shaky()
    model = RetryingModel(BalancedModel({"a": shaky}))
    async with aclosing(model.stream(ASK)) as events:  # type: ignore[type-var]
        await anext(events)
    assert shaky.closed == 1


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_server_that_keeps_failing_is_left_alone_then_tried_once():
    clock = Clock()
    shaky = Shaky(*(Unavailable("gone") for _ in range(4)))
    model = BalancedModel({"a": shaky}, breaker=lambda: Breaker(failures=3, rest=10, clock=clock))
    for _ in range(3):
        with pytest.raises(Unavailable, match="gone"):
            await answer(model)
    assert model.health() == {"a": "open"}
    with pytest.raises(Busy, match="left alone for 10 seconds") as caught:
        await answer(model)
    assert (caught.value.retry_after, shaky.asked) == (10, 3)
    clock.now = 10
    with pytest.raises(Unavailable, match="gone"):  # the one trial fails: open again
        await answer(model)
    assert (model.health(), shaky.asked) == ({"a": "open"}, 4)
    clock.now = 20
    assert await answer(model) == "It is well."
    assert model.health() == {"a": "closed"}


async def test_a_wrong_request_does_not_count_against_the_server():
    shaky = Shaky(*(LimitReached("too long") for _ in range(5)))
    model = BalancedModel({"a": shaky})
    for _ in range(5):
        with pytest.raises(LimitReached):
            await answer(model)
    assert model.health() == {"a": "closed"}


async def test_a_conversation_is_to_fit_the_smallest_window_of_all_servers():
    small, large = ScriptedModel([], context_window=4096), ScriptedModel([], context_window=8192)
    silent = ScriptedModel([])
    model = RetryingModel(BalancedModel({"a": large, "b": silent, "c": small}))
    assert model.context_window == 4096
    assert BalancedModel({"a": silent}).context_window is None


async def test_another_server_stands_in_for_one_that_fails():
    first, second = Shaky(*(Unavailable("gone") for _ in range(9))), Shaky()
    model = BalancedModel({"a": first, "b": second})
    for _ in range(8):
        assert await answer(model) == "It is well."
    assert first.asked <= 3  # then its breaker is open
    assert second.asked == 8


async def test_a_conversation_stays_with_the_server_that_has_it_in_its_cache():
    servers = {url: Shaky() for url in "abcd"}
    model = BalancedModel(dict(servers))
    grown = ASK
    for turn in range(5):
        await complete(model, grown)
        grown = ChatRequest(
            (*grown.messages, Message("assistant", "A"), Message("user", f"{turn}"))
        )
    assert sorted(server.asked for server in servers.values()) == [0, 0, 0, 5]


async def test_requests_at_the_same_time_are_shared_out():
    servers = {url: Shaky() for url in "abc"}
    model = BalancedModel(dict(servers))
    streams = [model.stream(ASK) for _ in range(6)]
    for stream in streams:
        await anext(stream)
    assert [server.asked for server in servers.values()] == [2, 2, 2]
    for stream in streams:
        async with aclosing(stream):  # type: ignore[type-var]
            pass
    assert [server.closed for server in servers.values()] == [2, 2, 2]


async def test_two_servers_in_the_settings_stand_in_for_each_other(wire):
    other = WireServer()
    with served(other):
        for server in (wire, other):
            server.lists({"id": "m", "owned_by": "vllm"})
        wire.refuses(500, {"error": {"message": "CUDA error"}})
        other.streams(chunk({"content": "Yes."}, "stop"))
        urls = f"{wire.url},{other.url}"
        async with open_model(load_settings(model_url=urls, model_retries=0)) as model:
            for question in "abcdef":  # some of them would go to the first server first
                asked = ChatRequest((Message("user", question),))
                assert (await complete(model, asked)).message.content == "Yes."
    assert len(other.bodies) == 6
    assert 0 < len(wire.bodies) <= 3
