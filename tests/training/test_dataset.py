"""A dataset is whole or not there, the same for the same runs, and never on both sides."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.errors import ConfigError, InvalidArgument
from hades_mcp.training.dataset import SPLITS, export_dataset, split_of
from hades_mcp.training.recipe import DataRecipe

HALVES = DataRecipe(validation=0.25, test=0.25)


def rows(folder: Path, split: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]


def test_the_manifest_vouches_for_every_byte(store, tmp_path, run):
    for number in range(12):
        store.add(run(number))
    manifest = export_dataset(store, tmp_path / "data", HALVES)
    assert sum(file.rows for file in manifest.files.values()) == 24
    for split in SPLITS:
        content = (tmp_path / "data" / f"{split}.jsonl").read_bytes()
        assert manifest.files[split].sha256 == hashlib.sha256(content).hexdigest()
        assert {row["trace"] for row in rows(tmp_path / "data", split)} == set(
            manifest.traces[split]
        )
    assert manifest.made_under == {"prompt": (), "template": (), "contract": ("c0ffee",)}
    written = json.loads((tmp_path / "data" / "manifest.json").read_text())
    assert written["format"] == "hades-dataset/1"
    assert written["recipe"]["test"] == 0.25
    assert written["files"]["train"]["sha256"] == manifest.files["train"].sha256


def test_the_same_runs_make_the_same_dataset(store, tmp_path, run):
    for number in range(6):
        store.add(run(number))
    first = export_dataset(store, tmp_path / "one", HALVES)
    again = export_dataset(store, tmp_path / "two", HALVES)
    assert first == again


def test_a_session_is_never_on_both_sides(store, tmp_path, run):
    for number in range(24):
        store.add(run(number, session=f"talk-{number % 8}"))
    export_dataset(store, tmp_path / "data", HALVES)
    sides = [{row["session"] for row in rows(tmp_path / "data", split)} for split in SPLITS]
    assert all(sides)
    assert sum(len(side) for side in sides) == len(set().union(*sides)) == 8


def test_a_row_never_moves_when_runs_are_added(store, tmp_path, run):
    places = []
    for round_of in (range(8), range(8, 30)):
        for number in round_of:
            store.add(run(number))
        export_dataset(store, tmp_path / "data", HALVES)
        places.append({row["id"]: s for s in SPLITS for row in rows(tmp_path / "data", s)})
    assert places[0].items() <= places[1].items()
    assert len(places[1]) > len(places[0])


def test_what_is_not_taken_is_counted_by_reason(store, tmp_path, run):
    store.add(run(1))
    store.add(run(2, status="failed"))
    store.add(run(3, outcome={"score": 0.1}))
    store.add(run(4, status="failed"))
    manifest = export_dataset(store, tmp_path / "data")
    assert manifest.refused == {"its score is too low": 1, "the run is failed": 2}


def test_what_was_taught_once_is_not_taught_again(store, tmp_path, run):
    store.add(run(1, question="Same?"))
    copy = run(2, question="Same?", steps=run(1, question="Same?").steps)
    store.add(copy)
    manifest = export_dataset(store, tmp_path / "data")
    assert manifest.duplicates == 2
    assert manifest.refused == {"it teaches nothing new": 1}


def test_no_recorded_run_makes_an_empty_dataset(store, tmp_path):
    manifest = export_dataset(store, tmp_path / "deep" / "data")
    assert [manifest.files[split].rows for split in SPLITS] == [0, 0, 0]


def test_an_older_dataset_is_replaced_and_nothing_is_left_behind(store, tmp_path, run):
    store.add(run(1, session="a"))
    export_dataset(store, tmp_path / "out" / "data")
    store.add(run(2, session="a"))
    export_dataset(store, tmp_path / "out" / "data")
    assert sum(len(rows(tmp_path / "out" / "data", split)) for split in SPLITS) == 4
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["data"]


def test_a_folder_of_something_else_is_left_alone(store, tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.md").write_text("All I have.")
    with pytest.raises(InvalidArgument, match="not a dataset"):
        export_dataset(store, folder)
    with pytest.raises(InvalidArgument, match="not a dataset"):
        export_dataset(store, folder / "chapter.md")
    assert (folder / "chapter.md").read_text() == "All I have."


def test_a_folder_that_cannot_be_made_is_a_clear_error(store, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        export_dataset(store, tmp_path / "file" / "data")


@given(st.text(), st.floats(0, 0.5), st.floats(0, 0.49))
def test_a_larger_share_only_ever_takes_sessions_from_training(session, test, more):
    small, large = DataRecipe(test=test, validation=0), DataRecipe(test=test + more, validation=0)
    if split_of(session, small) == "test":
        assert split_of(session, large) == "test"


def test_the_shares_are_about_what_the_recipe_says():
    places = [split_of(f"session {number}") for number in range(4000)]
    assert places.count("test") == pytest.approx(400, abs=80)
    assert places.count("validation") == pytest.approx(400, abs=80)
