"""Reports of the same tasks are set side by side, and what is not comparable is refused."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import ConfigError, InvalidArgument
from hades_mcp.training.evaluation.comparing import (
    Comparison,
    Contestant,
    compared,
    contestant,
    mcnemar,
    read_contestant,
)
from hades_mcp.training.evaluation.playing import Attempt
from hades_mcp.training.evaluation.reporting import Report
from hades_mcp.training.evaluation.running import Conditions

if TYPE_CHECKING:
    from pathlib import Path


def report(solved: str, *, digest: str = "ab", invalid: int = 0) -> Report:
    """Return a report of six tasks; those whose letters are given were solved."""
    made = Conditions("hades-bench", digest, "tiny", "librarian", {"runtime": "plain"})
    call = {"name": "search", "arguments": {}, "ok": True, "channel": "native"}
    attempts = tuple(
        Attempt(
            f"{category}-{letter}", category, "" if letter in solved else "the answer lacks <b>",
            calls=(call,), stop="answered", steps=1, prompt_tokens=90, completion_tokens=10,
            seconds=2.0, invalid=invalid,
        )
        for category, letters in (("read", "abc"), ("walk", "def"))
        for letter in letters
    )  # fmt: skip
    return Report(made, attempts)


def of(name: str, solved: str, *, digest: str = "ab", invalid: int = 0) -> Contestant:
    return contestant(name, report(solved, digest=digest, invalid=invalid).json())


def test_the_test_is_mcnemars_exact_one():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(10, 2) == pytest.approx(2 * (1 + 12 + 66) / 4096)
    assert mcnemar(2, 10) == mcnemar(10, 2)
    assert mcnemar(0, 6) == pytest.approx(2 / 64)


def test_two_are_compared_on_the_tasks_that_both_played():
    pair = compared(of("one", "abe"), of("two", "bcdf"))
    assert (pair.tasks, pair.only_first, pair.only_second) == (6, 2, 3)
    short = Contestant("short", ("s", "d"), "m", (), {"read-a": True, "other": True})
    pair = compared(of("one", "b"), short)
    assert (pair.tasks, pair.only_first, pair.only_second) == (1, 0, 1)


def test_a_comparison_shows_all_in_all_writings():
    found = Comparison((of("plain", "a"), of("ours", "abcdef"), of("third", "", invalid=2)))
    text = found.markdown()
    assert "| plain | 1/6 | 17% |" in text
    assert "| third | 0/6 | 0% |" in text
    assert "| 12 | 100 | 2.0 |" in text
    assert "| read | 1/3 (6% to 79%) | 3/3 (44% to 100%) | 0/3 (0% to 56%) |" in text
    assert "| plain | ours | 6 | 0 | 5 | 0.062 |" in text
    page = found.html()
    for chart in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(chart)
    assert "<td>1/6</td>" in page
    rows = found.json()
    assert len(rows["pairs"]) == 3
    assert rows["contestants"][2]["invalid"] == 12


def test_a_report_is_read_from_its_file_or_folder_and_named_after_it(tmp_path: Path):
    folder = tmp_path / "run-1"
    folder.mkdir()
    report("ab").write(folder)
    read = read_contestant(folder)
    assert read == read_contestant(folder / "report.json")
    assert (read.name, read.total.solved) == ("run-1", 2)
    assert read_contestant(folder, "ours").name == "ours"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "hades-evaluation/0"}'])
def test_what_is_no_report_is_refused(text, tmp_path: Path):
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="no report"):
        read_contestant(path)
    with pytest.raises(ConfigError, match="no report"):
        read_contestant(tmp_path / "nothing.json")


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InvalidArgument, match="two reports"):
        Comparison((of("one", "a"),))
    with pytest.raises(InvalidArgument, match="same name"):
        Comparison((of("one", "a"), of("one", "b")))
    with pytest.raises(InvalidArgument, match="hades-bench cd"):
        Comparison((of("one", "a"), of("two", "b", digest="cd")))
