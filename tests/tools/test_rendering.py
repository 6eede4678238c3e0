"""A result is valid JSON within its budget, whatever it is."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hades_mcp.errors import LimitReached
from hades_mcp.tokens import count_tokens
from hades_mcp.tools.rendering import plain, render

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: (
        st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=9), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(max_examples=60)
@given(VALUES, st.integers(80, 300))
def test_whatever_it_is_it_fits_or_is_refused(value: Any, tokens: int) -> None:
    try:
        rendered = render(value, tokens)
    except LimitReached as error:
        assert "too long" in error.message  # noqa: PT017  some values can't be made shorter
        return
    assert count_tokens(rendered.text) <= tokens
    json.loads(rendered.text)


@settings(max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=40, max_size=200))
def test_rows_are_kept_whole_and_in_order_and_counted(rows: list[str]) -> None:
    said = json.loads(render({"note": "n", "rows": rows}, 100).text)
    kept = said["rows"]
    assert kept == [row.encode("utf-8", "replace").decode() for row in rows[: len(kept)]]
    assert len(kept) + said.get("omitted", 0) == len(rows)


def test_a_bare_list_gets_a_name_only_when_it_is_cut() -> None:
    assert render([1, 2], 50).text == "[1,2]"
    said = json.loads(render(list(range(10_000)), 50).text)
    assert said["truncated"] is True
    assert len(said["result"]) + said["omitted"] == 10_000


def test_one_row_too_long_has_its_texts_cut_and_says_so() -> None:
    rendered = render({"rows": [{"id": "a", "text": "x" * 5000}, {"id": "b"}]}, 100)
    said = json.loads(rendered.text)
    assert said["truncated"] is True
    assert said["omitted"] == 1
    assert said["rows"][0]["id"] == "a"
    assert said["rows"][0]["text"].startswith("xxx")
    assert "characters more" in said["rows"][0]["text"]
    assert rendered.truncated


def test_what_cannot_be_shortened_is_refused_with_advice() -> None:
    with pytest.raises(LimitReached, match="too long to show") as refused:
        render({f"key{number}": number for number in range(2000)}, 100)
    assert "attributes" in refused.value.hint


def test_dataclasses_lose_what_says_nothing() -> None:
    @dataclass
    class Found:
        rows: list[int]
        hint: str = ""
        score: float | None = None
        notes: list[str] = field(default_factory=list)
        pair: tuple[int, int] = (0, 0)

    assert plain(Found([])) == {"rows": []}
    assert plain(Found([1], "h", 0.5, ["n"], (1, 2))) == {
        "rows": [1],
        "hint": "h",
        "score": 0.5,
        "notes": ["n"],
        "pair": [1, 2],
    }


def test_odd_values_of_a_document_are_shown() -> None:
    assert json.loads(render({"big": 2**70, "half": "\ud83d"}, 50).text) == {
        "big": str(2**70),
        "half": "?",
    }


class Shelf:
    """Keeps rests in memory."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    def keep(self, value: Any) -> str:
        self.kept.append(json.loads(json.dumps(value)))
        return f"handle{len(self.kept)}"


def pages(value: Any, tokens: int) -> list[Any]:
    shelf = Shelf()
    shown = [json.loads(render(value, tokens, shelf.keep).text)]
    while "next" in shown[-1]:
        shown.append(json.loads(render(shelf.kept[-1], tokens, shelf.keep).text))
        assert len(shown) < 500
    return shown


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3), max_size=80))
def test_all_rows_come_page_by_page_each_once(rows: list[Any]) -> None:
    shown = pages({"note": "n", "rows": rows}, 160)
    assert [row for page in shown for row in page["rows"]] == plain(rows)
    left = len(rows)
    for page in shown:
        left -= len(page["rows"])
        assert page.get("omitted", 0) == left
        assert page.get("truncated", False) == (left > 0)


def test_a_long_text_is_continued_where_it_was_cut_and_then_the_rows_after_it() -> None:
    text = " ".join(f"word{number}" for number in range(2000))
    shown = pages({"rows": [{"id": "a", "text": text}, {"id": "b"}, {"id": "c"}]}, 400)
    parts = [shown[0]["rows"][0]["text"], *(p["rest"]["rows.0.text"] for p in shown if "rest" in p)]
    assert "".join(part.partition("…")[0] for part in parts) == text
    assert [row["id"] for page in shown for row in page.get("rows", [])] == ["a", "b", "c"]


def test_an_answer_cut_by_its_tool_is_marked_on_its_last_page_too() -> None:
    shown = pages({"rows": list(range(1000)), "truncated": True, "hint": "Narrow it."}, 500)
    assert len(shown) > 1
    assert (shown[-1]["truncated"], shown[-1]["hint"]) == (True, "Narrow it.")
    assert "next" not in shown[-1]
