"""String functions that build, cut and change text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import to_text
from hades_mcp.embedded.values.stopping import TEXT_PIECE, paced, part_of, text_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.aql.context import Context

WHITE_SPACE = "\r\n \t"
LONGEST_REPETITION = 16 * 1024 * 1024  # bytes; ArangoDB's limit for REPEAT()
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_START, _END = 1, 2
_FEW = 64
BAD_PARAMETER = 10


@aql_function("CHAR_LENGTH", low=1)
def char_length(_context: Context, value: Any) -> int:
    """Count the characters of a value's text."""
    return len(to_text(value))


@aql_function("LENGTH", "COUNT", low=1)
def length(_context: Context, value: Any) -> int:
    """Count the characters, elements or attributes of a value."""
    if isinstance(value, (list, dict)):
        return len(value)
    if isinstance(value, bool):
        return int(value)
    return len(to_text(value))


@aql_function("CONCAT", low=1, high=None)
def concat(context: Context, *values: Any) -> str:
    """Join texts; nulls are left out, a single array is joined element by element."""
    text = "".join(map(to_text, paced(_members(values))))
    context.allow(len(text))
    return text


@aql_function("CONCAT_SEPARATOR", low=2, high=None)
def concat_separator(context: Context, separator: Any, *values: Any) -> str:
    """Join texts with a separator; nulls are left out."""
    kept = [to_text(value) for value in paced(_members(values)) if value is not None]
    between = to_text(separator)
    context.allow(sum(map(len, kept)) + len(between) * len(kept))
    return between.join(kept)


def _members(values: tuple[Any, ...]) -> Sequence[Any]:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


@aql_function("LEFT", low=2)
def left(_context: Context, value: Any, count: Any) -> str:
    """Return the first characters of a text."""
    return to_text(value)[: max(0, integer(count))]


@aql_function("RIGHT", low=2)
def right(_context: Context, value: Any, count: Any) -> str:
    """Return the last characters of a text."""
    wanted = integer(count)
    return to_text(value)[-wanted:] if wanted > 0 else ""


@aql_function("SUBSTRING", low=2, high=3)
def substring(_context: Context, value: Any, offset: Any, *count: Any) -> str:
    """Return a part of a text; a negative offset counts from its end."""
    text, start = to_text(value), integer(offset)
    if start < 0:
        start = max(0, len(text) + start)
    return text[start : start + max(0, integer(count[0]))] if count else text[start:]


@aql_function("SUBSTRING_BYTES", low=2, high=5)
def substring_bytes(
    context: Context,
    value: Any,
    offset: Any,
    count: Any = None,
    left: Any = 0,
    right: Any = None,
) -> Any:
    """Return the characters between two byte offsets, widened by characters on each side."""
    if not isinstance(value, str):
        return context.refuse("SUBSTRING_BYTES", BAD_PARAMETER)
    data = value.encode()
    start = integer(offset)
    if start < 0:
        start = max(0, len(data) + start)
    start = min(start, len(data))
    stop = len(data) if count is None else min(len(data), start + max(0, integer(count)))
    try:
        before, inside, after = (
            part.decode() for part in (data[:start], data[start:stop], data[stop:])
        )
    except UnicodeDecodeError:
        return context.refuse("SUBSTRING_BYTES", BAD_PARAMETER)
    wider = max(0, integer(left))
    further = wider if right is None else max(0, integer(right))
    return (before[-wider:] if wider else "") + inside + after[:further]


@aql_function("LOWER", low=1)
def lower(_context: Context, value: Any) -> str:
    """Return a text in lower case."""
    text = to_text(value)
    # how a sigma is written depends on what stands around it
    if len(text) <= TEXT_PIECE or "\u03a3" in text:
        return text.lower()
    return "".join(map(str.lower, text_pieces(text)))


@aql_function("UPPER", low=1)
def upper(_context: Context, value: Any) -> str:
    """Return a text in upper case."""
    text = to_text(value)
    return text.upper() if len(text) <= TEXT_PIECE else "".join(map(str.upper, text_pieces(text)))


@aql_function("TRIM", low=1, high=2)
def trim(context: Context, value: Any, kind: Any = None) -> str:
    """Strip white space, or given characters, from both ends; 1 and 2 name one end only."""
    text = to_text(value)
    if kind is None:
        return text.strip(WHITE_SPACE)
    if not is_number(kind):
        stripped: str = rtrim(context, ltrim(context, text, kind), kind)
        return stripped
    side = integer(kind)
    if side == _START:
        return text.lstrip(WHITE_SPACE)
    return text.rstrip(WHITE_SPACE) if side == _END else text.strip(WHITE_SPACE)


@aql_function("LTRIM", low=1, high=2)
def ltrim(_context: Context, value: Any, characters: Any = WHITE_SPACE) -> str:
    """Strip white space, or given characters, from the start."""
    text, unwanted = to_text(value), to_text(characters)
    if len(unwanted) <= _FEW:
        return text.lstrip(unwanted) if unwanted else text
    return text[_unwanted(text, unwanted) :]


@aql_function("RTRIM", low=1, high=2)
def rtrim(_context: Context, value: Any, characters: Any = WHITE_SPACE) -> str:
    """Strip white space, or given characters, from the end."""
    text, unwanted = to_text(value), to_text(characters)
    if len(unwanted) <= _FEW:
        return text.rstrip(unwanted) if unwanted else text
    return text[: len(text) - _unwanted(text[::-1], unwanted)]


def _unwanted(text: str, characters: str) -> int:
    """Count characters at the start of a text that are among many others.

    Python would look through these for each one, and could not be stopped.
    """
    known = frozenset(paced(characters))
    kept = (at for at, character in enumerate(paced(text)) if character not in known)
    return next(kept, len(text))


@aql_function("REVERSE", low=1)
def reverse(context: Context, value: Any) -> Any:
    """Turn an array or a text round."""
    if isinstance(value, list):
        turned = part_of(value)
        turned.reverse()
        return turned
    if isinstance(value, str):
        return value[::-1]
    return context.refuse("REVERSE", 1563)


@aql_function("REPEAT", low=2, high=3)
def repeat(context: Context, value: Any, count: Any, separator: Any = "") -> Any:
    """Repeat a text, with a separator between; null above 16 MB."""
    text, between, times = to_text(value), to_text(separator), integer(count)
    if times < 0:
        return context.refuse("REPEAT")
    size = len(text.encode()) * times + len(between.encode()) * max(0, times - 1)
    if size > LONGEST_REPETITION:
        return context.refuse("REPEAT", 32)
    return between.join([text] * times) if size else ""  # nothing, however often


@aql_function("TO_CHAR", low=1)
def to_char(context: Context, code_point: Any) -> Any:
    """Return the character with a code point."""
    if not is_number(code_point):
        return context.refuse("TO_CHAR")
    code = integer(code_point)
    if not 0 <= code <= _LAST_CODE_POINT or code in _SURROGATES:
        return context.refuse("TO_CHAR")
    return chr(code)
