"""Writes a tool's result as JSON that fits its budget of tokens: cut between rows, no row lost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.errors import LimitReached
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hades_mcp.types import JsonObject

    Keep = Callable[[JsonObject], str]

_MARKS_ROOM = 48  # tokens of "truncated", "omitted" and "next"
_SHORTEST_TEXT = 40
_NUMBER_ROOM = 20  # characters of a double, about
_LONGEST_INTEGER = 63
_MOST_CHARACTERS = 16  # a token hardly ever has more: longer texts need not be counted

REST = "rest"
"""Where a page holds what was cut off the texts before it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rendered:
    """A result as text.

    Args:
        text: Valid JSON.
        omitted: Rows left out.
        truncated: Whether anything was left out.
    """

    text: str
    omitted: int = 0
    truncated: bool = False


def render(value: Any, tokens: int, keep: Keep | None = None) -> Rendered:
    """Return `value` as compact JSON of at most `tokens` tokens.

    What does not fit loses rows from the end of its longest list; when one row alone is too long,
    its long texts and vectors are cut. Either is said in the result: `truncated`, `omitted` (rows)
    and, with `keep`, `next`: the handle of the rest.

    Args:
        value: Dataclasses, lists, dictionaries and what JSON can hold.
        tokens: As `hades_mcp.tokens` counts them.
        keep: Keeps the rest, and returns its handle.

    Raises:
        LimitReached: Not even so does it fit.
    """
    whole = plain(value)
    text = _json(whole)
    if fits(text, tokens):
        return Rendered(text)
    result = whole if isinstance(whole, dict) else {"result": whole}
    key = _longest_list(result)
    kept = _rows_that_fit(result, key, tokens) if key is not None else 0
    if key is not None and kept:
        return _cut_between_rows(result, key, kept, tokens, keep)
    return _with_shorter_texts(result, key, tokens, keep)


def _cut_between_rows(
    result: JsonObject, key: str, kept: int, tokens: int, keep: Keep | None
) -> Rendered:
    rows: Any = result[key]
    while True:
        omitted = len(rows) - kept
        shown = result | {key: rows[:kept], "truncated": True, "omitted": omitted}
        if kept == 1 or fits(_json(shown), tokens - _MARKS_ROOM // 2):
            break
        kept -= 1
    if keep is not None:
        # an answer that was cut by its tool is cut on its last page too
        cut = {name: result[name] for name in ("truncated", "hint") if result.get(name)}
        shown["next"] = keep({key: rows[kept:]} | cut)
    return Rendered(_json(shown), omitted, truncated=True)


def plain(value: Any) -> Any:
    """Return dataclasses, tuples and the like as JSON values.

    Fields that are None or have their default value say nothing, and are left out.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: plain(item) for field, item in shown if not _silent(field, item)}
    if isinstance(value, dict):
        return {_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return _text(value) if isinstance(value, str) else _number(value)


def _text(text: str) -> str:
    # Half a surrogate pair, from a model or a document, is in no encoding.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _number(value: Any) -> Any:
    # Beyond 64 bits most readers of JSON lose digits without a word.
    return str(value) if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER else value


def _silent(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return value is None or bool(value == field.default)


def _longest_list(result: Mapping[str, Any]) -> str | None:
    sizes = {
        key: len(_json(value)) for key, value in result.items() if isinstance(value, list) and value
    }
    return max(sizes, key=sizes.__getitem__) if sizes else None


def _rows_that_fit(result: Mapping[str, Any], key: str, tokens: int) -> int:
    left = tokens - _MARKS_ROOM - count_tokens(_json({**result, key: []}))
    for number, row in enumerate(result[key]):
        text = _json(row)
        if len(text) > left * _MOST_CHARACTERS:
            return number
        left -= count_tokens(text) + 1
        if left < 0:
            return number
    return len(result[key])


def _with_shorter_texts(
    result: JsonObject, key: str | None, tokens: int, keep: Keep | None
) -> Rendered:
    rows: Any = result[key] if key is not None else []
    now = 0 if REST in result else 1  # what was begun is finished first
    omitted = max(len(rows) - now, 0)
    marks = {"truncated": True} | ({"omitted": omitted} if omitted else {})
    shown = {name: value for name, value in result.items() if name != key or now} | marks
    if key is not None and now:
        shown[key] = rows[:now]
    longest = tokens * 4
    while longest >= _SHORTEST_TEXT:
        rest: dict[str, Any] = {}
        cut = _cut(shown, longest, "", rest)
        if fits(_json(cut), tokens - _MARKS_ROOM // 2):
            if keep is not None:
                cut["next"] = keep(
                    ({REST: rest} if rest else {}) | ({key: rows[now:]} if omitted and key else {})
                )
            return Rendered(_json(cut), omitted, truncated=True)
        longest //= 2
    raise LimitReached(
        f"The result is too long to show: about {count_tokens(_json(result)):,} tokens, "
        f"{tokens:,} are allowed.",
        hint="Ask for fewer rows, or only for the attributes you need.",
    )


def _cut(value: Any, longest: int, path: str, rest: dict[str, Any]) -> Any:
    """Return a value with its texts and vectors cut; put the rest into `rest`, by its place."""
    match value:
        case str() if len(value) > longest:
            rest[path.removeprefix(f"{REST}.")] = value[longest:]
            return f"{value[:longest]}… ({len(value) - longest} characters more)"
        case dict():
            return {
                k: _cut(v, longest, f"{path}.{k}" if path else k, rest) for k, v in value.items()
            }
        case list() if len(value) * _NUMBER_ROOM > longest and _are_numbers(value):
            # a vector that was asked for: its numbers have texts too
            kept = max(1, longest // _NUMBER_ROOM)
            rest[path.removeprefix(f"{REST}.")] = value[kept:]
            return value[:kept]
        case list():
            return [_cut(v, longest, f"{path}.{n}", rest) for n, v in enumerate(value)]
        case _:
            return value


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(each, int | float) for each in values)


def fits(text: str, tokens: int) -> bool:
    """Tell whether a text has at most `tokens` tokens; a very long one is not counted."""
    return len(text) <= tokens * _MOST_CHARACTERS and count_tokens(text) <= tokens


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()
