"""Approval, limits, examples: the small parts of a run."""

from __future__ import annotations

import pytest
from tests.agents.boxes import FIND, LEND, call

from hades_mcp.agents.approval import ApprovalPolicy, approve_all, decide, deny_all
from hades_mcp.agents.definition import Example
from hades_mcp.agents.examples import example_messages, nearest_examples
from hades_mcp.agents.limits import Budget, Limits
from hades_mcp.messages import ToolCall, Usage

SHOP = (
    Example("Which class reads a file?", "find", {"title": "a"}),
    Example("How many classes are there?", "find", {"title": "b"}),
    Example("What does module shop.cart import?", "find", {"title": "c"}, "[]", "Nothing."),
)


@pytest.mark.parametrize(
    ("name", "channel", "policy", "rule"),
    [
        ("find", "native", ApprovalPolicy(), "auto"),
        ("find", "recovered", ApprovalPolicy(), "auto"),
        ("find", "native", ApprovalPolicy(reads="ask"), "ask"),
        ("lend", "native", ApprovalPolicy(), "ask"),
        ("lend", "native", ApprovalPolicy(writes="auto"), "auto"),
        ("lend", "constrained", ApprovalPolicy(writes="auto"), "auto"),
        ("lend", "recovered", ApprovalPolicy(writes="auto"), "ask"),
        ("lend", "native", ApprovalPolicy(writes="deny"), "deny"),
    ],
)
def test_reads_run_and_writes_ask_as_the_policy_says(name, channel, policy, rule):
    spec = {"find": FIND, "lend": LEND}[name]
    made = ToolCall("c", name, {}, channel=channel)
    assert decide(made, spec, policy).rule == rule


def test_a_call_whose_arguments_cannot_be_read_is_never_asked_about():
    broken = ToolCall("c", "lend", None, "{")
    assert decide(broken, LEND, ApprovalPolicy(writes="auto")).rule == "deny"


@pytest.mark.anyio
async def test_the_two_simple_answers():
    assert await approve_all(call("lend"), "") is True
    assert await deny_all(call("lend"), "") is False


def test_cached_tokens_cost_nothing():
    budget = Budget(Limits(tokens=100))
    budget.spend(Usage(1000, 20, 950))
    assert budget.exceeded() is None
    budget.spend(Usage(1000, 30, 999))
    assert budget.exceeded() == "tokens"


def test_time_runs_out():
    assert Budget(Limits(seconds=1e-9)).exceeded() == "seconds"


def test_the_same_call_is_known_whatever_the_order_of_its_arguments():
    budget = Budget(Limits())
    assert budget.repeated(ToolCall("1", "find", {"a": 1, "b": 2})) == 1
    assert budget.repeated(ToolCall("2", "find", {"b": 2, "a": 1})) == 2
    assert budget.repeated(ToolCall("3", "find", {"a": 1})) == 1
    assert budget.repeated(ToolCall("4", "find", None, "{")) == 1


@pytest.mark.parametrize(
    ("question", "nearest"),
    [
        ("Which class represents a graph?", 0),
        ("How many functions are there?", 1),
        ("What does module arango.http import?", 2),
    ],
)
def test_the_example_most_like_the_question_comes_last(question, nearest):
    found = nearest_examples(SHOP, question, 2)
    assert len(found) == 2
    assert found[-1] is SHOP[nearest]


def test_no_examples_are_shown_when_none_are_wanted_or_there():
    assert nearest_examples(SHOP, "Which?", 0) == []
    assert nearest_examples((), "Which?", 3) == []


def test_an_example_without_an_answer_shows_the_call_alone():
    assert [message.role for message in example_messages(SHOP[:1])] == ["user", "assistant"]
    roles = [message.role for message in example_messages(SHOP[2:])]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert all(message.tool_calls == () for message in example_messages(SHOP))
