"""Regular expressions in ArangoDB's own dialect: ICU's engine, with its time and stack limits."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import to_text, truth
from hades_mcp.embedded.values.stopping import step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.context import Context

INVALID_REGEX = 1543
RESOURCE_LIMIT = 32
TIME_LIMIT = 2000  # ICU counts steps; one is about a millisecond
STACK_LIMIT = 8_000_000  # bytes of backtracking stack
LONGEST_PATTERN = 65536  # characters
_MANY = 1000  # matches
_QUICK = 20
_OVERFLOWN, _TIMED_OUT = 66321, 66322  # U_REGEX_STACK_OVERFLOW, U_REGEX_TIME_OUT
_EXHAUSTED = (_OVERFLOWN, _TIMED_OUT)


@lru_cache(maxsize=256)
def _pattern(text: str, *, ignore_case: bool) -> Any:
    import icu  # noqa: PLC0415  as in collation: only who needs it pays for it

    if len(text) > LONGEST_PATTERN:
        raise ArangoError(RESOURCE_LIMIT, "regular expression is too long")
    flags = int(icu.URegexpFlag.CASE_INSENSITIVE) if ignore_case else 0
    try:
        return icu.RegexPattern.compile(text, flags)
    except icu.ICUError:
        return None


def _match(
    context: Context, text: str, pattern: Any, ignore_case: Any, use: Callable[[Any], Any]
) -> Any:
    """Apply a matcher; an invalid pattern is a warning and null, a runaway one an error.

    Raises:
        ArangoError: 32, if matching takes too long or too much memory.
    """
    import icu  # noqa: PLC0415  see _pattern

    compiled = _pattern(to_text(pattern), ignore_case=truth(ignore_case))
    if compiled is None:
        return context.refuse("REGEX", INVALID_REGEX)
    matcher = compiled.matcher(icu.UnicodeString(text))
    matcher.setStackLimit(STACK_LIMIT)
    matcher.setTimeLimit(_QUICK)
    stopped: list[ArangoError] = []
    try:
        try:
            return use(matcher)
        except icu.ICUError as error:
            if error.args[:1] != (_TIMED_OUT,):
                raise
        # once more, now asked on the way: to be asked takes time that few expressions need
        matcher.reset()
        matcher.setTimeLimit(TIME_LIMIT)
        matcher.setMatchCallback(_asking(context, stopped))
        return use(matcher)
    except icu.ICUError as error:
        if stopped:
            raise stopped[0] from None
        if error.args and error.args[0] in _EXHAUSTED:
            raise ArangoError(RESOURCE_LIMIT, "regular expression takes too long") from error
        return context.refuse("REGEX", INVALID_REGEX)


def _asking(context: Context, stopped: list[ArangoError]) -> Callable[[int], bool]:
    """Return what tells ICU whether to go on; what stops the query is kept: ICU would lose it."""

    def go_on(_steps: int) -> bool:
        try:
            context.check()
        except ArangoError as error:
            stopped.append(error)
        return not stopped

    return go_on


def _matches(matcher: Any, units: int) -> Iterator[Any]:
    """Stand on each match in turn in a text of so many UTF-16 units.

    `find()` without a start hides that it gave up at a limit, and so do ICU's own loops; with a
    start it raises.
    """
    start = 0
    while start <= units and matcher.find(start):
        step()
        yield matcher
        end = matcher.end()
        start = end if end > matcher.start() else end + 1


def _replaced(matcher: Any, new: str) -> str:
    """Do as ICU's `replaceAll`, which cannot be stopped."""
    import icu  # noqa: PLC0415  see _pattern

    made = icu.UnicodeString()
    matcher.reset()
    while matcher.find():
        step()
        matcher.appendReplacement(made, new)
    return str(matcher.appendTail(made))


def _units(text: str) -> bytes:
    return text.encode("utf-16-le")  # ICU counts in these


@aql_function("REGEX_TEST", low=2, high=3)
def regex_test(context: Context, text: Any, pattern: Any, ignore_case: Any = None) -> Any:
    """Tell whether a regular expression matches anywhere in a text."""
    return _match(context, to_text(text), pattern, ignore_case, lambda matcher: matcher.find(0))


@aql_function("REGEX_MATCHES", low=2, high=3)
def regex_matches(context: Context, text: Any, pattern: Any, ignore_case: Any = None) -> Any:
    """Return the first match and its groups, or null."""

    def groups(matcher: Any) -> list[str] | None:
        if not matcher.find(0):
            return None
        return [str(matcher.group(index)) for index in range(matcher.groupCount() + 1)]

    return _match(context, to_text(text), pattern, ignore_case, groups)


@aql_function("REGEX_REPLACE", low=3, high=4)
def regex_replace(
    context: Context, text: Any, pattern: Any, replacement: Any, ignore_case: Any = None
) -> Any:
    """Replace every match; `$1` in the replacement stands for the first group."""
    whole, new = to_text(text), to_text(replacement)

    def replaced(matcher: Any) -> str:
        count = 0
        for count, _ in enumerate(_matches(matcher, len(_units(whole)) // 2), 1):  # noqa: B007
            pass  # counted to hear of a limit, too
        return _replaced(matcher, new) if count > _MANY else str(matcher.replaceAll(new))

    return _match(context, whole, pattern, ignore_case, replaced)


@aql_function("REGEX_SPLIT", low=2, high=4)
def regex_split(
    context: Context, text: Any, pattern: Any, ignore_case: Any = None, *limit: Any
) -> Any:
    """Split a text where a regular expression matches; groups are kept as pieces."""
    if limit and not is_number(limit[0]):
        return context.refuse("REGEX_SPLIT")
    most = integer(limit[0]) if limit else None
    if most is not None and most < 0:
        return None
    whole = to_text(text)
    if to_text(pattern) == "":
        return list(whole)[:most]
    units = _units(whole)

    def pieces(matcher: Any) -> list[str]:
        found: list[str] = []
        last = 0
        for hit in _matches(matcher, len(units) // 2):
            if most is not None and len(found) >= most:
                break
            if hit.end() == 0 or hit.start() == len(units) // 2:
                continue  # nothing before or behind an empty match
            found.append(units[2 * last : 2 * hit.start()].decode("utf-16-le"))
            found += [str(hit.group(index + 1)) for index in range(hit.groupCount())]
            last = hit.end()
        found.append(units[2 * last :].decode("utf-16-le"))
        return found[:most]

    return _match(context, whole, pattern, ignore_case, pieces)
