"""`hades sessions`: chats are listed, shown, renamed, branched, deleted and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.agents.sessions import FILE, SessionStore, Turn
from hades_mcp.messages import Message

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Hades


@pytest.fixture(autouse=True)
def _bees(tmp_path: Path) -> None:
    with SessionStore(tmp_path / "home" / FILE) as store:
        session = store.open("bees")
        for question in ("Who makes honey?", "Where?"):
            said = (Message("user", question), Message("assistant", "Bees."))
            session = store.append(session, Turn(question, "Bees.\x1b[2J", said))


def names(hades: Hades, *options: str) -> list[str]:
    return [row["name"] for row in hades("sessions", "list", "--json", *options).rows]


def test_chats_are_listed_and_shown(hades: Hades) -> None:
    assert hades("sessions", "list").out.startswith("bees  2 turns  20")
    assert names(hades, "--search", "HONEY") == ["bees"]
    assert names(hades, "--search", "rails") == []
    assert "there are none" in hades("sessions", "list", "--search", "rails").err
    assert hades("sessions", "show", "bees").out == (
        "> Who makes honey?\nBees.[2J\n\n> Where?\nBees.[2J\n\n"
    )
    first, _ = hades("sessions", "show", "bees", "--json").rows
    assert first["messages"][0]["content"] == "Who makes honey?"


def test_chats_are_renamed_and_branched(hades: Hades) -> None:
    assert hades("sessions", "rename", "bees", "honey").code == 0
    assert hades("sessions", "branch", "honey", "bees", "--turns", "1").code == 0
    assert sorted(names(hades)) == ["bees", "honey"]
    assert "Where?" not in hades("sessions", "show", "bees").out
    taken = hades("sessions", "rename", "bees", "honey")
    assert (taken.code, "already" in taken.err) == (2, True)


def test_a_deleted_chat_comes_back_and_one_deleted_forever_does_not(hades: Hades) -> None:
    mark = hades("sessions", "delete", "bees").err.split()[-1]
    assert names(hades) == []
    assert names(hades, "--deleted") == ["bees"]
    assert hades("sessions", "restore", mark).out == "bees\n"
    hades("sessions", "delete", "bees", "--forever")
    gone = hades("sessions", "restore", "bees")
    assert (gone.code, names(hades, "--deleted")) == (2, [])


def test_an_unknown_chat_leads_to_the_nearest(hades: Hades) -> None:
    assert "Did you mean 'bees'?" in hades("sessions", "show", "bee").err
