"""Prompts are read, filled strictly, and can be replaced by the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import ConfigError, InvalidArgument, UnknownName
from hades_mcp.prompts.library import load_prompt, mcp_prompts, prompt

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path):
    (tmp_path / "prompts").mkdir()
    return tmp_path


def _write(home: Path, name: str, text: str) -> None:
    path = home / "prompts" / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_slots_are_filled_and_other_braces_stay(home):
    _write(home, "greet", 'Hello {who}: {"name": 1} {} {Who}\n')
    assert prompt(home, "greet", who="Ada") == 'Hello Ada: {"name": 1} {} {Who}'


def test_what_fills_a_slot_is_not_filled_again(home):
    _write(home, "greet", "{a} {b}")
    assert prompt(home, "greet", a="{b}", b="x") == "{b} x"


def test_a_missing_slot_is_refused(home):
    _write(home, "greet", "{a} {b}")
    with pytest.raises(InvalidArgument, match="needs b"):
        prompt(home, "greet", a="x")


def test_an_unknown_slot_is_answered_with_the_nearest(home):
    _write(home, "greet", "{person}")
    with pytest.raises(UnknownName, match="Did you mean 'person'"):
        prompt(home, "greet", persn="x")


def test_an_unknown_prompt_is_answered_with_the_nearest(home):
    with pytest.raises(UnknownName, match="Did you mean 'librarian'"):
        prompt(home, "libarian")


def test_the_users_own_prompt_comes_before_the_shipped_one(home):
    assert "documents" in prompt(home, "librarian")
    _write(home, "librarian", "Mine.")
    assert prompt(home, "librarian") == "Mine."


def test_front_matter_describes_a_prompt(home):
    _write(
        home, "mcp/ask", '+++\ntitle = "Ask"\n[slots]\nquestion = "What?"\n+++\nAnswer {question}\n'
    )
    read = load_prompt(home, "mcp/ask")
    assert (read.name, read.title, dict(read.slots)) == ("ask", "Ask", {"question": "What?"})
    assert read.fill({"question": "why"}) == "Answer why"


@pytest.mark.parametrize(
    "front", ["title = ", 'author = "me"', '[slots]\nother = "not in the text"']
)
def test_broken_front_matter_is_explained(home, front):
    _write(home, "bad", f"+++\n{front}\n+++\n{{question}}")
    with pytest.raises(ConfigError, match=r"prompts/bad\.md"):
        load_prompt(home, "bad")


def test_a_file_that_is_not_text_is_explained(home):
    (home / "prompts" / "bad.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_prompt(home, "bad")


def test_every_shipped_mcp_prompt_is_described(home):
    offered = mcp_prompts(home)
    assert offered
    for one in offered:
        assert one.description
        assert all(one.slots.values())
