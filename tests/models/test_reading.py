"""Calls are read from text, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.replies import CALLS, NOT_CALLS, TOOLS

from hades_mcp.models.reading import loads, read, resolve

KNOWN = {spec.name: spec for spec in TOOLS}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_written_as_text_is_read(name):
    text, wanted = CALLS[name]
    calls = read(text, TOOLS).calls
    assert [call.arguments for call in calls] == wanted
    assert {call.channel for call in calls} == {"recovered"}
    assert all(call.name in KNOWN for call in calls)
    assert len({call.id for call in calls}) == len(calls)


@pytest.mark.parametrize("name", NOT_CALLS)
def test_what_is_no_call_does_not_run(name):
    assert read(NOT_CALLS[name], TOOLS).calls == ()


def test_an_attempt_with_an_unknown_name_is_told_from_an_answer():
    assert read(NOT_CALLS["unknown tool"], ()).attempted
    assert read('{"name": "module_count", "arguments": {', ()).attempted
    assert read("<tool_call>\nsomething", ()).attempted
    assert not read('The document is {"name": "Ada", "born": 1815}.', ()).attempted
    assert not read(NOT_CALLS["plain answer"], ()).attempted
    assert not read(NOT_CALLS["an explanation"], ()).attempted
    assert not read(NOT_CALLS["only thought"], ()).attempted


@pytest.mark.parametrize("name", ["get", "books", "delete_books", "drop", ""])
def test_a_name_that_is_only_somewhat_alike_means_no_tool(name):
    assert resolve(name, KNOWN) is None


@settings(deadline=None)  # a busy machine is no failure
@given(st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=4), st.integers(0, 3))
def test_any_arguments_come_back_as_they_were_written(extra, shape):
    arguments = {"topic": "rivers", **extra}
    text = json.dumps({"name": "find_books", "arguments": arguments}, ensure_ascii=bool(shape % 2))
    wrapped = [text, f"```json\n{text}\n```", f"<tool_call>{text}</tool_call>", f"So: {text}"]
    calls = read(wrapped[shape], TOOLS).calls
    if "`" in text or "<" in text:  # marks of the wrapping itself may end it early
        assert all(call.name == "find_books" for call in calls)
    else:
        assert [call.arguments for call in calls] == [arguments]


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(alphabet='{}[]":, \\\n`<>=/atoolnmefc1', max_size=120))
def test_no_text_breaks_the_reader(text):
    read(text, TOOLS)
    read(text, ())
    loads(text)
