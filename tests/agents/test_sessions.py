"""Conversations are kept to the byte, a turn at a time, each user's own, whoever is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hades_mcp.agents.sessions import FILE, Session, SessionStore, Turn, added, checked, new_name
from hades_mcp.errors import (
    ConfigError,
    Conflict,
    InvalidArgument,
    NotFound,
    Unavailable,
    UnknownName,
)
from hades_mcp.messages import Message, ToolCall
from hades_mcp.services.callers import CALLER, Principal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALL = ToolCall("c1", "search", {"text": "bees", "n": 2**70, "x": [1.5, None]}, "{…}", "recovered")
TALK = (
    Message("system", "You look things up."),
    Message("user", "Bees? My key is sk-abcdefghijklmnop1234."),
    Message("assistant", "", (CALL,)),
    Message("tool", '{"hits": []}', tool_call_id="c1", name="search"),
    Message("assistant", "No bees; half a pair: \ud83d."),
)


def turn(question: str = "Bees?", answer: str = "No bees.", **more: object) -> Turn:
    messages = (Message("user", question), Message("assistant", answer))
    return Turn(question, answer, messages, **more)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / FILE


@pytest.fixture
def store(path: Path) -> Iterator[SessionStore]:
    with SessionStore(path) as opened:
        yield opened


def names(store: SessionStore, *search: str, deleted: bool = False) -> list[str]:
    return [one.name for one in store.list(*search, deleted=deleted)]


def test_what_the_model_saw_comes_back_to_the_byte_secrets_too(store: SessionStore, path: Path):
    store.append(store.open("bees"), Turn("Bees?", "No \ud83d.", TALK, "librarian", trace_id="t1"))
    with SessionStore(path) as again:
        session = again.open("bees")
    assert session.history == TALK
    assert session.agent == "librarian"
    assert session.turns[0].trace_id == "t1"
    assert session.turns[0].at.endswith("Z")


def test_a_name_nobody_used_is_a_new_chat_and_nothing_is_stored_yet(store: SessionStore):
    assert store.open("new").turns == ()
    assert store.open("new").agent == ""
    assert store.list() == ()


def test_turns_follow_each_other(store: SessionStore):
    session = store.append(store.open("bees"), turn("One?"))
    session = store.append(session, turn("Two?"))
    assert [one.question for one in store.get("bees").turns] == ["One?", "Two?"]
    assert [one.content for one in session.history] == ["One?", "No bees.", "Two?", "No bees."]


def test_a_compacted_turn_takes_the_place_of_what_was_before(store: SessionStore):
    session = store.append(store.open("bees"), turn("One?"))
    session = store.append(session, turn("Two?", restarts=True))
    session = store.append(session, turn("Three?"))
    asked = [one.content for one in session.history if one.role == "user"]
    assert asked == ["Two?", "Three?"]
    assert len(session.turns) == 3


def test_a_history_begins_with_the_examples_of_who_answered_it_whole(store: SessionStore):
    session = store.append(store.open("bees"), turn("One?", answered_by="analyst"))
    assert store.append(session, turn("Two?", answered_by="scribe")).opener == "analyst"
    assert store.append(session, turn(answered_by="scribe", restarts=True)).opener == "scribe"
    assert store.open("new").opener == ""


def test_a_run_adds_what_comes_after_its_history():
    assert added((), TALK) == (TALK, False)
    assert added(TALK[:2], TALK) == (TALK[2:], False)
    other = (Message("system", "Another agent."), *TALK[1:])
    assert added(TALK[:3], other) == (TALK[3:], False)
    shorter = (TALK[0], Message("user", "In short."), *TALK[3:])
    assert added(TALK[:3], shorter) == (shorter, True)


def test_sessions_are_listed_the_last_changed_first_and_found_by_what_was_said(store: SessionStore):
    store.append(store.open("old"), turn("Where do ÖLE come from?", at="2026-01-01T00:00:00.000Z"))
    store.append(store.open("new"), turn(answer="100% rails", at="2026-01-02T00:00:00.000Z"))
    assert names(store) == ["new", "old"]
    assert names(store, "öle") == ["old"]
    assert names(store, "100%") == ["new"]
    assert names(store, "NEW") == ["new"]
    assert names(store, "_") == []
    assert store.list("rails")[0].title == "Bees?"
    assert store.list(limit=1)[0].turns == 1


def test_a_session_is_its_users_and_nobody_elses(store: SessionStore):
    store.append(store.open("mine"), turn())
    token = CALLER.set(Principal("somebody else"))
    try:
        assert store.list() == ()
        assert store.open("mine").turns == ()
        for forbidden in (store.get, store.delete):
            with pytest.raises(UnknownName):
                forbidden("mine")
        store.append(store.open("mine"), turn("Theirs?"))
        assert [one.question for one in store.get("mine").turns] == ["Theirs?"]
    finally:
        CALLER.reset(token)
    assert [one.question for one in store.get("mine").turns] == ["Bees?"]


def test_an_agent_acts_in_its_users_sessions(store: SessionStore):
    user = store.append(store.open("mine"), turn())
    from hades_mcp.services.callers import acting

    with acting("librarian"):
        assert store.get("mine") == user


def test_a_session_is_renamed_also_while_somebody_talks_in_it(store: SessionStore):
    held = store.append(store.open("a"), turn("One?"))
    store.rename("a", " b ")
    store.append(held, turn("Two?"))
    assert names(store) == ["b"]
    assert len(store.get("b").turns) == 2


def test_names_are_not_taken_twice(store: SessionStore):
    for name in ("a", "b"):
        store.append(store.open(name), turn())
    with pytest.raises(Conflict, match="'b' already"):
        store.rename("a", "b")
    with pytest.raises(Conflict):
        store.branch("a", "b")
    assert sorted(names(store)) == ["a", "b"]


def test_a_branch_goes_on_by_itself(store: SessionStore):
    for question in ("One?", "Two?", "Three?"):
        store.append(store.open("trunk"), turn(question))
    branch = store.branch("trunk", "branch", turns=2)
    store.append(branch, turn("Else?"))
    assert [one.question for one in store.get("branch").turns] == ["One?", "Two?", "Else?"]
    assert len(store.get("trunk").turns) == 3
    assert len(store.branch("trunk", "whole").turns) == 3


def test_a_deleted_session_comes_back_until_it_is_gone(store: SessionStore):
    store.append(store.open("bees"), turn())
    mark = store.delete("bees")
    assert names(store) == []
    assert names(store, deleted=True) == ["bees"]
    assert store.restore(mark).turns[0].question == "Bees?"
    store.delete("bees")
    store.append(store.open("bees"), turn("New?"))
    with pytest.raises(Conflict):
        store.restore("bees")
    store.rename("bees", "other")
    assert store.restore("bees").turns[0].question == "Bees?"
    with pytest.raises(NotFound, match="hades sessions list --deleted"):
        store.restore("bees")


def test_a_session_deleted_while_somebody_talks_in_it_begins_anew(store: SessionStore):
    held = store.append(store.open("bees"), turn("One?"))
    store.delete("bees")
    store.append(held, turn("Two?"))
    assert [one.question for one in store.get("bees").turns] == ["Two?"]


def test_what_is_deleted_forever_is_no_more_in_any_file(store: SessionStore, path: Path):
    store.append(store.open("bees"), turn("Where is the honeypot?"))
    store.append(store.open("rails"), turn())
    store.delete("bees", forever=True)
    assert names(store, deleted=True) == []
    left = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"honeypot" not in left
    assert b"rails" in left


def test_what_was_deleted_long_ago_goes_with_the_next_deletion(store: SessionStore, path: Path):
    for name in ("old", "new"):
        store.append(store.open(name), turn())
    store.delete("old")
    with sqlite3.connect(path) as file:
        file.execute("UPDATE sessions SET deleted = '2026-01-01T' WHERE name = 'old'")
    file.close()
    store.delete("new")
    assert names(store, deleted=True) == ["new"]
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM turns").fetchone() == (1,)
    file.close()


def test_an_unknown_session_leads_to_the_nearest(store: SessionStore):
    store.append(store.open("holiday"), turn())
    with pytest.raises(UnknownName, match="Did you mean 'holiday'"):
        store.get("hoilday")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101, "\x1b[31mred"])
def test_a_name_that_could_not_be_shown_is_refused(store: SessionStore, name: str):
    with pytest.raises(InvalidArgument, match="no name of a session"):
        store.open(name)


def test_a_name_is_the_same_however_it_was_typed():
    assert checked(" cafe\u0301 ") == "caf\u00e9"
    assert checked(new_name()) != new_name()


def test_nobody_but_the_owner_may_read_the_file(store: SessionStore, path: Path):
    store.append(store.open("bees"), turn())
    assert {one.stat().st_mode & 0o077 for one in path.parent.iterdir()} == {0}


def test_another_file_is_not_taken_for_a_store(tmp_path: Path):
    from hades_mcp.traces.store import TraceStore

    TraceStore(tmp_path / "traces.sqlite").close()
    with pytest.raises(ConfigError, match="not a session store"):
        SessionStore(tmp_path / "traces.sqlite")


def _talk(path: Path, who: int, turns: int) -> None:
    with SessionStore(path) as store:
        session = Session("shared")
        for number in range(turns):
            session = store.append(session, turn(f"{who}.{number}"))


def test_several_processes_talk_in_one_session_and_lose_nothing(path: Path):
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_talk, args=(path, who, 20)) for who in range(2)]
    for one in others:
        one.start()
    for one in others:
        one.join(60)
    assert [one.exitcode for one in others] == [0, 0]
    with SessionStore(path) as store:
        asked = [one.question for one in store.get("shared").turns]
        assert len(store.list()) == 1
    for who in range(2):
        mine = [question for question in asked if question.startswith(f"{who}.")]
        assert mine == [f"{who}.{number}" for number in range(20)]


KILLED = """
import sys
from pathlib import Path
from hades_mcp.agents.sessions import Session, SessionStore, Turn
store, session = SessionStore(Path(sys.argv[1])), Session("killed")
for number in range(100000):
    session = store.append(session, Turn(str(number), "", ()))
    print(number, flush=True)
"""


def test_a_killed_process_loses_no_turn_that_ended(path: Path):
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 25:
                os.kill(process.pid, signal.SIGKILL)
                break
        last = 25
        for line in process.stdout:
            last = int(line)
        process.wait(10)
    with SessionStore(path) as store:
        questions = [one.question for one in store.get("killed").turns]
    assert questions[: last + 1] == [str(number) for number in range(last + 1)]


def test_a_turn_that_the_file_cannot_take_is_said_and_leaves_the_others(
    store: SessionStore, path: Path
) -> None:
    store.append(store.open("bees"), turn())
    full = sqlite3.connect(path)  # as a full disk does, it ends the transaction by itself
    full.execute(
        "CREATE TRIGGER full BEFORE INSERT ON turns BEGIN SELECT RAISE(ROLLBACK, 'no room'); END"
    )
    with pytest.raises(Unavailable, match=r"no room.*disk has room"):
        store.append(store.open("bees"), turn("Wasps?"))
    full.execute("DROP TRIGGER full")
    full.close()
    store.append(store.open("bees"), turn("Ants?"))
    assert [one.question for one in store.open("bees").turns] == ["Bees?", "Ants?"]
