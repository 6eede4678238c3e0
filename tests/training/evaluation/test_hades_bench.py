"""HADES-Bench proves itself: each task can be solved, and each verifier can say no."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.tools.bench.__main__ import HOME, all_tasks, files

from hades_mcp.agents.definition import AgentDefinition
from hades_mcp.config import load_settings
from hades_mcp.messages import ToolCall
from hades_mcp.models.scripted import ScriptedModel
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.training.evaluation.checking import Ran, fingerprint, verify
from hades_mcp.training.evaluation.playing import Attempt, play_task
from hades_mcp.training.evaluation.tasks import Number, choose, load_bench
from hades_mcp.training.evaluation.worlds import Worlds

if TYPE_CHECKING:
    from tests.tools.bench.making import Call

MADE = all_tasks()
AGENT = AgentDefinition("prover", "", "Prove it.", tuple(tool.name for tool in BUILT_IN))


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    home = tmp_path_factory.mktemp("bench")
    return Worlds(load_settings(None, home=home, embedder="hashing"))


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory):
    return {task.id: task for task in load_bench(tmp_path_factory.mktemp("none")).tasks}


def script(calls: list[Call], answer: str) -> ScriptedModel:
    made = [ToolCall(f"call-{n}", name, arguments) for n, (name, arguments) in enumerate(calls)]
    return ScriptedModel([*made, answer])


@pytest.mark.anyio
@pytest.mark.parametrize("name", MADE)
async def test_the_reference_solution_solves_the_task(name, tasks, worlds):
    made = MADE[name]
    attempt = await play_task(tasks[name], AGENT, script(made.calls, made.answer), worlds)
    assert attempt.why == "", attempt
    assert [call["ok"] for call in attempt.calls] == [
        number >= made.slips for number in range(len(made.calls))
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("name", [name for name, made in MADE.items() if made.wrong_calls])
async def test_a_wrong_change_of_the_world_fails(name, tasks, worlds):
    made = MADE[name]
    attempt: Attempt = await play_task(
        tasks[name], AGENT, script(made.wrong_calls, made.wrong), worlds
    )
    assert all(call["ok"] for call in attempt.calls)
    assert attempt.why


@pytest.mark.parametrize("world", ["code", "organisation", "travel"])
def test_an_empty_answer_and_a_plausible_wrong_one_fail_every_task(world, tasks, worlds):
    with worlds.copy(world) as workspace:
        before = fingerprint(workspace.db)
        for name, made in MADE.items():
            if made.world == world:
                for answer in ("", made.wrong):
                    ran = Ran(answer, before=before)
                    assert verify(tasks[name], ran, workspace.db), (name, answer)


def test_the_suite_has_nine_categories_of_fifteen_over_three_worlds(tasks):
    assert len(tasks) == 135
    assert set(Counter(task.category for task in tasks.values()).values()) == {15}
    assert len({task.category for task in tasks.values()}) == 9
    assert set(Counter(task.world for task in tasks.values()).values()) == {45}
    assert len({task.question for task in tasks.values()}) == 135


def test_a_third_of_each_category_is_held_out(tasks, tmp_path):
    held = [task for task in tasks.values() if task.split == "held-out"]
    assert set(Counter(task.category for task in held).values()) == {5}
    dev = load_bench(tmp_path, ["dev"])
    assert {task.id for task in dev.tasks} == tasks.keys() - {task.id for task in held}


def test_no_task_wants_a_number_that_sentences_have_by_chance(tasks):
    wanted = [c.value for task in tasks.values() for c in task.checks if isinstance(c, Number)]
    assert min(wanted) >= 2, "a wrong answer may say 'the shortest one'"


def test_a_few_tasks_still_show_every_category(tmp_path):
    few = choose(load_bench(tmp_path, ["dev"]), [], 18)
    assert set(Counter(task.category for task in few).values()) == {2}


def test_the_files_are_those_the_script_makes():
    for name, text in files().items():
        assert (HOME / name).read_text(encoding="utf-8") == text, "run python -m tests.tools.bench"
