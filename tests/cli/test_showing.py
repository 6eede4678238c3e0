"""What a terminal is given: dimmed notes unless it wants no colour, and nothing it would obey."""

from __future__ import annotations

import io

import pytest
from tests.cli.talker import talking

from hades_mcp.cli.plain import LineChat
from hades_mcp.cli.showing import TextView, forgiving, note, plain, short
from hades_mcp.cli.talking import open_talk
from hades_mcp.config import load_settings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variable", "value", "dimmed"),
    [("TERM", "xterm", True), ("TERM", "dumb", False), ("NO_COLOR", "1", False)],
)
def test_notes_are_dimmed_where_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, dimmed: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    note("→ search()")
    assert screen.getvalue() == ("\x1b[2m  → search()\x1b[0m\n" if dimmed else "  → search()\n")


def test_nothing_is_shown_that_a_terminal_obeys_or_cannot_write() -> None:
    assert plain("a\x1b]0;title\x07b\rc\x9bd\n\te\ud83d") == "a]0;titlebcd\n\te?"
    assert short("one\n  two " * 100).endswith("…")


def test_input_that_is_no_text_does_not_end_a_piped_chat(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hades_mcp.agents.sessions import FILE, SessionStore

    monkeypatch.setenv("HADES_EMBEDDER", "hashing")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Caf\xe9?\n"), "utf-8"))
    forgiving()
    with talking('{"name": "schema", "arguments": {}}', "No caf.") as model:
        settings = load_settings(model_url=model.url, agent="analyst")
        with (
            SessionStore(settings.home / FILE) as store,
            open_talk(settings, store, agent=None, session="s", person=None) as talk,
        ):
            view = TextView(live=False, quiet=True)
            assert LineChat(talk, store, view, at_terminal=False).run() == 0
            assert [turn.question for turn in store.get("s").turns] == ["Caf\ufffd?"]
    assert capsys.readouterr().err == ""
