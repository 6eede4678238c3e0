"""What runs at once, what asks and what never runs; what a person said once is remembered."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest
from tests.agents.boxes import FIND, LEND, Shelf, agent, call

from hades_mcp.agents.approval import ApprovalPolicy, SessionApprovals, decide
from hades_mcp.agents.events import ToolReturned
from hades_mcp.agents.run import run
from hades_mcp.messages import ToolAnnotations, ToolSpec
from hades_mcp.models.scripted import ScriptedModel

pytestmark = pytest.mark.anyio

ADD = ToolSpec("add", "Add a book.", {}, ToolAnnotations(destructive=False))
FOREIGN = ToolSpec("find", "Find.", {}, ToolAnnotations(), origin="town/find")


@pytest.mark.parametrize(
    ("spec", "policy", "rule"),
    [
        (FIND, ApprovalPolicy(tools={"find": "deny"}), "deny"),
        (FIND, ApprovalPolicy(reads="deny", tools={"find": "auto"}), "auto"),
        (LEND, ApprovalPolicy(tools={"lend": "auto"}), "auto"),
        (LEND, ApprovalPolicy(tools={"find": "auto"}), "ask"),
        (LEND, ApprovalPolicy(writes="auto", destructive="ask"), "ask"),
        (LEND, ApprovalPolicy(writes="deny", destructive="ask"), "deny"),
        (ADD, ApprovalPolicy(writes="auto", destructive="deny"), "auto"),
        # a tool of another server is not the tool of the same name here
        (FOREIGN, ApprovalPolicy(tools={"find": "auto"}), "ask"),
        (FOREIGN, ApprovalPolicy(tools={"town/find": "auto"}), "auto"),
    ],
)
def test_the_most_particular_rule_holds(spec, policy, rule):
    assert decide(call(spec.name), spec, policy).rule == rule


def test_a_write_read_from_text_asks_even_where_its_tool_runs_at_once():
    policy = ApprovalPolicy(writes="auto", tools={"lend": "auto"})
    guessed = replace(call("lend"), channel="recovered")
    assert decide(guessed, LEND, policy).rule == "ask"
    assert decide(guessed, LEND, ApprovalPolicy(tools={"lend": "deny"})).rule == "deny"


def test_the_reason_says_where_a_write_goes():
    assert "at town" in decide(call("find"), FOREIGN, ApprovalPolicy()).reason


class Person:
    """Answers from a list, and keeps what was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, asked, reason):
        assert reason
        await anyio.lowlevel.checkpoint()
        self.asked.append(asked.name)
        return self._answers.pop(0)


async def test_always_for_a_tool_is_asked_once_and_no_other_tool_gains():
    person = Person("tool", "no", "yes")
    approve = SessionApprovals(person)
    assert [await approve(call("lend"), "r") for _ in range(3)] == [True] * 3
    assert await approve(call("sell"), "r") is False
    assert await approve(call("sell"), "r") is True
    assert person.asked == ["lend", "sell", "sell"]


async def test_always_for_the_session_covers_all_but_guesses_until_forgotten():
    person = Person("session", "no", "no")
    approve = SessionApprovals(person)
    assert await approve(call("lend"), "r") is True
    assert await approve(call("sell"), "r") is True
    assert await approve(replace(call("sell"), channel="recovered"), "r") is False
    approve.forget()
    assert await approve(call("lend"), "r") is False
    assert person.asked == ["lend", "sell", "lend"]


async def test_two_calls_at_once_ask_one_person_once():
    person = Person("tool")
    approve = SessionApprovals(person)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(approve, call("lend"), "r")
    assert person.asked == ["lend"]


async def test_a_run_asks_once_what_is_allowed_for_the_session():
    shelf, person = Shelf(), Person("tool")
    model = ScriptedModel([call("lend"), call("lend", "Lakes", "c2"), "Lent."])
    stream = run(
        agent(), "Lend both.", model=model, toolbox=shelf, approve=SessionApprovals(person)
    )
    returned = [event async for event in stream if isinstance(event, ToolReturned)]
    assert [event.result.is_error for event in returned] == [False, False]
    assert shelf.books == {"Rivers": 2, "Lakes": 0}
    assert person.asked == ["lend"]
