"""`hades eval` against a server that speaks the wire format, over real worlds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson
import pytest
from tests.cli.talker import talking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Hades

WALK = json.dumps(
    {
        "name": "graph_traverse",
        "arguments": {
            "start": "kiln.prices.total", "direction": "inbound", "edges": ["calls"],
        },
    }
)  # fmt: skip


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADES_EMBEDDER", "hashing")


@pytest.fixture
def model(request: pytest.FixtureRequest) -> Iterator[str]:
    with talking(*request.param) as server:
        yield server.url


@pytest.mark.parametrize(
    "model", [[WALK, "kiln.orders.place and kiln.report.receipt.", "Nobody knows."]], indirect=True
)
def test_a_suite_is_played_reported_and_resumed(hades: Hades, model: str, tmp_path: Path) -> None:
    options = (
        "eval", "--model-url", model, "--category", "graph-walk", "--limit", "1",
        "--out", tmp_path / "out",
    )  # fmt: skip
    done = hades(*options)
    assert done.code == 0
    assert "# wire-model on hades-bench" in done.out
    assert "| graph-walk | 1/1 | 100% |" in done.out
    found = orjson.loads((tmp_path / "out" / "report.json").read_bytes())
    (task,) = found["tasks"]
    assert task["id"] == "graph-walk-code-1"
    assert [call["name"] for call in task["calls"]] == ["graph_traverse"]
    again = hades(*options, "--json")
    assert again.rows == [found]


@pytest.mark.parametrize("model", [["I cannot send mail."]], indirect=True)
def test_a_plain_suite_is_played_over_an_empty_store(hades: Hades, model: str) -> None:
    done = hades("eval", "--model-url", model, "--suite", "abstention", "--limit", "2", "--json")
    assert done.code == 0
    assert done.rows[0]["summaries"][-1]["tasks"] == 2


@pytest.mark.parametrize(
    "model", [[WALK, "kiln.orders.place and kiln.report.receipt.", "Nobody knows."]], indirect=True
)
def test_two_runtimes_are_played_and_compared(hades: Hades, model: str, tmp_path: Path) -> None:
    options = ("eval", "--model-url", model, "--category", "graph-walk", "--limit", "1", "--out")
    assert hades(*options, tmp_path / "ours").code == 0
    plain = hades(*options, tmp_path / "plain", "--runtime", "plain", "--json")
    assert plain.rows[0]["made_of"]["runtime"] == "plain"
    assert plain.rows[0]["made_of"]["template"] == "not told"
    assert hades(*options, tmp_path / "ours", "--measures", "no-repair").code == 2
    out = tmp_path / "both"
    done = hades("eval", "compare", tmp_path / "ours", f"loop={tmp_path / 'plain'}", "--out", out)
    assert done.code == 0
    assert "| ours | 1/1 |" in done.out
    assert "| loop | 0/1 |" in done.out
    assert (out / "compare.md").read_text("utf-8").rstrip() == done.out.rstrip()
    assert "<svg" in (out / "compare.html").read_text("utf-8")


def test_a_measure_that_does_not_exist_names_the_nearest(hades: Hades) -> None:
    done = hades("eval", "--measures", "no-recoverey")
    assert done.code == 2
    assert "recovery" in done.err


def test_an_unknown_suite_or_category_names_the_nearest(hades: Hades) -> None:
    done = hades("eval", "--suite", "hades-bensch")
    assert done.code == 2
    assert "hades-bench" in done.err
    done = hades("eval", "--category", "graph-walks")
    assert done.code == 2
    assert "graph-walk" in done.err


def test_bfcl_without_its_data_says_how_to_get_it(hades: Hades, tmp_path: Path) -> None:
    done = hades("eval", "--suite", "bfcl", "--bfcl", tmp_path)
    assert done.code == 5
    assert "pip download --no-deps bfcl-eval" in done.err
