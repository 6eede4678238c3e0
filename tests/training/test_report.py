"""Playing a suite asks every question once and keeps why each answer was wrong."""

import pytest

from hades_mcp.messages import ToolCall
from hades_mcp.training.report import evaluate
from hades_mcp.training.suites import Outcome, parse_suite

pytestmark = pytest.mark.anyio

SUITE = parse_suite(
    b'{"id": "greet", "question": "Hello", "expect": {"kind": "abstain"}}\n'
    b'{"id": "find", "question": "Find x", "expect": {"kind": "call", "tool": "search"}}\n',
    name="mine",
)


async def test_a_model_that_always_calls_wins_only_where_a_call_is_right():
    asked = []

    async def always_search(question: str) -> Outcome:
        asked.append(question)
        return Outcome((ToolCall("1", "search", {}),), "")

    report = await evaluate(SUITE, always_search, model="eager")
    assert asked == ["Hello", "Find x"]
    assert report.failures == {"greet": "called search where no tool fits", "find": ""}
    assert report.won == {"find"}
    assert report.score == 0.5
    assert (report.model, report.suite, report.digest) == ("eager", "mine", SUITE.digest)
