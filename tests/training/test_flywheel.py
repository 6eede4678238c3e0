"""The way of a lesson: a real run is recorded, exported, and its like are played and judged."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.definition import AgentDefinition, Example
from hades_mcp.agents.run import run as run_agent
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.config import load_settings
from hades_mcp.messages import ToolCall
from hades_mcp.models.scripted import Reply, ScriptedModel
from hades_mcp.tools.toolset import Toolset
from hades_mcp.training.dataset import SPLITS, export_dataset
from hades_mcp.training.gate import Promote, Reject, decide
from hades_mcp.training.play import play
from hades_mcp.training.report import EvalReport, evaluate
from hades_mcp.training.suites import Outcome, parse_suite
from hades_mcp.workspace import Workspace, open_workspace

pytestmark = pytest.mark.anyio

AGENT = AgentDefinition(
    "keeper",
    "Keeps notes.",
    "You keep notes.",
    ("context_list", "schema"),
    examples=(Example("What is there?", "context_list", {}),),
)
SUITE = parse_suite(
    b'{"id": "greet", "question": "Hello", "expect": {"kind": "abstain"}}\n'
    b'{"id": "list", "question": "Which?", "expect": {"kind": "call", "tool": "context_list"}}\n'
    b'{"id": "say", "question": "How many?", "expect": {"kind": "answer", "contains": ["none"]}}\n',
    name="keeper",
)
LIST = ToolCall("l", "context_list", {})
WRONG = ToolCall("w", "context_list", {"limt": 3})


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(load_settings(home=tmp_path / "home"), preload=False) as workspace:
        yield workspace


async def ask(workspace: Workspace, question: str, *replies: Reply) -> Outcome:
    events = run_agent(
        AGENT,
        question,
        model=ScriptedModel(replies),
        toolbox=LocalToolbox(Toolset(workspace)),
        recorder=workspace.recorder,
        approve=approve_all,
    )
    return await play(events)


async def test_a_recorded_run_becomes_rows_that_end_with_its_good_turns(
    workspace: Workspace, tmp_path: Path
) -> None:
    await ask(workspace, "Which contexts are there?", WRONG, LIST, "There are none.")
    manifest = export_dataset(workspace.traces, tmp_path / "data")
    assert sum(file.rows for file in manifest.files.values()) == 2
    assert manifest.made_under["prompt"]
    text = "".join((tmp_path / "data" / f"{split}.jsonl").read_text() for split in SPLITS)
    first, last = (json.loads(line)["messages"] for line in text.splitlines())
    roles = ["system", "user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert [message["role"] for message in last] == roles
    assert last[-1]["content"] == "There are none."
    assert first[-1]["tool_calls"][0]["function"] == {"name": "context_list", "arguments": {}}
    assert "limt" in json.dumps(first[2])  # the mistake is history, not a lesson


async def report(workspace: Workspace, model: str, **scripts: list[Reply]) -> EvalReport:
    by_question = {case.question: scripts[case.id] for case in SUITE.cases}

    async def put(question: str) -> Outcome:
        return await ask(workspace, question, *by_question[question])

    return await evaluate(SUITE, put, model=model)


async def test_two_models_are_played_on_one_suite_and_the_better_is_promoted(
    workspace: Workspace,
) -> None:
    talker = await report(workspace, "talker", greet=["Hi."], list=["Many."], say=["none"])
    caller = await report(workspace, "caller", greet=["Hi."], list=[LIST, "Ok."], say=["none"])
    eager = await report(workspace, "eager", greet=[LIST, "Hi."], list=[LIST, "Ok."], say=["none"])
    assert talker.failures == {"greet": "", "list": "did not call context_list", "say": ""}
    assert decide(talker, caller) == Promote(("list",))
    assert decide(talker, eager) == Reject(("It loses what talker wins: greet.",))
