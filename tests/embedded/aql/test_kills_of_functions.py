"""Functions of long values: the longer these are, the more often it is asked whether to stop."""

from __future__ import annotations

import json
import re
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.aql.functions import FUNCTIONS
from hades_mcp.embedded.aql.functions.literal_search import hits, is_like, last_place
from hades_mcp.embedded.aql.functions.string_search import like_matcher
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.executor import Execution

FEW, MANY = 10, 30_000


def numbers(count: int) -> list[int]:
    return list(range(1, count + 1))


def texts(count: int) -> list[str]:
    return [f"k{number}" for number in range(count)]


def attributes(count: int) -> dict[str, int]:
    return {f"k{number}": number for number in range(count)}


def records(count: int) -> list[dict[str, Any]]:
    return [{"a": number, "b": [number]} for number in range(count // 2)]


def places(count: int) -> list[list[float]]:
    return [[number % 180 / 2, number % 89 / 2] for number in range(count)]


def ring(count: int) -> list[list[float]]:
    return [*places(count), places(1)[0]]


CALLS: dict[str, Any] = {
    # arrays
    **dict.fromkeys(("UNIQUE", "COUNT_DISTINCT", "SORTED_UNIQUE", "FLATTEN"), texts),
    **dict.fromkeys(("SUM", "AVERAGE", "MEDIAN", "MIN", "MAX"), numbers),
    **dict.fromkeys(("VARIANCE_SAMPLE", "STDDEV_POPULATION", "BIT_AND", "BIT_OR"), numbers),
    "BIT_XOR": numbers,
    "UNION(@v, @v)": numbers,
    "UNION_DISTINCT(@v, @v)": texts,
    "INTERSECTION(@v, @v)": records,
    "MINUS(@v, @v)": records,
    "OUTERSECTION(@v, @v)": records,
    "INTERLEAVE(@v, @v)": numbers,
    "JACCARD(@v, @v)": records,
    "POSITION(@v, -1)": numbers,
    "REMOVE_VALUE(@v, -1)": numbers,
    "REMOVE_VALUES(@v, [1])": texts,
    "ZIP(@v, @v)": texts,
    "PERCENTILE(@v, 50)": numbers,
    "COSINE_SIMILARITY(@v, @v)": numbers,
    "L1_DISTANCE(@v, @v)": numbers,
    "L2_DISTANCE(@v, @v)": numbers,
    "DECAY_GAUSS(@v, 1, 1, 0, 0.5)": numbers,
    "MINHASH(@v, 5)": texts,
    "TOKENS(@v, 'identity')": texts,
    "RANGE(1, LENGTH(@v), 1)": numbers,
    "1..LENGTH(@v)": numbers,
    "@v == NOOPT(@w)": records,
    "@v < NOOPT(@w)": records,
    "@v IN [NOOPT(@w), 1]": records,
    "MATCHES({a: 1}, @v)": records,
    "GEO_LINESTRING": places,
    "IS_IN_POLYGON(@v, 1, 1)": places,
    "GEO_DISTANCE({type: 'LineString', coordinates: @v}, [1, 1])": places,
    "GEO_AREA({type: 'Polygon', coordinates: [@v]})": ring,
    # objects
    **dict.fromkeys(("ATTRIBUTES", "VALUES", "ENTRIES", "HASH", "TO_STRING"), attributes),
    "JSON_STRINGIFY": attributes,
    "KEEP(@v, 'k1')": attributes,
    "UNSET(@v, 'k1')": attributes,
    "UNSET_RECURSIVE(@v, 'k1')": attributes,
    "MERGE([@v, @v])": attributes,
    "MERGE_RECURSIVE(@v, @v)": attributes,
    "@v != NOOPT(@w)": attributes,
    "@v > NOOPT(@w)": attributes,
    "HASH(@v)": records,
    # what is made a text
    **dict.fromkeys(("CONCAT", "CHAR_LENGTH", "LOWER", "MD5", "CRC32", "FNV64"), texts),
    "CONCAT_SEPARATOR(', ', @v)": texts,
    "SPLIT('k1 k2', @v)": texts,
    "SUBSTITUTE('k1 k2', @v, 'x')": texts,
    "STARTS_WITH('k1', @v)": texts,
    "SOUNDEX(CONCAT('1', NOOPT(@v)))": numbers,
    "LTRIM('k1k2', CONCAT(@v))": texts,
    "LEVENSHTEIN_DISTANCE(CONCAT(@v), 'k1')": texts,
    "NGRAM_SIMILARITY(CONCAT(@v), 'k1k2', 2)": texts,
    "CONCAT(@v) LIKE '%k1%k2_%'": texts,
    "SPLIT(CONCAT(@v), ['k1', 'k2'])": texts,
    "SUBSTITUTE(CONCAT(@v), 'k', 'x')": texts,
    "REGEX_REPLACE(CONCAT(@v), 'k', 'x')": texts,
    "REGEX_SPLIT(CONCAT(@v), 'k')": texts,
    "ENCODE_URI_COMPONENT(CONCAT(@v))": texts,
}


class Stop(Event):
    """Counts how often it is asked for, and stops a query at one of these times."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self.most, self.asked = most, 0

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > self.most


def run(call: str, value: Any, most: float = float("inf")) -> int:
    stop = Stop(most)

    def watch(execution: Execution) -> None:
        execution.killed = stop

    text = f"RETURN IS_NULL({call if '@' in call else f'{call}(@v)'})"
    other = json.loads(json.dumps(value))
    bind_vars = {"v": value, **({"w": other} if "@w" in call else {})}
    result = execute(None, text, bind_vars, options=QueryOptions(watch=watch))
    assert result.rows == [False], result.warnings
    return stop.asked


@pytest.mark.parametrize("call", CALLS)
def test_it_is_asked_the_more_often_the_longer_a_value_is(call: str) -> None:
    run(call, CALLS[call](FEW))  # now it is planned, which asks as well
    few, many = (run(call, CALLS[call](count)) for count in (FEW, MANY))
    assert many >= few + 5
    with pytest.raises(ArangoError, match="query killed") as caught:
        run(call, CALLS[call](MANY), (few + many) // 2)
    assert caught.value.number == 1500


def test_the_calls_above_are_of_functions_that_there_are() -> None:
    named = {name for call in CALLS for name in re.findall(r"[A-Z][A-Z0-9_]+(?=\(|$)", call)}
    assert named <= FUNCTIONS.keys()


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*)(.*)(.*)(.*)(.*)z"])
def test_a_regular_expression_that_runs_away_can_be_killed(pattern: str) -> None:
    stop = Stop(20)

    def watch(execution: Execution) -> None:
        execution.killed = stop

    text, bind_vars = "RETURN REGEX_TEST(@text, @pattern)", {"text": "a" * 60 + "b"}
    with pytest.raises(ArangoError) as caught:
        execute(None, text, {**bind_vars, "pattern": pattern}, options=QueryOptions(watch=watch))
    assert caught.value.number == 1500


def test_values_that_share_their_parts_are_written_until_a_kill() -> None:
    doubled = "".join(f"LET x{n} = [x{n - 1}, x{n - 1}] " for n in range(1, 60))
    for call in ("JSON_STRINGIFY(x59)", "HASH(x59)", "x59 == x58", "FLATTEN(x59, 60)"):
        with pytest.raises(ArangoError) as caught:
            execute(
                None,
                f"LET x0 = NOOPT(1) {doubled} RETURN {call}",
                options=QueryOptions(watch=lambda execution: setattr(execution, "killed", Stop(9))),
            )
        assert caught.value.number == 1500


ALPHABET = "aab%_\\"


def test_long_texts_are_searched_as_short_ones_are() -> None:
    random = Random(5)
    for _ in range(3000):
        text = "".join(random.choices("aab", k=random.randrange(12)))
        pattern = "".join(random.choices(ALPHABET, k=random.randrange(7)))
        expected = like_matcher(pattern, ignore_case=False).match(text) is not None
        assert is_like(text, pattern) == expected, (text, pattern)
        wanted = ["".join(random.choices("ab", k=random.randrange(1, 4))) for _ in range(3)]
        found = re.finditer("|".join(wanted), text)
        assert list(hits(text, wanted)) == [(hit.start(), hit[0]) for hit in found]
        place = random.randrange(9)
        assert last_place(text, wanted[0], place, None) == text.rfind(wanted[0], place)


def test_long_texts_are_searched_piece_by_piece_without_losing_hits_between_two() -> None:
    text = "ab" * 700_000
    assert sum(1 for _ in hits(text, ["aba", "b"])) == 700_000
    many = [f"x{number:05}" for number in range(3000)]  # too many for one regular expression
    assert [hit[1] for hit in hits(f"..{many[7]}{many[2]}.", many)] == [many[7], many[2]]
    assert last_place(f"{text}b", "baa", 5, None) == -1
    assert last_place(f"{text}b", "bab", 5, None) == len(text) - 3
    for value, pattern, hit in (
        (text, "%ab_b", True),
        (text, "a%ba%ab", True),
        (text, "b%", False),
    ):
        assert execute(None, "RETURN LIKE(@v, @p)", {"v": value, "p": pattern}).rows == [hit]
    replaced = execute(None, "RETURN SUBSTITUTE(@v, ['ab'], ['c'], 3)", {"v": text}).rows[0]
    assert replaced == "ccc" + text[6:]
    split = execute(None, "RETURN SPLIT(@v, ['a', 'xyz'], 2)", {"v": text}).rows[0]
    assert split == ["", "b"]
