"""String functions that look for text in text: find, match, split and substitute."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.literal_search import hits, is_like, is_short, last_place
from hades_mcp.embedded.aql.functions.registry import ARGUMENT_COUNT, aql_function
from hades_mcp.embedded.values import to_text, truth
from hades_mcp.embedded.values.stopping import paced, watched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.embedded.aql.context import Context


@aql_function("CONTAINS", low=2, high=3)
def contains(_context: Context, text: Any, search: Any, as_index: Any = None) -> bool | int:
    """Tell whether a text holds another one, or where."""
    needle = to_text(search)
    place = to_text(text).find(needle) if needle else -1
    return place if truth(as_index) else place >= 0


@aql_function("FIND_FIRST", low=2, high=4)
def find_first(
    _context: Context, text: Any, search: Any, start: Any = None, end: Any = None
) -> int:
    """Return where a text first holds another one, or -1."""
    limits = _limits(start, end)
    if limits is None:
        return -1
    haystack, needle = to_text(text), to_text(search)
    if not needle:
        return limits[0]
    return haystack.find(needle, *limits)


@aql_function("FIND_LAST", low=2, high=4)
def find_last(_context: Context, text: Any, search: Any, start: Any = None, end: Any = None) -> int:
    """Return where a text last holds another one, or -1."""
    limits = _limits(start, end)
    if limits is None:
        return -1
    haystack, needle = to_text(text), to_text(search)
    if not needle:
        return len(haystack) if limits[1] is None else limits[1]
    return last_place(haystack, needle, *limits)


def _limits(start: Any, end: Any) -> tuple[int, int | None] | None:
    """Return the part to search as offsets; `end` is the last character, inclusive."""
    first = integer(start)
    if first < 0:
        return None
    if end is None:
        return first, None
    last = integer(end)
    return None if last < first else (first, last + 1)


@aql_function("STARTS_WITH", low=2, high=3)
def starts_with(context: Context, text: Any, prefix: Any, least: Any = 1) -> Any:
    """Tell whether a text starts with a prefix, or with so many of several."""
    if not isinstance(text, str):
        return context.refuse("STARTS_WITH")
    if isinstance(prefix, str):
        return text.startswith(prefix)
    if not isinstance(prefix, list) or not all(isinstance(item, str) for item in paced(prefix)):
        return context.refuse("STARTS_WITH")
    return sum(text.startswith(item) for item in paced(prefix)) >= integer(least)


@aql_function("LIKE", low=2, high=3)
def like(_context: Context, text: Any, pattern: Any, ignore_case: Any = None) -> bool:
    """Tell whether a whole text matches a pattern with `_` and `%`."""
    whole, wanted = to_text(text), to_text(pattern)
    if not is_short(whole, wanted):
        if truth(ignore_case):
            whole, wanted = _one_case(whole), _one_case(wanted)
        return is_like(whole, wanted)
    matcher = like_matcher(wanted, ignore_case=truth(ignore_case))
    return matcher.match(whole) is not None


def _one_case(text: str) -> str:
    """Return a text in lower case, each character for itself: places stay what they are."""
    if text.isascii():
        return text.lower()
    lower = (character.lower() for character in paced(text))
    return "".join(each if len(each) == 1 else each[0] for each in lower)


@lru_cache(maxsize=256)
def like_matcher(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    r"""Compile a LIKE pattern.

    `_` is any character, `%` any number of them, `\_`, `\%` and `\\` mean themselves, any
    other backslash is itself. Each part after a `%` takes its first place and never gives it up
    (an atomic group), which is exact for such patterns and keeps matching free of backtracking.
    """
    head, *parts = _like_parts(pattern)
    if not parts:
        expression = head
    else:
        *middle, tail = parts
        expression = head + "".join(f"(?>.*?{part})" for part in middle) + f".*{tail}"
    return re.compile(expression + r"\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _like_parts(pattern: str) -> list[str]:
    """Split a pattern at its wildcards `%`; each part is a regular expression."""
    parts, escaped = [""], False
    for character in pattern:
        if character == "\\" and not escaped:
            escaped = True
            continue
        if character in "%_" and not escaped:
            if character == "%":
                parts.append("")
            else:
                parts[-1] += "."
            continue
        if escaped and character not in "%_\\":
            parts[-1] += r"\\"
        parts[-1] += re.escape(character)
        escaped = False
    return parts


@aql_function("SPLIT", low=1, high=3)
def split(context: Context, value: Any, separator: Any = None, *limit: Any) -> Any:
    """Split a text at a separator or several; an empty one splits into characters."""
    if (limit and not is_number(limit[0])) or isinstance(separator, dict):
        return context.refuse("SPLIT")
    most = integer(limit[0]) if limit else None
    if most is not None and most < 0:
        return None
    text = to_text(value)
    if separator is None:
        return [text]
    separators = None
    if isinstance(separator, list):
        separators = [to_text(item) for item in paced(separator)]
    pieces = _pieces(text, separators if separators is not None else [to_text(separator)])
    return pieces if most is None else pieces[:most]


def _pieces(text: str, separators: list[str]) -> list[str]:
    if "" in separators:
        return list(paced(text))
    if not separators:
        return [text]
    if is_short(text, "".join(separators)):
        return re.split("|".join(map(re.escape, separators)), text)
    pieces: list[str] = []
    start = 0
    for place, separator in hits(text, separators):
        pieces.append(text[start:place])
        start = place + len(separator)
    pieces.append(text[start:])
    return pieces


@aql_function("SUBSTITUTE", low=2, high=4)
def substitute(context: Context, value: Any, search: Any, *rest: Any) -> Any:
    """Replace searched texts, given as a text, an array or a mapping, at most `limit` times."""
    mapped = isinstance(search, dict)
    if mapped and len(rest) > 1:
        context.warn(ARGUMENT_COUNT, "invalid number of arguments for function 'SUBSTITUTE()'")
        return None
    pairs = _mapping(search.items()) if mapped else _replacements(search, rest[:1])
    limit = rest[0 if mapped else 1 :]
    if pairs is None or (limit and (not is_number(limit[0]) or integer(limit[0]) < 0)):
        return context.refuse("SUBSTITUTE")
    text, most = to_text(value), integer(limit[0]) if limit else 0
    pairs.pop("", None)
    if not pairs or (limit and most == 0):
        return text
    if is_short(text, "".join(pairs)):
        return re.sub("|".join(map(re.escape, pairs)), lambda hit: pairs[hit[0]], text, count=most)
    pieces: list[str] = []
    start = 0
    for place, old in islice(hits(text, list(pairs)), most or None):
        pieces += (text[start:place], pairs[old])
        start = place + len(old)
    pieces.append(text[start:])
    return "".join(pieces)


def _replacements(search: Any, given: tuple[Any, ...]) -> dict[str, str] | None:
    """Pair what is searched with what replaces it; None if either holds anything but texts."""
    wanted = search if isinstance(search, list) else [search]
    replace = given[0] if given else []
    if isinstance(replace, list):
        new = replace[: len(wanted)] + [""] * (len(wanted) - len(replace))
    else:
        new = [replace if replace is not None else 0] * len(wanted)
    return _mapping(zip(wanted, new, strict=True))


def _mapping(pairs: Iterable[tuple[Any, Any]]) -> dict[str, str] | None:
    """Check pairs of texts; null removes what it replaces, the first pair of a text wins."""
    found: dict[str, str] = {}
    for old, new in watched(pairs):
        if not isinstance(old, str) or not (new is None or isinstance(new, str)):
            return None
        found.setdefault(old, new or "")
    return found
