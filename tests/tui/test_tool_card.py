"""A card shows a call, how it stands, and what came back, whatever characters are in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.messages import ToolCall, ToolResult
from hades_mcp.tui.widgets.tool_card import MARKS, ToolCard, call_line, pretty_json, size_of

pytestmark = pytest.mark.anyio

CALL = ToolCall("1", "search", {"text": "graphs", "limit": 3})


def test_a_call_is_one_line():
    assert call_line(CALL) == 'search(text="graphs", limit=3)'


def test_a_call_that_was_no_json_shows_the_models_own_words():
    assert call_line(ToolCall("1", "search", None, '{"text":\n whe')) == 'search({"text": whe)'


@given(st.dictionaries(st.text(), st.text()))
def test_a_line_never_breaks(arguments):
    assert len(call_line(ToolCall("1", "t", arguments)).splitlines()) == 1


@given(st.text())
def test_text_that_is_no_json_is_shown_as_it_is(text):
    assert pretty_json("~" + text) == "~" + text


def test_sizes_are_read_at_a_glance():
    assert size_of("x" * 9_999) == "9999 characters"
    assert size_of("x" * 12_345) == "12k characters"


async def test_a_running_call_is_folded_and_says_so(host, seen):
    app = host(ToolCard(CALL))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert '… search(text="graphs", limit=3)' in seen(app)
        assert '"limit": 3' not in seen(app)


async def test_enter_unfolds_arguments_and_result(host, seen):
    card = ToolCard(CALL)
    app = host(card)
    async with app.run_test() as pilot:
        card.finish(ToolResult("1", "search", '{"hits":[{"id":"notes/7"}]}'))
        await pilot.press("tab", "enter")
        await pilot.pause()
        shown = seen(app)
    assert '✓ search(text="graphs", limit=3)  27 characters' in shown
    assert '"limit": 3' in shown
    assert '"id": "notes/7"' in shown


async def test_a_failure_unfolds_by_itself(host, seen):
    card = ToolCard(CALL)
    app = host(card)
    async with app.run_test() as pilot:
        card.finish(ToolResult("1", "search", "There is no argument 'limt'.", is_error=True))
        await pilot.pause()
        assert "✗ search" in seen(app)
        assert "There is no argument 'limt'." in seen(app)


@pytest.mark.parametrize(
    "text", ["[bold]x[/bold]", "[/]", "[link='a", "\\", "[@click=app.quit]x[/]"]
)
async def test_what_looks_like_markup_is_shown_and_not_obeyed(host, seen, text):
    card = ToolCard(ToolCall("1", "t", None, text))
    app = host(card)
    async with app.run_test() as pilot:
        card.finish(ToolResult("1", "t", text, is_error=True))
        await pilot.pause()
        assert seen(app).count(text) == 3


async def test_every_state_has_a_sign_and_a_class(host, seen):
    card = ToolCard(CALL)
    app = host(card)
    async with app.run_test() as pilot:
        for state, mark in MARKS.items():
            card.show(state)
            await pilot.pause()
            assert f"{mark} search" in seen(app)
            assert [one for one in MARKS if card.has_class(f"-{one}")] == [state]
