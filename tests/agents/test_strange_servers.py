"""Servers that HADES does not know are used, bounded, left, and done without when they are down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from tests.agents.boxes import FIND, Shelf, agent, call

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.combining import CombinedToolbox, open_toolbox
from hades_mcp.agents.connecting import ServerToolbox
from hades_mcp.agents.definition import choose_tools
from hades_mcp.agents.events import RunFinished, RunStarted, ToolReturned
from hades_mcp.agents.run import run
from hades_mcp.agents.servers import ServerDefinition
from hades_mcp.errors import ConfigError
from hades_mcp.messages import ToolCall, ToolResult
from hades_mcp.models.scripted import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from hades_mcp.models.scripted import Reply

pytestmark = pytest.mark.anyio
TOWN = Path(__file__).parent / "town_server.py"
NONE_THERE = "http://127.0.0.1:9/mcp"


def town(folder: Path, **changes: Any) -> ServerDefinition:
    """Return the town over stdio."""
    there = ServerDefinition("town", command=sys.executable, args=(str(TOWN), str(folder)))
    return replace(there, timeout=20.0, **changes)


async def exists(path: Path) -> None:
    """Wait until a process has left a file."""
    with anyio.fail_after(20):
        while not await anyio.Path(path).exists():  # noqa: ASYNC110  another process sets no event
            await anyio.sleep(0.02)


@asynccontextmanager
async def boxes(*servers: ServerDefinition, retry: float = 0) -> AsyncIterator[list[ServerToolbox]]:
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            made = [ServerToolbox(one, group, tokens=200, retry=retry) for one in servers]
            yield made
            for box in made:
                box.leave()


@pytest.fixture
def town_over_http(tmp_path: Path) -> Iterator[tuple[ServerDefinition, subprocess.Popen[bytes]]]:
    process = subprocess.Popen(
        [sys.executable, TOWN, tmp_path, "--http"], stderr=subprocess.DEVNULL
    )
    try:
        yield ServerDefinition("town", url="", timeout=20.0), process
    finally:
        process.kill()
        process.wait()


async def test_a_strange_server_over_stdio(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_NAME", "the mayor")
    server = town(tmp_path, env={"TOWN_NAME": "${SECRET_NAME}"}, reads=("find", "fnd"))
    async with boxes(server) as (box,):
        specs = {spec.name: spec for spec in await box.specs()}
        assert specs["find"].annotations.read_only
        assert not specs["tear_down"].annotations.read_only
        assert specs["tear_down"].annotations.destructive, "what says nothing may destroy"
        assert specs["find"].origin == "town/find"
        assert len(specs["map.of/streets"].description) <= 400
        found = await box.call(ToolCall("c1", "find", {"street": "Elm"}))
        assert found.content == "Elm is in the north; asked by the mayor"
        many = await box.call(ToolCall("c2", "map.of/streets", {"count": 500}))
        assert '"truncated":true' in many.content
        parts = await box.call(ToolCall("c3", "parts", {}))
        assert parts.content.splitlines() == [
            "Words.",
            "[image/png of 4 base64 characters]",
            "town://note",
            "A note.",
            "[image/x-seal of 4 base64 characters: town://seal]",
            "[hall is at town://hall]",
        ]
        assert (await box.call(ToolCall("c4", "find", {}))).is_error
        assert "Did you mean 'find'" in box.trouble, "a pattern that chooses nothing is named"
        await box.call(ToolCall("c5", "grow", {}))
        assert "bridge" in {spec.name for spec in await box.specs()}, "its list changed"
        await a_call_is_cancelled(box, tmp_path)
        await it_falls_and_is_there_again(box, tmp_path)


async def a_call_is_cancelled(box: ServerToolbox, folder: Path) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(box.call, ToolCall("c6", "wait", {}))
        await exists(folder / "waiting")
        group.cancel_scope.cancel()
    await exists(folder / "cancelled")


async def it_falls_and_is_there_again(box: ServerToolbox, folder: Path) -> None:
    (folder / "waiting").unlink()
    results: list[ToolResult] = []

    async def make(name: str) -> None:
        results.append(await box.call(ToolCall(name, name, {})))

    async with anyio.create_task_group() as group:
        group.start_soon(make, "wait")
        await exists(folder / "waiting")
        group.start_soon(make, "fall")
    assert all(one.is_error for one in results)
    assert {one.content.partition(": ")[2] for one in results} == {
        f"Connection closed. Whether {name} was done is not known." for name in ("wait", "fall")
    }
    again = await box.call(ToolCall("c8", "find", {"street": "Oak"}))
    assert again.content.startswith("Oak is in the north"), "it was started again"


@pytest.mark.slow
async def test_a_strange_server_over_http(tmp_path, town_over_http):
    server, process = town_over_http
    await exists(tmp_path / "port")
    port = (tmp_path / "port").read_text()
    server = replace(
        server, url=f"http://127.0.0.1:{port}/mcp", trusted=True, tools=("find", "wait")
    )
    async with boxes(server) as (box,):
        specs = {spec.name: spec for spec in await box.specs()}
        assert set(specs) == {"find", "wait"}
        assert specs["find"].annotations.read_only, "a trusted server says what its tools do"
        found = await box.call(ToolCall("c1", "find", {"street": "Elm"}))
        assert found.content == "Elm is in the north; asked by nobody"
        await a_call_is_cancelled(box, tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        gone = await box.call(ToolCall("c2", "find", {"street": "Elm"}))
        assert gone.is_error
        assert "The MCP server town" in gone.content
        assert await box.specs() == ()
        assert box.trouble
        with again(tmp_path, port):
            found = await _until_it_answers(box)
        assert found.content == "Elm is in the north; asked by nobody"


@contextmanager
def again(folder: Path, port: str) -> Iterator[None]:
    """Start the town anew where it was."""
    command = [sys.executable, str(TOWN), str(folder), "--http"]
    environment = {**os.environ, "TOWN_PORT": port}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


async def _until_it_answers(box: ServerToolbox) -> Any:
    with anyio.fail_after(30):
        while True:
            found = await box.call(ToolCall("c3", "find", {"street": "Elm"}))
            if not found.is_error:
                return found
            await anyio.sleep(0.1)


async def test_a_call_that_takes_too_long_is_left(tmp_path):
    async with boxes(replace(town(tmp_path), timeout=0.2)) as (box,):
        await box.specs()
        slow = await box.call(ToolCall("c1", "wait", {}))
        assert slow.is_error
        assert "took longer than 0.2 seconds" in slow.content
        await exists(tmp_path / "cancelled")


async def test_a_server_that_does_not_start_says_why_and_is_tried_again(tmp_path):
    (tmp_path / "closed").touch()
    async with boxes(town(tmp_path)) as (box,):
        assert await box.specs() == ()
        assert "the town is closed" in box.trouble
        down = await box.call(ToolCall("c1", "find", {"street": "Elm"}))
        assert down.is_error
        assert "is down" in down.content
        (tmp_path / "closed").unlink()
        assert len(await box.specs()) > 5
        assert not box.trouble


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"command": "no-such-program-anywhere"}, "no-such-program-anywhere"),
        ({"command": "", "url": NONE_THERE}, "."),
        ({"env": {"TOWN_KEY": "${NO_SUCH_VARIABLE}"}}, "NO_SUCH_VARIABLE is not set"),
    ],
)
async def test_a_server_that_cannot_be_reached_is_left_alone_for_a_while(tmp_path, changes, said):
    async with boxes(replace(town(tmp_path), **changes), retry=600) as (box,):
        assert await box.specs() == ()
        assert said in box.trouble
        assert await box.specs() == ()


@pytest.mark.slow
async def test_names_are_safe_and_stay_with_their_tools(tmp_path):
    (tmp_path / "closed").touch()
    first = town(tmp_path)
    second = replace(town(tmp_path / "other"), name="other")
    (tmp_path / "other").mkdir()
    async with boxes(first, second) as both:
        box = CombinedToolbox(Shelf(), both, ["grow"])
        names = {spec.origin: spec.name for spec in await box.specs()}
        assert names["other/find"] == "other_find", "the shelf's own keeps its name"
        assert names["other/map.of/streets"] == "map_of_streets"
        assert names["other/grow"] == "other_grow", "a called agent's name is nobody else's"
        assert box.troubles()["town"]
        (tmp_path / "closed").unlink()
        later = {spec.origin: spec.name for spec in await box.specs()}
        assert later["other/map.of/streets"] == "map_of_streets"
        assert later["town/map.of/streets"] == "town_map_of_streets"
        assert len({spec.name for spec in await box.specs()}) == len(await box.specs())
        streets = await box.call(ToolCall("c1", "map_of_streets", {"count": 1}))
        assert "street number 0" in streets.content
        assert streets.name == "map_of_streets"
        own = await box.call(call("find"))
        assert '"Rivers"' in own.content


async def test_an_agent_works_on_while_one_of_its_servers_is_down(tmp_path):
    who = agent(
        tools=("find",),
        servers=(town(tmp_path), ServerDefinition("sky", url=NONE_THERE, connect=5)),
    )
    script: list[Reply] = [
        ToolCall("c1", "town_find", {"street": "Elm"}),
        call("find", "Lakes"),
        "In the north.",
    ]
    model = ScriptedModel(script)
    with anyio.fail_after(60):
        async with open_toolbox(Shelf(), who, tokens=500) as box:
            stream = run(who, "Where?", model=model, toolbox=box, approve=approve_all)
            events = [event async for event in stream]
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert "town_find" in started.tools
    returned = [event.result for event in events if isinstance(event, ToolReturned)]
    assert [result.is_error for result in returned] == [False, False]
    assert isinstance(finished, RunFinished)
    assert finished.answer == "In the north."


def test_only_agents_with_a_server_see_its_tools(tmp_path):
    child = agent(name="child", tools=("find",), servers=(town(tmp_path),))
    parent = agent(tools=("find",), agents=(child,))
    offered = [FIND, replace(FIND, name="town_find", origin="town/find")]
    assert [spec.name for spec in choose_tools(parent, offered)] == ["find"]
    assert [spec.name for spec in choose_tools(child, offered)] == ["find", "town_find"]


async def test_one_name_for_two_servers_is_refused(tmp_path):
    child = agent(name="child", servers=(town(tmp_path),))
    parent = agent(servers=(ServerDefinition("town", url=NONE_THERE),), agents=(child,))
    with pytest.raises(ConfigError, match="another MCP server by 'town'"):
        async with open_toolbox(Shelf(), parent, tokens=500):
            pass


async def test_a_generator_that_holds_servers_may_be_closed_early(tmp_path):
    left: list[bool] = []

    async def names() -> AsyncGenerator[str, None]:
        async with open_toolbox(Shelf(), agent(servers=(town(tmp_path),)), tokens=500) as box:
            try:
                for spec in await box.specs():
                    yield spec.name
            finally:
                left.append(True)

    with anyio.fail_after(60):
        async with aclosing(names()) as found:
            async for name in found:
                assert name
                break
    assert left == [True]


async def test_an_error_of_the_run_comes_out_as_it_is(tmp_path):
    async def fail() -> None:
        async with open_toolbox(Shelf(), agent(servers=(town(tmp_path),)), tokens=500):
            raise ConfigError("mine")

    with anyio.fail_after(60), pytest.raises(ConfigError, match="mine"):
        await fail()
