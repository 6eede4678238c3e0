"""Writes a tool's result as JSON that fits its budget: whole rows first, then shorter texts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.errors import LimitReached

if TYPE_CHECKING:
    from collections.abc import Mapping

CHARACTERS_PER_TOKEN = 4
_MARKS_ROOM = 48  # for "truncated" and "omitted"
_SHORTEST_TEXT = 80
_LONGEST_INTEGER = 63


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


def render(value: Any, tokens: int) -> Rendered:
    """Return `value` as compact JSON of about `tokens` tokens at most.

    What does not fit loses rows from the end of its longest list first; when one row alone is too
    long, its long texts are cut. Either is said in the result (`truncated`, `omitted`).

    Raises:
        LimitReached: Not even so does it fit.
    """
    room = tokens * CHARACTERS_PER_TOKEN
    whole = plain(value)
    text = _json(whole)
    if len(text) <= room:
        return Rendered(text)
    result = whole if isinstance(whole, dict) else {"result": whole}
    key = _longest_list(result)
    if key is not None:
        kept, omitted = _rows_that_fit(result, key, room)
        if kept:
            shown = result | {key: kept, "truncated": True, "omitted": omitted}
            return Rendered(_json(shown), omitted, truncated=True)
        result = result | {key: result[key][:1]}
        if omitted > 1:
            result["omitted"] = omitted - 1
    return _with_shorter_texts(result | {"truncated": True}, room)


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


def _rows_that_fit(result: Mapping[str, Any], key: str, room: int) -> tuple[list[Any], int]:
    rows = result[key]
    left = room - _MARKS_ROOM - len(_json({**result, key: []}))
    kept: list[Any] = []
    for row in rows:
        left -= len(_json(row)) + 1
        if left < 0:
            break
        kept.append(row)
    return kept, len(rows) - len(kept)


def _with_shorter_texts(result: dict[str, Any], room: int) -> Rendered:
    longest = room // 2
    while longest >= _SHORTEST_TEXT:
        text = _json(_cut(result, longest))
        if len(text) <= room:
            return Rendered(text, result.get("omitted", 0), truncated=True)
        longest //= 2
    raise LimitReached(
        f"The result is too long to show: {len(_json(result))} characters, {room} are allowed.",
        hint="Ask for fewer rows, or only for the attributes you need.",
    )


def _cut(value: Any, longest: int) -> Any:
    match value:
        case str() if len(value) > longest:
            return f"{value[:longest]}… ({len(value) - longest} characters more)"
        case dict():
            return {key: _cut(item, longest) for key, item in value.items()}
        case list():
            return [_cut(item, longest) for item in value]
        case _:
            return value


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()
