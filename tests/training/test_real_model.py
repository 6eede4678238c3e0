"""The shipped suites, played by the real untuned model: the figures any adapter has to beat.

Prints them: `pytest -m slow -s tests/training/test_real_model.py`.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from hades_mcp.agents.definition import load_agent
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.config import load_settings
from hades_mcp.models.registry import open_model
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.tools.toolset import Toolset
from hades_mcp.training.gate import Reject, decide
from hades_mcp.training.play import play
from hades_mcp.training.report import EvalReport, evaluate
from hades_mcp.training.suites import Outcome, load_suite
from hades_mcp.workspace import open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def report(name: str, model_url: str, home: Path, *, must_call: bool) -> EvalReport:
    """Play a suite; every tool is offered, and one response per question is enough to judge."""
    settings = load_settings(home=home, model_url=model_url)
    agent = replace(
        load_agent(home, "librarian"),
        tools=tuple(tool.name for tool in BUILT_IN),
        must_call=must_call,
        limits=Limits(steps=1),
    )
    with open_workspace(settings, preload=False) as workspace:
        toolbox = LocalToolbox(Toolset(workspace))
        async with open_model(settings) as model:

            async def ask(question: str) -> Outcome:
                return await play(run(agent, question, model=model, toolbox=toolbox))

            return await evaluate(load_suite(home, name), ask, model=model.name)


@pytest.mark.parametrize(
    ("suite", "must_call", "least"),
    [("tool_calls", True, 0.2), ("abstention", False, 0.0)],
)
async def test_the_untuned_model_wins_some_and_is_not_promoted_over_itself(
    model_url: str, tmp_path: Path, suite: str, *, must_call: bool, least: float
) -> None:
    played = await report(suite, model_url, tmp_path, must_call=must_call)
    print(f"\n{played.model} {suite} must_call={must_call}: {played.score:.0%}")
    for case, why in played.failures.items():
        print(f"  {case}: {why or 'won'}")
    assert played.score >= least
    assert isinstance(decide(played, played), Reject)
