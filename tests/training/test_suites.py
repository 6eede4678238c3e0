"""A suite is a list of questions whose answers a machine can check."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.messages import ToolCall
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.training.suites import (
    Case,
    ExpectedCall,
    Outcome,
    check,
    load_suite,
    parse_suite,
    suites,
)
from hades_mcp.types import JsonObject

ROOT = Path(__file__).parents[2]


def case(expect: dict[str, Any]) -> Case:
    line = {"id": "one", "question": "Where is it?", "expect": expect}
    return parse_suite(json.dumps(line).encode(), name="mine").cases[0]


def called(name: str, arguments: JsonObject | None) -> Outcome:
    return Outcome((ToolCall("1", name, arguments),), "")


SEARCH = case(
    {"kind": "call", "tool": "search", "arguments": {"text": ["graph"], "limit": [3, None]}}
)


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "graph", "limit": 3},
        {"text": "graph"},
        {"text": " GRAPH "},
        {"text": "graph", "limit": 3.0},
    ],
)
def test_an_accepted_value_is_right_however_it_is_spaced_or_cased(arguments):
    assert check(SEARCH, called("search", arguments)) == ""


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Outcome((), "It is here."), "did not call search"),
        (called("aql", {"text": "graph"}), "called aql instead of search"),
        (called("search", None), "arguments that are no JSON object"),
        (called("search", {"limit": 3}), "with text = null"),
        (called("search", {"text": "edges"}), 'with text = "edges"'),
        (called("search", {"text": "graph", "limit": True}), "with limit = true"),
        (called("search", {"text": "graph", "deep": 1}), "with deep = 1"),
    ],
)
def test_a_wrong_call_says_what_was_wrong(outcome, why):
    assert why in check(SEARCH, outcome)


def test_true_is_not_one():
    expect = {"kind": "call", "tool": "t", "arguments": {"n": [1]}}
    assert check(case(expect), called("t", {"n": True}))
    assert not check(case(expect), called("t", {"n": 1}))


def test_an_empty_list_accepts_any_value_but_not_none_at_all():
    free = case({"kind": "call", "tool": "search", "arguments": {"text": []}})
    assert check(free, called("search", {"text": "whatever"})) == ""
    assert "text" in check(free, called("search", {}))


def test_only_the_first_call_counts():
    right, wrong = ToolCall("1", "search", {"text": "graph"}), ToolCall("2", "aql", {})
    assert check(SEARCH, Outcome((right, wrong), "")) == ""
    assert check(SEARCH, Outcome((wrong, right), ""))


def test_an_answer_must_contain_every_text():
    answer = case({"kind": "answer", "contains": ["Paris", "Île de  France"]})
    assert check(answer, Outcome((), "It is PARIS, in the Île de France.")) == ""
    assert check(answer, Outcome((), "It is Paris.")) == "the answer lacks Île de  France"


def test_abstaining_means_no_call_at_all():
    abstain = case({"kind": "abstain"})
    assert check(abstain, Outcome((), "Hello!")) == ""
    assert check(abstain, called("search", {})) == "called search where no tool fits"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "has no case"),
        (b"\n  \n", "has no case"),
        (b"{", "line 1 is no case"),
        (b'{"id": "a", "question": "q"}', "line 1 is no case: expect: Field required"),
        (b'{"id": "a", "question": "q", "expect": {"kind": "cal"}}', "expect: Input tag 'cal'"),
        (b'{"id": "a", "question": "q", "expect": {"kind": "answer", "contains": []}}', "contains"),
        (b'{"id": "a", "question": "q", "expect": {"kind": "abstain"}, "x": 1}', "line 1 .*x: "),
        (
            b'{"id": "a", "question": "q", "expect": {"kind": "abstain"}}\n' * 2,
            "line 2 repeats the",
        ),
    ],
)
def test_a_line_that_is_no_case_is_named(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_suite(text, name="mine")


def test_a_suite_nobody_wrote_suggests_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'tool_calls'"):
        load_suite(tmp_path, "toolcalls")


def test_the_digest_is_of_the_file_so_that_one_changed_letter_is_another_suite():
    line = b'{"id": "a", "question": "q", "expect": {"kind": "abstain"}}'
    assert parse_suite(line, name="s").digest != parse_suite(line + b"\n", name="s").digest


def test_every_shipped_suite_loads(tmp_path):
    names = suites(tmp_path)
    assert "tool_calls" in names
    for name in names:
        assert load_suite(tmp_path, name).cases


@pytest.mark.parametrize("name", ["tool_calls", "abstention"])
def test_whatever_a_shipped_suite_expects_the_tools_accept(tmp_path, name):
    tools = {tool.name: tool for tool in BUILT_IN}
    for one in load_suite(tmp_path, name).cases:
        if isinstance(one.expect, ExpectedCall):
            model = tools[one.expect.tool].arguments
            given = {key: (values or ["any"])[0] for key, values in one.expect.arguments.items()}
            model.model_validate({key: value for key, value in given.items() if value is not None})


def test_the_shipped_suites_name_every_tool_once_at_least(tmp_path):
    expected = [one.expect for one in load_suite(tmp_path, "tool_calls").cases]
    asked = {one.tool for one in expected if isinstance(one, ExpectedCall)}
    assert asked == {tool.name for tool in BUILT_IN}


def test_the_line_that_the_folders_readme_shows_is_a_case():
    readme = (ROOT / "training" / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
    (one,) = parse_suite(shown.encode(), name="readme").cases
    assert check(one, called("search", {"text": "leases"})) == ""
