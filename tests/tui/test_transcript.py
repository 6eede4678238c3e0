"""The transcript shows what was said and done, in order, as it comes."""

import pytest
from textual.widgets import Markdown

from hades_mcp.messages import ToolCall, ToolResult
from hades_mcp.tui.widgets.transcript import Transcript

pytestmark = pytest.mark.anyio

CALL = ToolCall("1", "search", {"text": "graphs"})


async def test_pieces_become_one_answer(host, seen):
    transcript = Transcript()
    app = host(transcript)
    async with app.run_test() as pilot:
        await transcript.ask("What is a graph?")
        for piece in ("A **gra", "ph** has", " edges."):
            await transcript.write(piece)
        await transcript.settle()
        await pilot.pause()
        assert "What is a graph?" in seen(app)
        assert "A graph has edges." in seen(app)
        assert len(transcript.query(Markdown)) == 1


async def test_an_answer_that_did_not_stream_is_shown_when_it_is_known(host, seen):
    transcript = Transcript()
    app = host(transcript)
    async with app.run_test() as pilot:
        await transcript.settle("Whole at once.")
        await pilot.pause()
        assert "Whole at once." in seen(app)


async def test_text_that_turned_out_to_be_a_call_goes_away(host, seen):
    transcript = Transcript()
    app = host(transcript)
    async with app.run_test() as pilot:
        await transcript.write('```json\n{"name": "search"}\n```')
        await transcript.settle("")
        await transcript.add_call(CALL)
        await pilot.pause()
        assert '"name"' not in seen(app)
        assert not transcript.query(Markdown)
        assert 'search(text="graphs")' in seen(app)


async def test_a_call_is_shown_once_however_often_it_is_announced(host):
    transcript = Transcript()
    async with host(transcript).run_test():
        first = await transcript.add_call(CALL)
        assert await transcript.add_call(CALL) is first
        transcript.finish_call(ToolResult("1", "search", "{}"))
        assert await transcript.add_call(CALL) is not first  # servers use an id again


async def test_what_still_runs_when_a_run_is_stopped_says_so(host):
    transcript = Transcript()
    async with host(transcript).run_test():
        done = await transcript.add_call(CALL)
        transcript.finish_call(ToolResult("1", "search", "{}"))
        open_card = await transcript.add_call(ToolCall("2", "aql", {}))
        transcript.stop_calls()
        assert (done.state, open_card.state) == ("done", "stopped")


async def test_a_result_nobody_asked_for_is_ignored(host):
    transcript = Transcript()
    async with host(transcript).run_test():
        transcript.finish_call(ToolResult("9", "search", "{}"))
        assert not transcript.children


async def test_the_end_stays_in_sight_until_the_reader_scrolls_up(host):
    transcript = Transcript()
    async with host(transcript).run_test(size=(80, 10)) as pilot:
        for number in range(30):
            await transcript.note(f"line {number}")
        await pilot.pause()
        assert transcript.scroll_y == transcript.max_scroll_y > 0
        transcript.scroll_to(y=0, animate=False)
        await pilot.pause()
        await transcript.note("one more")
        await pilot.pause()
        assert transcript.scroll_y == 0


async def test_what_looks_like_markup_in_a_question_is_shown(host, seen):
    transcript = Transcript()
    app = host(transcript)
    async with app.run_test() as pilot:
        await transcript.ask("What is [bold]a[/bold] list [1,2]?")
        await pilot.pause()
        assert "What is [bold]a[/bold] list [1,2]?" in seen(app)
