"""Only runs worth learning from are learned from, and every other says why not."""

from dataclasses import replace

import pytest

from hades_mcp.training.recipe import DataRecipe
from hades_mcp.training.select import recorded, refusal

RECIPE = DataRecipe(minimum_score=0.5)


def test_a_finished_run_is_taken(run):
    assert refusal(run(1), RECIPE) == ""


@pytest.mark.parametrize("status", ["running", "failed", "cancelled", "interrupted"])
def test_a_run_that_did_not_finish_is_not(status, run):
    assert refusal(run(1, status=status), RECIPE) == f"the run is {status}"


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        ({"score": 1}, ""),
        ({"score": 0.5}, ""),
        ({"score": 0.49}, "its score is too low"),
        ({"score": 0}, "its score is too low"),
        ({"score": True}, "nobody has scored it"),
        ({"score": "good"}, "nobody has scored it"),
        ({}, "nobody has scored it"),
    ],
)
def test_the_score_decides(outcome, why, run):
    assert refusal(run(1, outcome=outcome), replace(RECIPE, unscored=False)) == why


def test_calls_from_outside_teach_nothing(run):
    trace = run(1)
    outside = replace(trace, header=replace(trace.header, kind="calls"))
    assert refusal(outside, RECIPE).startswith("calls from outside")


@pytest.mark.parametrize("reason", ["steps", "repeated", "failed"])
def test_a_run_that_hit_a_limit_is_not_taken(reason, run):
    assert refusal(run(1, outcome={"stop_reason": reason}), RECIPE).endswith(reason)
    assert refusal(run(1, outcome={"stop_reason": "answered"}), RECIPE) == ""


def test_a_run_whose_words_were_not_kept_teaches_nothing(run):
    trace = run(1)
    mute = replace(trace, header=replace(trace.header, hades={"content": False}))
    assert refusal(mute, RECIPE) == "its words were not kept"


def test_traces_come_oldest_first(store, run):
    for number in (3, 1, 2):
        store.add(run(number))
    assert [trace.id for trace in recorded(store)] == [f"{n:032x}" for n in (1, 2, 3)]
