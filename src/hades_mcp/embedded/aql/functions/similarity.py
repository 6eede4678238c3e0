"""How alike two texts or sets are: edit distance, n-grams, Soundex and Jaccard."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import hash_key, to_text
from hades_mcp.embedded.values.stopping import check, paced

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

_SOUNDEX = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), start=1)
    for letter in letters
}
_SOUNDEX_LENGTH = 4
_GRAM, _WIDE = 50, 64
BAD_PARAMETER, ARRAY_EXPECTED = 10, 1563


@aql_function("LEVENSHTEIN_DISTANCE", low=2)
def levenshtein_distance(context: Context, left: Any, right: Any) -> int:
    """Count the insertions, deletions, changes and swaps of neighbours between two texts."""
    one, two = to_text(left), to_text(right)
    if len(one) < len(two):
        one, two = two, one
    before: list[int] = []
    row = list(paced(range(len(two) + 1)))
    for index, mine in enumerate(one):
        context.check()
        older, before, row = before, row, [index + 1]
        for place, yours in enumerate(paced(two)):
            cost = min(before[place + 1] + 1, row[place] + 1, before[place] + (mine != yours))
            if index and place and mine == two[place - 1] and one[index - 1] == yours:
                cost = min(cost, older[place - 1] + 1)
            row.append(cost)
    return row[-1]


@aql_function("SOUNDEX", low=1)
def soundex(_context: Context, value: Any) -> str:
    """Return the Soundex code of a text's letters."""
    lower = (letter for each in paced(to_text(value).strip()) for letter in each.lower())
    letters = (letter for letter in lower if letter.isascii() and letter.isalpha())
    first = next(letters, None)
    if first is None:
        return ""
    code, last = first.upper(), _SOUNDEX.get(first)
    for letter in letters:
        digit = _SOUNDEX.get(letter)
        if digit is not None and digit != last:
            code += str(digit)
            if len(code) == _SOUNDEX_LENGTH:
                break
        if letter not in "hw":  # letters with one code count once across h and w
            last = digit
    return code.ljust(_SOUNDEX_LENGTH, "0")


@aql_function("NGRAM_SIMILARITY", low=3)
def ngram_similarity(context: Context, text: Any, target: Any, size: Any) -> Any:
    """Return the longest common sequence of n-grams over the n-grams of the target."""
    return _ngrams_alike(context, "NGRAM_SIMILARITY", (text, target, size), positional=False)


@aql_function("NGRAM_POSITIONAL_SIMILARITY", low=3)
def ngram_positional_similarity(context: Context, text: Any, target: Any, size: Any) -> Any:
    """Do the same counting n-grams that match in part, over the longer text's n-grams."""
    name = "NGRAM_POSITIONAL_SIMILARITY"
    return _ngrams_alike(context, name, (text, target, size), positional=True)


def _ngrams_alike(
    context: Context, name: str, arguments: tuple[Any, Any, Any], *, positional: bool
) -> Any:
    text, target, size = arguments
    if not isinstance(text, str) or not isinstance(target, str) or not is_number(size):
        return context.refuse(name)
    width = integer(size)
    if width < 1:
        return context.refuse(name, BAD_PARAMETER)
    if not text or not target:
        return 1.0 if not text and not target else 0.0
    context.allow(max(len(text), len(target)) * (width + _GRAM))
    one, two = _grams(text, width), _grams(target, width)
    if not one or not two:
        return 1.0 if text == target else 0.0
    alike = _alike_in_part if positional else _alike_in_full
    total = max(len(one), len(two)) if positional else len(two)
    return _float32(_longest_common(context, one, two, alike) / total)


def _grams(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in paced(range(len(text) - width + 1))]


def _alike_in_full(one: str, two: str) -> float:
    return float(one == two)


def _alike_in_part(one: str, two: str) -> float:
    if len(one) > _WIDE:
        check()()
    return sum(mine == yours for mine, yours in zip(paced(one), paced(two), strict=True)) / len(one)


def _longest_common(
    context: Context, one: list[str], two: list[str], alike: Callable[[str, str], float]
) -> float:
    row = [0.0] * (len(two) + 1)
    for mine in one:
        context.check()
        before, row = row, [0.0]
        for place, yours in enumerate(context.each(two)):
            row.append(max(before[place + 1], row[place], before[place] + alike(mine, yours)))
    return row[-1]


def _float32(value: float) -> float:
    """Round as IResearch does, which counts n-grams in single precision."""
    single: float = struct.unpack("f", struct.pack("f", value))[0]
    return single


@aql_function("JACCARD", low=2)
def jaccard(context: Context, left: Any, right: Any) -> Any:
    """Return the size of the intersection of two arrays over that of their union."""
    if not isinstance(left, list) or not isinstance(right, list):
        return context.refuse("JACCARD", ARRAY_EXPECTED)
    one, two = (set(map(hash_key, context.each(values))) for values in (left, right))
    both = sum(map(one.__contains__, paced(two)))
    return both / (len(one) + len(two) - both) if one or two else 1.0
