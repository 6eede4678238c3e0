"""The reader finds the calls of the corpus, and runs nothing that is only shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.corpus import FILES, FOLDER, Case, cases, ours, score, toolsets

from hades_mcp.agents.approval import ApprovalPolicy, decide
from hades_mcp.models.reading import ReplyStream, read

CORPUS = cases()
SEEN = [case for case in CORPUS if not case.held_out]
HELD_OUT = [case for case in CORPUS if case.held_out]
TOOLS = toolsets()["documents"]
CALLING = [case for case in SEEN if case.calls]

pieces = st.lists(st.integers(1, 40), min_size=1, max_size=12)


def test_the_corpus_is_as_large_as_promised():
    calling = [case for case in CORPUS if case.calls]
    assert len(calling) >= 300
    assert sum(case.real for case in CORPUS) >= 120
    assert len(CORPUS) - len(calling) >= 100
    assert len(HELD_OUT) >= len(CORPUS) // 4
    assert len({case.id for case in CORPUS}) == len(CORPUS)


def test_every_line_of_the_corpus_says_where_it_comes_from():
    for file in FILES:
        for line in (FOLDER / file).read_text(encoding="utf-8").splitlines():
            assert {"id", "origin", "tools", "reply", "calls"} <= set(json.loads(line))
    assert all(case.origin for case in CORPUS)


def test_the_calls_of_the_corpus_are_recovered_and_nothing_else_runs():
    result = score(SEEN)
    assert result.false_runs == 0, result.failures
    assert result.recovered >= 0.99 * result.asked, result.failures


def test_so_are_those_nobody_looked_at_while_tuning():
    result = score(HELD_OUT)
    assert result.false_runs == 0
    assert result.recovered >= 0.99 * result.asked, f"{result.recovered} of {result.asked}"


def test_what_was_read_from_text_asks_before_it_writes():
    writes = 0
    for case in CALLING:
        specs = {tool.name: tool for tool in case.tools}
        for call in read(case.reply, case.tools).calls:
            assert call.channel == "recovered"
            if not specs[call.name].annotations.read_only:
                rule = decide(call, specs[call.name], ApprovalPolicy(writes="auto")).rule
                assert rule == "ask"
                writes += 1
    assert writes > 20


def cut(text: str, sizes: list[int]) -> list[str]:
    """Return a text in pieces of some sizes, taken in turn."""
    found: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[len(found) % len(sizes)]
        found.append(text[at : at + size])
        at += size
    return found


@settings(deadline=None, max_examples=150)  # a busy machine is no failure
@given(st.sampled_from(CORPUS), pieces)
def test_a_reply_is_read_alike_wherever_it_is_cut(case: Case, sizes: list[int]):
    whole = ReplyStream(case.tools)
    first = whole.feed(case.reply)
    rest, reading = whole.finish()
    for texts in (cut(case.reply, sizes), cut_bytes(case.reply, sizes)):
        stream = ReplyStream(case.tools)
        shown = "".join(stream.feed(piece) for piece in texts)
        end, got = stream.finish()
        assert shown + end == first + rest
        assert [(c.name, c.arguments) for c in got.calls] == ours(case)
    assert reading.text == read(case.reply, case.tools).text


def cut_bytes(text: str, sizes: list[int]) -> list[bytes]:
    """Return a text's bytes in pieces that may end inside a character."""
    data, at = text.encode(), 0
    found: list[bytes] = []
    while at < len(data):
        size = sizes[len(found) % len(sizes)]
        found.append(data[at : at + size])
        at += size
    return found


@pytest.mark.parametrize("case", SEEN[::3], ids=lambda case: case.id)
def test_no_part_of_a_call_is_shown_as_text(case):
    stream = ReplyStream(case.tools)
    shown = "".join(stream.feed(character) for character in case.reply)
    rest, reading = stream.finish()
    assert shown + rest == reading.text


UNCUT = [case for case in CALLING if "</think>" not in case.reply or "<think>" in case.reply]


@pytest.mark.parametrize("case", UNCUT[::2], ids=lambda case: case.id)
def test_a_reply_that_was_cut_off_never_makes_half_a_call(case):
    whole = [*case.calls]
    for end in range(len(case.reply)):
        for call in read(case.reply[:end], case.tools).calls:
            assert (call.name, call.arguments) in whole, case.reply[:end]


def test_prose_is_shown_while_it_is_written():
    stream = ReplyStream(TOOLS)
    assert stream.feed("The answer is in [1], where a < b and `x` ") != ""
    assert stream.feed("is small.\n") != ""
    assert stream.feed('{"name": "sear') == ""
    rest, reading = stream.finish()
    assert rest == '{"name": "sear'
    assert reading.calls == ()


marks = st.sampled_from(
    [
        *("{", "}", "[", "]", '"', "'", "`", "```json\n", "```", "~~~", "> ", "<!--", "\n", " "),
        *("<think>", "</think>", "<tool_call>", "<function=search>", "<parameter=text>"),
        *("</function>", "search(", ")", 'text="x"', ",", ":", "=", "(", "\\", "\\u", "\\ud800"),
        *('"name": "search"', '"arguments": ', "Action: search\n", "Action Input: "),
        *("1", "true", "é", "“", "//", "/*", "#"),
    ]
)


@settings(deadline=None, max_examples=300)  # a busy machine is no failure
@given(st.lists(marks, max_size=40).map("".join))
def test_no_text_breaks_the_reader(text):
    for call in read(text, TOOLS).calls:
        json.dumps(call.arguments, ensure_ascii=False).encode()


@settings(deadline=None, max_examples=150)  # a busy machine is no failure
@given(
    st.lists(st.tuples(st.sampled_from(SEEN), st.integers(0, 300), st.integers(0, 300)), max_size=5)
)
def test_no_mixture_of_replies_breaks_the_reader(parts):
    text = "".join(case.reply[start : start + size] for case, start, size in parts)
    reading = read(text, TOOLS)
    assert reading.text == "" or reading.text[0] in text


HOSTILE = ['{"', "[{", "{{", "<think>", "```\n", '{"name":', '{"name":"search","arguments":{"q":"']
HOSTILE += ["<a>", "search(", "<function=search><parameter=text>", "{a:/*", '{"a":"\\"', "<!--"]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_megabyte_costs_less_than_a_step_a_character(pattern):
    text = pattern * (1_000_000 // len(pattern))
    reading = read(text, TOOLS)
    assert reading.calls == ()
    assert reading.steps <= len(text)


def test_a_long_reply_of_calls_is_read_to_its_end():
    lines = [json.dumps({"name": "search", "arguments": {"text": f"{i}"}}) for i in range(5000)]
    assert len(read("\n".join(lines), TOOLS).calls) == len(lines)
