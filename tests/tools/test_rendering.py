"""A result is valid JSON within its budget, whatever it is."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hades_mcp.errors import LimitReached
from hades_mcp.tools.rendering import plain, render

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: (
        st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=9), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(max_examples=60)
@given(VALUES, st.integers(60, 200))
def test_whatever_it_is_it_fits_or_is_refused(value: Any, tokens: int) -> None:
    try:
        rendered = render(value, tokens)
    except LimitReached as error:
        assert "too long" in error.message  # noqa: PT017  some values can't be made shorter
        return
    assert len(rendered.text) <= tokens * 4
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
