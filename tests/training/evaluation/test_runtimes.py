"""What is compared: a plain loop that is a real one, measures that are switched, calls counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.tools.bench.__main__ import HOME

from hades_mcp.agents.definition import AgentDefinition, load_agent
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.measures import Measures
from hades_mcp.config import load_settings
from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.messages import ToolCall
from hades_mcp.models.scripted import ScriptedModel
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.training.evaluation import runtimes
from hades_mcp.training.evaluation.choosing import Asked, choose_tasks, conditions
from hades_mcp.training.evaluation.plain import as_one
from hades_mcp.training.evaluation.playing import play_task
from hades_mcp.training.evaluation.runtimes import (
    MEASURES,
    Runtime,
    code_hash,
    read_runtime,
)
from hades_mcp.training.evaluation.tasks import load_bench
from hades_mcp.training.evaluation.worlds import Worlds

if TYPE_CHECKING:
    from hades_mcp.training.evaluation.playing import Attempt

PLAIN = Runtime("plain")
AGENT = AgentDefinition(
    "prover", "", "Prove it.", tuple(tool.name for tool in BUILT_IN), limits=Limits(steps=3)
)
WALK = ToolCall(
    "walk",
    "graph_traverse",
    {"start": "kiln.prices.total", "direction": "inbound", "edges": ["calls"]},
)
WRITTEN = f"```json\n{json.dumps({'name': WALK.name, 'arguments': WALK.arguments})}\n```"
RIGHT = "kiln.orders.place and kiln.report.receipt."


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    home = tmp_path_factory.mktemp("bench")
    return Worlds(load_settings(None, home=home, embedder="hashing"))


async def played(model: ScriptedModel, worlds: Worlds, runtime: Runtime) -> Attempt:
    tasks = {task.id: task for task in load_bench(Path("nowhere"), ("dev",)).tasks}
    return await play_task(tasks["graph-walk-code-1"], AGENT, model, worlds, runtime)


@pytest.mark.anyio
@pytest.mark.parametrize("runtime", [PLAIN, Runtime(), read_runtime("hades", "none")])
async def test_every_runtime_solves_a_task_with_a_native_call(runtime, worlds):
    attempt = await played(ScriptedModel([WALK, RIGHT]), worlds, runtime)
    assert (attempt.why, attempt.stop, attempt.steps, attempt.invalid) == ("", "answered", 2, 0)
    assert [(call["name"], call["ok"]) for call in attempt.calls] == [("graph_traverse", True)]


@pytest.mark.anyio
async def test_a_call_written_as_text_is_an_answer_to_the_plain_loop(worlds):
    attempt = await played(ScriptedModel([WRITTEN, RIGHT]), worlds, PLAIN)
    assert (attempt.answer, attempt.calls, attempt.solved) == (WRITTEN, (), False)
    ours = await played(ScriptedModel([WRITTEN, RIGHT]), worlds, Runtime())
    assert ours.solved
    assert [call["channel"] for call in ours.calls] == ["recovered"]
    without = Runtime(measures=replace(Measures(), recovery=False))
    assert not (await played(ScriptedModel([WRITTEN, RIGHT]), worlds, without)).calls


@pytest.mark.anyio
async def test_the_plain_loop_tells_errors_and_counts_what_does_not_fit(worlds):
    unknown = ToolCall("1", "graph_walk", {})
    broken = ToolCall("2", "search", None, '{"text": ')
    unfit = ToolCall("3", "graph_traverse", {"direction": "inbound"})
    model = ScriptedModel([[unknown, broken, unfit], WALK, RIGHT])
    attempt = await played(model, worlds, PLAIN)
    assert attempt.solved
    assert [call["ok"] for call in attempt.calls] == [False, False, False, True]
    assert attempt.invalid == 1  # the other two never reached a tool
    told = [message.content for message in model.requests[1].messages if message.role == "tool"]
    assert told[0] == "Unknown tool: graph_walk"
    assert "not valid JSON" in told[1]
    assert "start" in told[2]


@pytest.mark.anyio
async def test_arguments_that_only_our_driver_mends_stay_broken_in_the_plain_loop(worlds):
    mended = ToolCall("1", "search", {"text": "x"}, "{'text': 'x'}", "recovered")
    attempt = await played(ScriptedModel([mended, RIGHT]), worlds, PLAIN)
    assert [(call["ok"], call["channel"]) for call in attempt.calls] == [(False, "native")]
    assert attempt.calls[0]["arguments"] is None


@pytest.mark.anyio
async def test_the_plain_loop_ends_at_its_limit_of_steps(worlds):
    attempt = await played(ScriptedModel([WALK] * 9), worlds, PLAIN)
    assert (attempt.stop, attempt.steps, attempt.answer) == ("steps", 3, "")


@pytest.mark.anyio
async def test_a_window_that_is_outgrown_is_a_task_not_solved_and_no_reason_to_stop(worlds):
    attempt = await played(ScriptedModel([]), worlds, PLAIN)
    assert attempt.stop == "window"
    assert "window" in attempt.why


def test_a_router_is_one_agent_to_the_plain_loop():
    router = load_agent(HOME, "router")
    one = as_one(router)
    assert {tool for agent in router.agents for tool in agent.tools} == set(one.tools)
    assert len(one.tools) == len(set(one.tools))
    assert one.instructions
    assert one.examples == ()
    assert as_one(AGENT) is AGENT


@pytest.mark.parametrize(
    ("said", "on"),
    [
        ("all", set(MEASURES)),
        ("none", set()),
        ("examples,recovery", {"examples", "recovery"}),
        ("no-repair", set(MEASURES) - {"repair"}),
        ("no-repair, no-grounding", set(MEASURES) - {"repair", "grounding"}),
    ],
)
def test_measures_are_named_in_words(said, on):
    measures = read_runtime("hades", said).measures
    assert {name for name in MEASURES if getattr(measures, name)} == on


@pytest.mark.parametrize(
    ("loop", "said", "error"),
    [
        ("hades", "recoverey", UnknownName),
        ("hades", "all,repair", UnknownName),
        ("hades", "no-repair,examples", InvalidArgument),
        ("plain", "none", InvalidArgument),
    ],
)
def test_measures_that_mean_nothing_are_refused(loop, said, error):
    with pytest.raises(error):
        read_runtime(loop, said)


def test_another_runtime_measure_or_template_makes_other_conditions(tmp_path):
    settings = load_settings(None, home=tmp_path, embedder="hashing")
    ways = [Runtime(), PLAIN, *(read_runtime("hades", f"no-{name}") for name in MEASURES)]
    made = []
    for runtime in ways:
        asked = Asked(limit=1, runtime=runtime)
        made.append(conditions(asked, choose_tasks(asked, settings), AGENT, "tiny"))
    served = conditions(asked, choose_tasks(asked, settings), AGENT, "tiny", "not ours 00")
    assert len({one.id for one in [*made, served]}) == len(ways) + 1
    assert made[0].made_of["measures"] == "all"
    assert made[1].made_of["runtime"] == "plain"


def test_other_code_makes_other_conditions(tmp_path, monkeypatch):
    assert code_hash() == code_hash()
    monkeypatch.setattr(runtimes, "files", lambda _: tmp_path)
    for place in runtimes.PLAYERS:
        path = tmp_path / place
        path = path if path.suffix else path / "one.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    first = code_hash()
    (tmp_path / "agents" / "notes.txt").write_text("no code")
    assert code_hash() == first
    for place in ("agents/one.py", "tools/one.py", "models/one.py", "training/evaluation/plain.py"):
        (tmp_path / place).write_text("x = 2\n")
        assert code_hash() != first
        (tmp_path / place).write_text("x = 1\n")
