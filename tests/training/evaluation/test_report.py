"""An evaluation is summed up, resumed and written so that anybody can read it offline."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import orjson
import pytest

from hades_mcp.errors import ConfigError, InvalidArgument, Unavailable
from hades_mcp.training.evaluation.playing import Attempt
from hades_mcp.training.evaluation.reporting import Report
from hades_mcp.training.evaluation.running import ATTEMPTS, Conditions, Journal, evaluate_all
from hades_mcp.training.evaluation.statistics import summaries, wilson

MADE_UNDER = Conditions("hades-bench", "ab" * 32, "tiny", "librarian", {"hades": "0"})


def attempt(name: str, why: str = "", **more: Any) -> Attempt:
    call = {"name": "search", "arguments": {}, "ok": not why, "channel": "native"}
    values: dict[str, Any] = {
        "answer": f"Answer to {name}.", "calls": (call,), "stop": "answered", "steps": 2,
        "prompt_tokens": 100, "cached_tokens": 60, "completion_tokens": 10, "seconds": 2.0,
    }  # fmt: skip
    return Attempt(name, name.partition("-")[0], why, **(values | more))


ATTEMPTED = (
    attempt("walk-1"),
    attempt("walk-2", "the answer lacks <b>", seconds=4.0),
    attempt("read-1", "secret reason", split="held-out"),
)


def test_the_interval_is_wilsons():
    low, high = wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == 1.0
    assert wilson(0, 0) == (0.0, 1.0)


def test_each_category_is_summed_up_and_all_together():
    read, walk, everything = summaries(ATTEMPTED)
    assert (read.category, walk.category, everything.category) == ("read", "walk", "all")
    assert (walk.solved, walk.tasks, walk.share) == (1, 2, 0.5)
    assert (walk.calls, walk.valid, walk.channels) == (2, 1, {"native": 2})
    assert (walk.tokens, walk.cached, walk.seconds, walk.slowest) == (50.0, 0.6, 3.0, 4.0)
    assert everything.tasks == 3


def test_the_three_writings_agree(tmp_path):
    report = Report(MADE_UNDER, ATTEMPTED)
    paths = report.write(tmp_path)
    assert [path.name for path in paths] == ["report.json", "report.md", "report.html"]
    found = orjson.loads(paths[0].read_bytes())
    assert found["format"] == "hades-evaluation/1"
    assert found["summaries"][-1]["solved"] == 1
    assert found["splits"]["held-out"]["tasks"] == 1
    assert "| walk | 1/2 | 50% |" in paths[1].read_text()
    assert "<td>1/2</td><td>50%</td>" in paths[2].read_text()


def test_the_page_is_well_formed_and_asks_the_network_for_nothing():
    page = Report(MADE_UNDER, ATTEMPTED).html()
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) == 3
    for chart in charts:
        ET.fromstring(chart)
    outside = re.sub(r'xmlns="[^"]+"', "", page)
    assert not re.search(r"https?://|src=|href=|@import|url\(", outside)
    assert "lacks &lt;b&gt;" in page


def test_of_held_out_tasks_no_answer_and_no_reason_is_shown():
    report = Report(MADE_UNDER, ATTEMPTED)
    for text in (orjson.dumps(report.json()).decode(), report.markdown(), report.html()):
        assert "secret reason" not in text
        assert "Answer to read-1" not in text


def test_what_is_held_out_is_not_even_kept_in_the_journal(tmp_path):
    journal = Journal(tmp_path, MADE_UNDER)
    for one in ATTEMPTED:
        journal.keep(one)
    text = (tmp_path / ATTEMPTS).read_text()
    assert "secret reason" not in text
    assert "Answer to read-1" not in text
    assert "Answer to walk-1" in text
    again = Journal(tmp_path, MADE_UNDER).done
    assert summaries(tuple(again.values())) == summaries(ATTEMPTED)


@pytest.mark.anyio
async def test_an_evaluation_that_was_killed_goes_on_where_it_stopped(tmp_path):
    played: list[str] = []

    async def play(name: str) -> Attempt:
        played.append(name)
        if name == "c-1" and played.count(name) == 1:
            raise KeyboardInterrupt
        return attempt(name)

    with pytest.raises(KeyboardInterrupt):
        await evaluate_all(["a-1", "b-1", "c-1"], play, Journal(tmp_path, MADE_UNDER))
    with (tmp_path / ATTEMPTS).open("ab") as file:
        file.write(b'{"id": "c-1", "categ')  # the line it was writing
    found = await evaluate_all(["a-1", "b-1", "c-1"], play, Journal(tmp_path, MADE_UNDER))
    assert played == ["a-1", "b-1", "c-1", "c-1"]
    assert found == [attempt("a-1"), attempt("b-1"), attempt("c-1")]


@pytest.mark.anyio
async def test_what_broke_off_is_played_again(tmp_path):
    journal = Journal(tmp_path, MADE_UNDER)
    journal.keep(attempt("a-1", "the run broke off", stop="error"))

    async def play(name: str) -> Attempt:
        return attempt(name)

    assert await evaluate_all(["a-1"], play, Journal(tmp_path, MADE_UNDER)) == [attempt("a-1")]


@pytest.mark.anyio
async def test_a_server_that_is_gone_ends_the_evaluation_and_loses_nothing(tmp_path):
    names = [f"a-{number}" for number in range(9)]

    async def play(name: str) -> Attempt:
        gone = name >= "a-4"
        return attempt(name, "the run broke off", stop="error") if gone else attempt(name)

    with pytest.raises(Unavailable, match="3 tasks in a row broke off"):
        await evaluate_all(names, play, Journal(tmp_path, MADE_UNDER))
    assert list(Journal(tmp_path, MADE_UNDER).done) == names[:7]


@pytest.mark.anyio
async def test_what_a_server_that_is_there_fails_at_twice_is_not_solved(tmp_path):
    played: list[str] = []

    async def play(name: str) -> Attempt:
        played.append(name)
        once = name == "b-1" and played.count(name) > 1
        return attempt(name) if once else attempt(name, "the run broke off", stop="error")

    async def there() -> bool:
        return True

    names = ["a-1", "b-1", "c-1", "d-1", "e-1"]
    journal = Journal(tmp_path, MADE_UNDER)
    found = await evaluate_all(names, play, journal, alive=there)
    assert [one.stop for one in found] == ["refused", "answered", "refused", "refused", "refused"]
    assert [one.solved for one in found] == [False, True, False, False, False]
    count = len(played)
    await evaluate_all(names, play, Journal(tmp_path, MADE_UNDER), alive=there)
    assert len(played) == count


def test_attempts_made_under_other_conditions_never_mix(tmp_path):
    Journal(tmp_path, MADE_UNDER)
    other = Conditions("hades-bench", "cd" * 32, "tiny", "librarian", {"hades": "0"})
    with pytest.raises(InvalidArgument, match="other conditions"):
        Journal(tmp_path, other)


def test_a_file_that_is_no_evaluation_is_left_alone(tmp_path):
    (tmp_path / ATTEMPTS).write_text("my diary\n")
    with pytest.raises(ConfigError, match="is no evaluation"):
        Journal(tmp_path, MADE_UNDER)
    assert (tmp_path / ATTEMPTS).read_text() == "my diary\n"
