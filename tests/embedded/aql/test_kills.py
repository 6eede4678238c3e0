"""What works on many values at once asks again and again whether the query was killed."""

from __future__ import annotations

from random import Random
from statistics import median
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hades_mcp.embedded.analyzers import analyze, define, stopping
from hades_mcp.embedded.aql import QueryOptions, execute, prepare
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.vector_block import Block, Vectors

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.executor import Execution

COUNT = 30_000
TIMES = 15


class Counter(Event):
    """Counts how often a query asks whether it was killed, and kills it after so many times."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > self.most


def stop_after(most: int, text: str, values: list[Any]) -> None:
    def watch(execution: Execution) -> None:
        execution.killed = Counter(most)

    bind_vars = {"values": values} if values else {}
    execute(None, text, bind_vars, options=QueryOptions(watch=watch))


@pytest.mark.parametrize(
    "call",
    [
        *(f"{name}(@values)" for name in ("SUM", "PRODUCT", "AVERAGE", "MEDIAN", "MIN", "MAX")),
        *(f"{name}(@values)" for name in ("VARIANCE", "VARIANCE_SAMPLE", "STDDEV")),
        "PERCENTILE(@values, 50)",
        "PERCENTILE(@values, 50, 'interpolation')",
        "LENGTH(INTERLEAVE(@values, @values))",
        "LENGTH(APPEND(@values, @values, true))",
        "LENGTH(PUSH(@values, -1, true))",
        "LENGTH(UNSHIFT(@values, -1, true))",
        "LENGTH(REMOVE_VALUE(@values, -1))",
        "LENGTH(@values[**])",
        "LENGTH([@values][**])",
    ],
)
def test_a_function_of_many_values_can_be_killed_from_its_start_to_its_end(call: str) -> None:
    values = list(range(COUNT))
    for most in (1, TIMES):
        with pytest.raises(ArangoError, match="query killed") as caught:
            stop_after(most, f"RETURN {call}", values)
        assert caught.value.number == 1500
    stop_after(100 * TIMES, f"RETURN {call}", values)


def asked(text: str) -> int:
    counter = Counter(10**9)

    def watch(execution: Execution) -> None:
        execution.killed = counter

    execute(None, text, options=QueryOptions(watch=watch))
    return counter.asked


def test_the_sort_of_many_groups_can_be_killed() -> None:
    many, few = (
        f"FOR i IN 1..60000 COLLECT x = {group} LIMIT 1 RETURN x" for group in ("-i", "-i % 9")
    )
    assert asked(many) > asked(few)


LONG_QUERIES = [
    f"RETURN [{'1,' * 8000}]",
    f"RETURN [{'ABS(1),' * 3000}]",
    f"FOR i IN 1..2 FILTER {' OR '.join(f'i == {n}' for n in range(2500))} RETURN i",
    "".join(f"LET x{n} = {n} FILTER x{n} < 5000 " for n in range(450)) + "RETURN 1",
]


@pytest.mark.parametrize("text", LONG_QUERIES)
def test_reading_and_planning_a_long_query_can_be_killed_from_its_start_to_its_end(
    text: str,
) -> None:
    events: list[int] = []
    with stopping(lambda: events.append(1)):
        prepare(text)
    assert len(events) > 50
    for number, most in enumerate(range(0, len(events), len(events) // 4)):
        with pytest.raises(ArangoError, match=r"AQL: query killed \(while optimizing") as caught:
            stop_after(most, f"{text} // not read before: {number}", [])
        assert caught.value.number == 1500


@pytest.mark.parametrize("name", ["MEDIAN(@values)", "PERCENTILE(@values, 50, 'interpolation')"])
def test_the_middle_of_many_shuffled_numbers_is_theirs(name: str) -> None:
    random = Random(3)
    values = [random.choice([random.randrange(1000), random.random()]) for _ in range(120_001)]
    assert execute(None, f"RETURN {name}", {"values": values}).rows == [median(values)]


@pytest.mark.parametrize(
    ("kind", "properties", "text"),
    [
        ("ngram", {"min": 2, "max": 3, "preserveOriginal": False}, "abc" * 10_000),
        (
            "ngram",
            {"min": 2, "max": 3, "preserveOriginal": True, "streamType": "utf8"},
            "äb" * 9000,
        ),
        ("delimiter", {"delimiter": ","}, "ab," * 10_000),
        ("delimiter", {"delimiter": ","}, 'ä,"b",' * 10_000),
        ("multi_delimiter", {"delimiters": [",", ";"]}, "ab,c;" * 10_000),
        ("wildcard", {"ngramSize": 3}, "abc" * 10_000),
        (
            "pipeline",
            {"pipeline": [{"type": "delimiter", "properties": {"delimiter": ","}}] * 2},
            "ab," * 10_000,
        ),
    ],
)
def test_the_analysis_of_a_long_text_can_be_stopped_keptalong(
    kind: str, properties: dict[str, Any], text: str
) -> None:
    analyzer = define({"name": "made", "type": kind, "properties": properties})
    whole, events = analyze(analyzer, text), []
    with stopping(lambda: events.append(1)):
        assert analyze(analyzer, text) == whole
    assert len(events) >= len(whole) // 1024 >= 9


def test_the_places_of_quoted_parts_count_bytes() -> None:
    analyzer = define({"name": "made", "type": "delimiter", "properties": {"delimiter": "€"}})
    made = analyze(analyzer, 'ä€"b€ü"€c')
    assert made[0] == ("ä", 1, 0, 2)
    assert [token.text for token in made] == ["ä", "b€ü", "c"]
    assert (made[-1].start, made[-1].end) == (16, 17)


def test_a_search_among_many_vectors_can_be_stopped_between_its_pieces() -> None:
    values = np.random.default_rng(1).normal(size=(150_000, 2)).astype(np.float32)
    rows = np.arange(len(values), dtype=np.int64)
    block = Block(Vectors(rows, values, np.einsum("ij,ij->i", values, values)))
    events: list[int] = []
    found = block.nearest(
        *(values[140_000], 1, rows[:0]), by_length=True, check=lambda: events.append(1)
    )
    assert (list(found), len(events)) == ([140_000], 3)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("FOR i IN 1..20000 COLLECT x = i COLLECT WITH COUNT INTO n RETURN n", 6_000_000),
        ("RETURN LENGTH(FOR i IN 1..20000 RETURN DISTINCT [i, -i])", 4_000_000),
        ("FOR i IN 1..20000 COLLECT AGGREGATE kept = PUSH(CONCAT('a', i)) RETURN kept[0]", 500_000),
        (
            "FOR i IN 1..20000 COLLECT AGGREGATE kept = UNIQUE(CONCAT('a', i)) RETURN kept[0]",
            500_000,
        ),
        (
            "FOR i IN 1..20000 COLLECT AGGREGATE n = COUNT_DISTINCT(CONCAT('a', i)) RETURN n",
            500_000,
        ),
    ],
)
def test_groups_and_what_their_aggregates_keep_weigh_on_the_memory_limit(
    text: str, limit: int
) -> None:
    assert execute(None, text, options=QueryOptions(memory_limit=20_000_000)).rows
    with pytest.raises(ArangoError, match="memoryLimit") as caught:
        execute(None, text, options=QueryOptions(memory_limit=limit))
    assert caught.value.number == 32


def test_an_aggregate_that_keeps_few_values_of_many_weighs_little() -> None:
    text = "FOR i IN 1..50000 COLLECT AGGREGATE few = UNIQUE(CONCAT('some text', i % 9)) RETURN few"
    (few,) = execute(None, text, options=QueryOptions(memory_limit=100_000)).rows
    assert len(few) == 9
