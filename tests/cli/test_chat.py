"""`hades chat --plain` in a pipe and at a real terminal: what is shown, asked, kept, cancelled."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.talker import FOREVER, Talker, talking

from hades_mcp.agents.sessions import FILE, SessionStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Done, Hades

SEARCH = json.dumps({"name": "search", "arguments": {"text": "honey"}})
SCHEMA = json.dumps({"name": "schema", "arguments": {}})
WRITE = json.dumps(
    {"name": "context_add", "arguments": {"context": "notes", "content": "Bees are kind."}}
)


@pytest.fixture
def model(request: pytest.FixtureRequest) -> Iterator[Talker]:
    with talking(*request.param) as server:
        yield server


def replies(*texts: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("model", [texts], indirect=True)


@pytest.fixture(autouse=True)
def _something_is_stored(hades: Hades, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over an empty store the librarian says that there is nothing."""
    monkeypatch.setenv("HADES_EMBEDDER", "hashing")
    hades("ingest", notes)


def chat(hades: Hades, model: Talker, stdin: str, *more: str) -> Done:
    return hades("chat", "--plain", "--model-url", model.url, *more, stdin=stdin)


def questions(home: Path, session: str) -> list[str]:
    with SessionStore(home / "home" / FILE) as store:
        return [one.question for one in store.get(session).turns]


@replies(SEARCH, "Bees.", SEARCH, "In a hive.")
def test_each_line_is_a_question_and_only_answers_come_out(
    hades: Hades, model: Talker, tmp_path: Path
):
    done = chat(hades, model, "Who makes honey?\n\nWhere do they live?", "--session", "bees")
    assert (done.code, done.out) == (0, "Bees.\nIn a hive.\n")
    assert "> " not in done.err
    assert "→ search(" in done.err
    users = [one["content"] for one in model.sent(3) if one["role"] == "user"]
    assert users[-2:] == ["Who makes honey?", "Where do they live?"]
    assert questions(tmp_path, "bees") == ["Who makes honey?", "Where do they live?"]


@replies(SEARCH, "Bees.", SEARCH, "In a hive.")
def test_ask_and_chat_share_sessions(hades: Hades, model: Talker, tmp_path: Path):
    hades("ask", "Who makes honey?", "--session", "bees", "--model-url", model.url)
    done = chat(hades, model, "Where?\n", "--session", "bees", "--quiet")
    assert (done.out, done.err) == ("In a hive.\n", "")
    assert questions(tmp_path, "bees") == ["Who makes honey?", "Where?"]


@replies(SEARCH, "Bees.")
def test_a_chat_that_nobody_named_is_kept_too(hades: Hades, model: Talker, tmp_path: Path):
    chat(hades, model, "Who makes honey?\n")
    with SessionStore(tmp_path / "home" / FILE) as store:
        (kept,) = store.list()
    assert kept.name.startswith("chat-")
    assert kept.title == "Who makes honey?"


@replies(SEARCH, "One.", SEARCH, "Two.", SCHEMA, "Three.", SEARCH, "Four.")
def test_commands_change_session_and_agent(hades: Hades, model: Talker, tmp_path: Path):
    lines = (
        "A?", "/new b", "B?", "/agent analyst", "B again?", "/session a", "/agent", "/session",
        "A again?", "/exit", "Never asked?",
    )  # fmt: skip
    done = chat(hades, model, "\n".join(lines), "--session", "a")
    assert done.out == "One.\nTwo.\nThree.\nFour.\n"
    assert questions(tmp_path, "a") == ["A?", "A again?"]
    assert questions(tmp_path, "b") == ["B?", "B again?"]
    assert "* librarian" in done.err  # the agent that session a has
    assert "* a  1 turns  A?" in done.err
    with SessionStore(tmp_path / "home" / FILE) as store:
        assert [one.agent for one in store.get("b").turns] == ["librarian", "analyst"]


@replies(SEARCH, "It is a file.")
def test_a_path_is_a_question(hades: Hades, model: Talker):
    assert chat(hades, model, "/etc/hosts is what?\n").out == "It is a file.\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/hlep", "Did you mean 'help'?"),
        ("/agent libarian", "Did you mean 'librarian'?"),
        ("/new taken", "`/session taken` goes on with it"),
    ],
)
@replies(SEARCH, "One.")
def test_a_wrong_command_ends_a_piped_chat_with_a_way_out(
    hades: Hades, model: Talker, line: str, words: str
):
    chat(hades, model, "One?\n", "--session", "taken")
    done = chat(hades, model, f"{line}\nNever asked?\n")
    assert (done.code, done.out) == (2, "")
    assert words in done.err


@replies(SEARCH)
def test_a_question_without_an_answer_shows_in_the_exit_code(hades: Hades, model: Talker):
    assert chat(hades, model, "Who?\n/exit\n").code == 1


@replies(WRITE, "Not noted.", WRITE, "Noted.")
def test_in_a_pipe_writes_run_only_by_yes(hades: Hades, model: Talker):
    assert "nobody to ask" in chat(hades, model, "Remember.\n").err
    assert hades("contexts", "list", "--json").rows == []
    chat(hades, model, "Remember.\n", "--yes")
    assert len(hades("contexts", "list", "--json").rows) == 1


def test_help_names_every_command(hades: Hades):
    with talking("") as model:
        done = chat(hades, model, "/help\n")
    for command in ("help", "new", "session", "agent", "exit"):
        assert f"/{command} " in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_at_a_terminal_a_person_chats_allows_cancels_and_leaves(hades: Hades, tmp_path: Path):
    from tests.cli.terminal import CTRL_C, CTRL_D, Terminal

    going_on = threading.Event()
    text: list[Any] = [
        SEARCH, ["Bees make ", going_on, "it."],
        WRITE, "As you wish.",
        WRITE, "Noted.",
        WRITE, "Noted again.",
        SEARCH, FOREVER,
        SEARCH, "In a hive.",
    ]  # fmt: skip
    arguments = ("chat", "--plain", "--session", "bees")
    with talking(*text) as model, Terminal(*arguments, "--model-url", model.url) as terminal:
        terminal.sees(r"librarian on wire-model · session bees · .*\n> ")
        terminal.type("Who makes honey?\n")
        terminal.sees(r"Who makes honey\?\n.*\n  → search[^\n]*\n[^\n]*\nBees make")
        going_on.set()  # it was seen before the rest was said
        assert "\x1b[" not in terminal.sees(r"^ it\.\n  answered after [^\n]*\n> ")
        terminal.type("Remember.\n")
        assert "content: Bees are kind." in terminal.sees(r"\[y\]es.*: ")
        terminal.type("what?\n")
        terminal.sees(r"\[y\]es.*: ")
        terminal.type("n\n")
        terminal.sees(r"As you wish\.\n.*\n> ")
        terminal.type("Do remember.\n")
        terminal.sees(r"\[t\]ool.*: ")
        terminal.type("t\n")
        terminal.sees(r"Noted\.\n.*\n> ")
        terminal.type("And this.\n")  # the tool is allowed from now on
        assert "[y]es" not in terminal.sees(r"Noted again\.\n.*\n> ")
        terminal.type("Where do they live?\n")
        terminal.sees("and on on")
        terminal.type(CTRL_C)
        terminal.sees(r"hades: Cancelled\.\n> ")
        assert model.left.wait(60)
        terminal.type("half a line")
        terminal.sees("half a line")  # Python hears a Ctrl-C late that comes before it reads
        terminal.type(CTRL_C)
        terminal.sees(r"Ctrl-D leaves\.\n> ")
        terminal.type("/agnet\n")
        terminal.sees(r"Did you mean 'agent'\?\n> ")
        terminal.type("Where?\n")
        terminal.sees(r"In a hive\.\n.*\n> ")
        terminal.type(CTRL_D)
        terminal.sees(r"hades chat --plain --session bees goes on with this")
        assert terminal.ends() == 0
    assert questions(tmp_path, "bees") == [
        "Who makes honey?", "Remember.", "Do remember.", "And this.", "Where?",
    ]  # fmt: skip
    typed = (tmp_path / "home" / "chat-history").read_text()
    assert typed.splitlines()[-1] == "Where?"
    assert (tmp_path / "home" / "chat-history").stat().st_mode & 0o077 == 0
    statuses = [trace["status"] for trace in hades("traces", "list", "--json").rows]
    assert statuses.count("cancelled") == 1
