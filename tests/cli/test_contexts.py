"""`hades contexts` and `hades trust`, as a shell sees them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hades_mcp.config import load_settings
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Hades


@pytest.fixture
def remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HADES_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HADES_EMBEDDER", "hashing")
    with open_workspace(load_settings()) as workspace:
        workspace.contexts.add("trip", "deadline: Friday", role="user")
        workspace.contexts.add("trip", "deadline: Monday", role="user")
        return workspace.contexts.add("trip", "We fly to Lisbon.", role="user").id


def test_contexts_are_listed_and_shown(hades: Hades, remembered: str) -> None:
    assert "trip  3 entries (3 hot)" in hades("contexts", "list").out
    shown = hades("contexts", "show", "trip").out
    assert f"{remembered}  " in shown
    assert "trust 0.85" in shown
    assert "contradicts: deadline: Friday" in shown
    (best,) = hades("contexts", "show", "trip", "-q", "fly Lisbon", "-n", "1", "--json").rows
    assert best["content"] == "We fly to Lisbon."
    wrong = hades("contexts", "show", "tripp")
    assert (wrong.code, "Did you mean 'trip'?" in wrong.err) == (2, True)


def test_a_cleared_context_is_brought_back(hades: Hades, remembered: str) -> None:
    assert "3 entries forgotten  undo: " in hades("contexts", "clear", "trip").out
    assert hades("contexts", "show", "trip").code == 2
    assert "undone: " in hades("contexts", "undo").out
    assert "Lisbon" in hades("contexts", "show", "trip").out
    hades("contexts", "clear", "trip")
    assert "undone: " in hades("contexts", "undo", "trip").out
    assert "no recorded write 'trap'" in hades("contexts", "undo", "trap").err
    nothing = hades("contexts", "undo")
    assert (nothing.code, "nothing to undo" in nothing.err) == (2, True)


def test_an_exported_context_is_imported_under_another_name(
    hades: Hades, remembered: str, tmp_path: Path
) -> None:
    lines = hades("contexts", "export", "trip").out
    assert json.loads(lines.splitlines()[0]) == {"context": "trip", "format": 1}
    file = tmp_path / "trip.jsonl"
    file.write_text(lines, encoding="utf-8")
    assert (
        "copy: 3 entries added, 0 known" in hades("contexts", "import", file, "--name", "copy").out
    )
    assert "3 entries" in hades("contexts", "show", "copy").out


def test_a_context_is_given_a_time_to_live(hades: Hades, remembered: str) -> None:
    assert "for 60 seconds" in hades("contexts", "ttl", "trip", "60").out
    assert "kept for 60 s" in hades("contexts", "show", "trip").out


def test_what_a_time_to_live_makes_forget_is_said_and_comes_back(
    hades: Hades, remembered: str
) -> None:
    said = hades("contexts", "ttl", "trip", "0.001").out
    assert "; 3 older ones are forgotten  undo: " in said
    hades("contexts", "undo", "trip")
    assert "We fly to Lisbon." in hades("contexts", "show", "trip").out


def test_compacting_what_is_all_hot_does_nothing_and_says_so(hades: Hades, remembered: str) -> None:
    assert "nothing in trip is old enough" in hades("contexts", "compact", "trip").err


def test_without_a_model_compacting_says_who_must_act(
    hades: Hades, remembered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADES_MODEL_URL", "http://127.0.0.1:9/v1")
    with open_workspace(load_settings()) as workspace:
        for number in range(60):
            workspace.contexts.add("trip", f"We walked {number} miles, then rested")
    done = hades("contexts", "compact", "trip")
    assert done.code == 4
    assert "127.0.0.1:9" in done.err
    assert "cold" not in hades("contexts", "list").out


def test_what_is_doubtful_is_listed(hades: Hades, remembered: str) -> None:
    assert "nothing is below 0.7" in hades("trust").err
    with open_workspace(load_settings()) as workspace:
        for _ in range(3):
            workspace.feedback.give(remembered, helped=False)
    (listed,) = hades("trust").out.splitlines()
    assert listed.startswith("0.57  low+fell  context_entries/")
    assert listed.endswith("We fly to Lisbon.")


def test_facts_are_run_again_and_those_that_changed_are_listed(hades: Hades) -> None:
    assert "0 of 0" in hades("trust", "verify").err
    with open_workspace(load_settings()) as workspace:
        for says in ("There are 0 documents.", "We have 7 documents."):
            workspace.contexts.add("facts", says, source="aql: RETURN LENGTH(documents)")
    done = hades("trust", "verify")
    (listed,) = done.out.splitlines()
    assert listed.startswith("0.64  was 0.85  context_entries/")
    assert "1 of 2" in done.err
    assert "low+fell" in hades("trust").out
    shown = hades("contexts", "show", "facts").out
    assert "trust 0.89  verified  There are 0 documents." in shown
    assert "trust 0.64  query disagrees  We have 7 documents." in shown
