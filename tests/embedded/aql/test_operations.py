from collections.abc import Callable
from typing import Any

import pytest

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database

Run = Callable[..., list[Any]]
Refusal = Callable[..., ArangoError]


def test_loops_nest_and_filters_see_all_variables(run: Run) -> None:
    query = "FOR a IN 1..3 FOR b IN [1, 2] FILTER a == b RETURN [a, b]"
    assert run(query) == [[1, 1], [2, 2]]


def test_sorting_is_stable_and_takes_directions_key_by_key(run: Run) -> None:
    query = "FOR p IN people SORT p.age DESC, p.name RETURN p.name"
    assert run(query) == ["Cid", "Ann", "Bob", "Dee"]


def test_limit_takes_parameters_and_an_offset(run: Run) -> None:
    assert run("FOR i IN 1..9 LIMIT @skip, @most RETURN i", skip=2, most=3) == [3, 4, 5]


def test_a_limit_of_null_is_no_limit(run: Run) -> None:
    assert run("FOR i IN 1..5 LIMIT 0, null RETURN i") == [1, 2, 3, 4, 5]
    assert run("FOR i IN 1..5 SORT i DESC LIMIT 2, @most RETURN i", most=None) == [3, 2, 1]
    assert run("FOR i IN 1..5 LIMIT null, 2 RETURN i") == [1, 2]
    assert run("LET n = 1 + 1 LET m = n RETURN (FOR i IN 1..5 LIMIT n, m RETURN i)") == [[3, 4]]


def test_the_full_count_is_what_the_last_limit_saw(database: Database) -> None:
    query = "FOR i IN 1..9 FILTER i > 2 LIMIT 2 RETURN i"
    result = execute(database, query, options=QueryOptions(full_count=True))
    assert (result.rows, result.stats["fullCount"]) == ([3, 4], 7)


def test_let_takes_arrays_and_objects_apart(run: Run) -> None:
    query = "LET [a, , {b: [c], d}] = [1, 2, {b: [3], d: 4}] RETURN [a, c, d]"
    assert run(query) == [[1, 3, 4]]
    assert run("FOR [k, v] IN [['x', 1], ['y', 2]] RETURN {[k]: v}") == [{"x": 1}, {"y": 2}]


def test_a_subquery_is_an_array_and_sees_outer_variables(run: Run) -> None:
    query = "FOR i IN 1..3 LET below = (FOR j IN 1..3 FILTER j < i RETURN j) RETURN below"
    assert run(query) == [[], [1], [1, 2]]


def test_distinct_keeps_the_first_of_equal_values(run: Run) -> None:
    assert run("FOR v IN [1, 1.0, '1', [null], []] RETURN DISTINCT v") == [1, "1", [None]]


def test_collect_groups_by_equal_values_in_order(run: Run) -> None:
    query = """
        FOR p IN people
          COLLECT age = p.age INTO group
          RETURN {age, names: group[*].p.name}
    """
    assert run(query) == [
        {"age": 25, "names": ["Bob", "Dee"]},
        {"age": 31, "names": ["Ann"]},
        {"age": 42, "names": ["Cid"]},
    ]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("COLLECT WITH COUNT INTO n RETURN n", [4]),
        (
            "COLLECT c = p.city WITH COUNT INTO n RETURN [c, n]",
            [[None, 1], ["Bonn", 2], ["Kiel", 1]],
        ),
        ("COLLECT AGGREGATE low = MIN(p.age), sum = SUM(p.age) RETURN [low, sum]", [[25, 123]]),
        (
            "COLLECT c = p.city AGGREGATE n = COUNT(1) INTO g = p.name RETURN [c, n, g]",
            [[None, 1, ["Dee"]], ["Bonn", 2, ["Ann", "Cid"]], ["Kiel", 1, ["Bob"]]],
        ),
        (
            "LET n = p.name COLLECT c = p.city INTO g KEEP n FILTER c == 'Kiel' RETURN g",
            [[{"n": "Bob"}]],
        ),
        ("FILTER false COLLECT c = p.city RETURN c", []),
        ("FILTER false COLLECT AGGREGATE n = LENGTH(1), m = MAX(p.age) RETURN [n, m]", [[0, None]]),
    ],
)
def test_collect_in_all_its_forms(run: Run, clause: str, expected: list[Any]) -> None:
    assert run(f"FOR p IN people SORT p.name {clause}") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("LET z = 1 FOR a IN [1] COLLECT x = a INTO g RETURN g", [[{"a": 1}]]),
        ("LET z = 1 FOR a IN [1] LET y = 2 COLLECT x = a INTO g RETURN g", [[{"a": 1, "y": 2}]]),
        (
            "LET z = 1 FOR a IN [1] FOR b IN [2] COLLECT x = a INTO g RETURN g",
            [[{"a": 1, "b": 2}]],
        ),
        ("LET z = 1 LET y = 2 COLLECT x = z INTO g RETURN g", [[{"z": 1, "y": 2}]]),
        ("LET z = 1 RETURN (LET y = 2 COLLECT x = z INTO g RETURN g)", [[[{"y": 2}]]]),
        (
            "FOR a IN [1] COLLECT x = a LET y = 2 COLLECT w = y INTO g RETURN g",
            [[{"x": 1, "y": 2}]],
        ),
    ],
)
def test_into_leaves_out_what_was_set_before_the_first_loop(
    run: Run, query: str, expected: list[Any]
) -> None:
    assert run(query) == expected


def test_collect_ends_the_scope(refusal: Refusal) -> None:
    assert refusal("FOR p IN people COLLECT c = p.city RETURN p").number == 1203


def test_a_window_slides_over_rows(run: Run) -> None:
    query = """
        FOR i IN 1..4
          WINDOW {preceding: 1, following: 'unbounded'} AGGREGATE s = SUM(i)
          RETURN s
    """
    assert run(query) == [10, 10, 9, 7]


def test_a_window_slides_over_values_and_durations(run: Run) -> None:
    query = "FOR v IN [1, 5, 2] WINDOW v WITH {preceding: 1} AGGREGATE a = PUSH(v) RETURN a"
    assert run(query) == [[1], [1, 2], [5]]
    timed = """
        FOR t IN ['2024-01-01T00:00Z', '2024-01-01T00:20Z', '2024-01-01T01:00Z']
          WINDOW DATE_TIMESTAMP(t) WITH {preceding: 'PT30M'} AGGREGATE n = LENGTH(1)
          RETURN n
    """
    assert run(timed) == [1, 2, 1]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("LET a = 1 LET a = 2 RETURN a", 1511),
        ("FOR a IN [1] RETURN (FOR a IN [2] RETURN a)", 1511),
        ("RETURN {foo}", 1512),
        ("RETURN missing", 1203),
        ("FOR d IN missing RETURN d", 1203),
        ("RETURN `no name`", 1208),
        ("RETURN people + 1", 1568),
        ("RETURN FOO(1)", 1540),
        ("RETURN CONCAT()", 1541),
        ("RETURN my::udf(1)", 1582),
        ("FOR d IN people SEARCH d.a == 1 RETURN d", 1501),
        ("FOR x IN null RETURN x", 1563),
        ("FOR i IN 1..3 LIMIT -1 RETURN i", 1504),
        ("FOR i IN 1..3 LIMIT 'a' RETURN i", 1504),
        ("FOR i IN [1] WINDOW {} AGGREGATE s = SUM(i) RETURN s", 1501),
        ("FOR i IN [1] WINDOW {before: 1} AGGREGATE s = SUM(i) RETURN s", 1501),
        ("FOR i IN [1] WINDOW {['preceding']: 1} AGGREGATE s = SUM(i) RETURN s", 1501),
        ("FOR i IN [1] WINDOW {preceding: 1, preceding: 1} AGGREGATE s = SUM(i) RETURN s", 1501),
        ("FOR i IN [1] WINDOW {preceding: -1} AGGREGATE s = SUM(i) RETURN s", 10),
        ("FOR i IN [1] WINDOW {preceding: [1]} AGGREGATE s = SUM(i) RETURN s", 10),
        ("FOR i IN [1] WINDOW i WITH {preceding: null} AGGREGATE s = SUM(i) RETURN s", 10),
        ("FOR i IN [1] WINDOW i WITH {preceding: 'PT0.5H'} AGGREGATE s = SUM(i) RETURN s", 10),
        ("FOR i IN [1] WINDOW i WITH {preceding: 'unbounded'} AGGREGATE s = SUM(i) RETURN s", 10),
        (
            "FOR i IN [] WINDOW i WITH {preceding: 1, following: ''} AGGREGATE s = MAX(i) RETURN s",
            10,
        ),
        (
            "FOR v IN ANY 'people/a' knows OPTIONS {order: 'weighted', defaultWeight: -1} RETURN v",
            1948,
        ),
        (
            "FOR v IN ANY SHORTEST_PATH 'a' TO 'b' knows OPTIONS {defaultWeight: -1} RETURN v",
            1948,
        ),
        ("FOR v IN OUTBOUND 'people/a' knows PRUNE v == DOCUMENT('people/b') RETURN v", 1501),
        ("FOR i IN 1..3 LIMIT i RETURN i", 1504),
        ("FOR i IN 1..3 LIMIT 1, RAND() RETURN i", 1504),
        ("LET n = RAND() FOR i IN 1..3 LIMIT n RETURN i", 1504),
        ("FOR i IN 1..3 LIMIT (RETURN 1)[0] RETURN i", 1504),
        ("RETURN DISTINCT 1", 1501),
        ("FOR i IN [1] COLLECT g = i AGGREGATE n = SUM(g) RETURN n", 1512),
        ("FOR i IN [1] COLLECT AGGREGATE n = i + 1 RETURN n", 1574),
        ("RETURN 1..99999999999", 1504),
        ("FOR d IN people OPTIONS {indexHint: d} RETURN d", 1575),
    ],
)
def test_what_means_nothing_is_refused_with_arangodbs_number(
    refusal: Refusal, text: str, number: int
) -> None:
    assert refusal(text).number == number


@pytest.mark.parametrize(
    ("text", "bind_vars", "number"),
    [
        ("RETURN @a", {}, 1551),
        ("RETURN 1", {"a": 1}, 1552),
        ("RETURN {}.@a", {"a": 1}, 1553),
        ("FOR d IN @@c RETURN d", {"@c": 5}, 1553),
        ("FOR d IN @@c RETURN d", {"@c": "missing"}, 1203),
    ],
)
def test_parameters_must_be_given_and_used(
    database: Database, text: str, bind_vars: dict[str, Any], number: int
) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(database, text, bind_vars)
    assert caught.value.number == number


def test_a_collection_as_argument_is_counted_or_named(run: Run) -> None:
    assert run("RETURN [LENGTH(people), COUNT(people), COLLECTION_COUNT(people)]") == [[4, 4, 4]]
    assert run("RETURN DOCUMENT(people, 'ann').name") == ["Ann"]


@pytest.mark.parametrize(
    "query",
    [
        "RETURN UNIQUE(people)",
        "RETURN APPEND(people, 'foo')",
        "FOR p IN people RETURN NOOPT(people)",
        "RETURN people[*].age",
        "FOR p IN people RETURN people[0]",
    ],
)
def test_a_collection_is_no_value(run: Run, query: str) -> None:
    with pytest.raises(ArangoError) as caught:
        run(query)
    assert caught.value.number == 1568


@pytest.mark.parametrize("value", ["null", "-123", "true", "1.5"])
@pytest.mark.parametrize(
    "query",
    [
        "FOR v IN OUTBOUND {} knows RETURN v",
        "FOR v IN ANY SHORTEST_PATH {} TO 'people/bob' knows RETURN v",
        "FOR v IN INBOUND K_SHORTEST_PATHS 'people/bob' TO {} knows RETURN v",
        "FOR v IN OUTBOUND ALL_SHORTEST_PATHS {} TO 'people/bob' knows RETURN v",
        "FOR v IN OUTBOUND K_PATHS 'people/bob' TO {} knows RETURN v",
    ],
)
def test_a_walk_begins_and_ends_at_no_plain_number(run: Run, query: str, value: str) -> None:
    with pytest.raises(ArangoError) as caught:
        run(query.replace("{}", value))
    assert caught.value.number == 1501
    assert run(query.replace("{}", "''")) == []


def test_a_collection_scanned_again_and_again_is_the_same(run: Run) -> None:
    query = "FOR i IN 1..4 FOR p IN people RETURN LENGTH(FOR q IN people RETURN q.name)"
    assert run(query) == [4] * 16


@pytest.mark.parametrize("source", ["[]", "(FOR p IN people FILTER p.age > 99 RETURN p.age)"])
def test_aggregates_of_no_row_at_all(run: Run, source: str) -> None:
    names = ["LENGTH", "SUM", "MIN", "MAX", "AVG", "STDDEV", "UNIQUE", "COUNT_DISTINCT", "BIT_OR"]
    calls = ", ".join(f"v{at} = {name}(i)" for at, name in enumerate(names))
    values = ", ".join(f"v{at}" for at in range(len(names)))
    query = f"FOR i IN {source} COLLECT AGGREGATE {calls} RETURN [{values}]"
    assert run(query) == [[0, None, None, None, None, None, [], 0, None]]
    nulls = query.replace(source, "[null, null]")
    assert run(nulls) == [[2, 0, None, None, None, None, [None], 1, None]]
    assert run("FOR p IN people FILTER p.age > 99 COLLECT AGGREGATE s = SUM(p.age) RETURN s") == [
        None
    ]
