"""The untuned 0.5B in a real terminal's commands: texts from pipes, sessions, streaming, Ctrl-C."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from hades_mcp.agents.sessions import FILE, SessionStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Hades

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _server(model_url: str, monkeypatch: pytest.MonkeyPatch, hades: Hades, notes: Path) -> None:
    monkeypatch.setenv("HADES_MODEL_URL", model_url)
    monkeypatch.setenv("HADES_MODEL_TIMEOUT", "600")
    hades("ingest", notes)


def test_a_piped_text_is_read_and_not_looked_up(hades: Hades) -> None:
    letter = "Karl: the hives froze last night. Please order forty frames by Friday.\n"
    done = hades("ask", "What does Karl want?", stdin=letter)
    assert done.code == 0
    assert "forty frames" in done.out
    assert "→" not in done.err


def test_the_second_turn_of_a_session_is_read_from_the_cache(hades: Hades) -> None:
    hades("ask", "Which document is about bees?", "--session", "bees")
    done = hades("ask", "And about rails?", "--session", "bees", "--json")
    usage = done.rows[-1]["usage"]
    assert usage["cached_tokens"] >= 0.8 * usage["prompt_tokens"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_a_person_chats_cancels_and_goes_on(hades: Hades, tmp_path: Path) -> None:
    from tests.cli.terminal import CTRL_C, CTRL_D, Terminal

    with Terminal("chat", "--plain", "--session", "real", patience=600) as terminal:
        terminal.sees(r"Ctrl-D leaves\n> ")
        terminal.type("Which document is about bees?\n")
        terminal.sees(r"→ ")
        terminal.type(CTRL_C)
        terminal.sees(r"Cancelled\.\n> ")
        terminal.type("Which document is about bees?\n")
        terminal.sees(r"traces show \w+\n> ")
        terminal.type(CTRL_D)
        assert terminal.ends() == 0
    with SessionStore(tmp_path / "home" / FILE) as store:
        (turn,) = store.get("real").turns
    assert turn.answer
    assert turn.model == "qwen2.5-coder-0.5b"
    statuses = [row["status"] for row in hades("traces", "list", "--json").rows]
    assert sorted(statuses) == ["cancelled", "finished"]
