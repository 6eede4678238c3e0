"""How large a query may be: ArangoDB's "Known limitations for AQL queries"."""

import pytest

from hades_mcp.embedded.aql import execute, prepare
from hades_mcp.embedded.aql.plan import SubqueryNode
from hades_mcp.embedded.aql.planning.access import MOST_COLLECTIONS, Access
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Database
from hades_mcp.embedded.values.stopping import stopping


def test_a_plan_of_more_than_4000_nodes_is_refused() -> None:
    steps = "FILTER true " * 1999  # two nodes each: the value, and what drops rows
    assert execute(None, steps + "RETURN 1").rows == [1]
    with pytest.raises(ArangoError) as caught:
        execute(None, steps + "FILTER true RETURN 1")
    assert caught.value.number == 1524


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_thousands_of_values_and_conditions_are_planned_like_few(count: int) -> None:
    values = "".join(
        f"LET sum{at} = {f'sum{at - 1}' if at else 0} + i LET right{at} = sum{at} != 1500 "
        for at in range(count)
    )
    filters = "".join(f"FILTER right{at} " for at in range(count))
    last = f"sum{count - 1}"
    result = execute(None, f"FOR i IN 1..8 FOR j IN [i] {values}{filters} RETURN [i, {last}, j]")
    left = [i for i in range(1, 9) if 1500 not in range(i, i * count + 1, i)]
    assert result.rows == [[i, i * count, i] for i in left]
    assert result.prepared is not None
    kinds = [type(node).__name__ for node in result.prepared.plan.nodes]
    each = ["CalculationNode", "CalculationNode", "FilterNode"]
    first, second = [at for at, kind in enumerate(kinds) if kind == "EnumerateListNode"]
    assert kinds[first + 1 : second] == each * count  # all before the loop they do not read


@pytest.mark.parametrize("count", [1, 300])
def test_loops_over_subqueries_are_pulled_out_however_many(count: int) -> None:
    loops = "".join(
        f"FOR x{at} IN (FOR y IN [{f'x{at - 1}' if at else 1}] RETURN y + 1) "
        for at in range(count)
    )
    result = execute(None, f"{loops} RETURN x{count - 1}")
    assert result.rows == [count + 1]
    assert result.prepared is not None
    assert result.prepared.rules[0] == "inline-subqueries"
    assert not any(isinstance(node, SubqueryNode) for node in result.prepared.plan.nodes)


LOOPS = {
    "lookups": "FOR x{n} IN people FILTER x{n}._key == {other} ",
    "scans": "FOR x{n} IN people FILTER x{n}.city == {other} ",
    "traversals": (
        "FOR x{n}, e{n}, p{n} IN 1..2 OUTBOUND {other} knows"
        " FILTER p{n}.vertices[1].city == 'Bonn' "
    ),
    "constants": "LET x{n} = [{other}, {n}] ",
    "groups": "FOR y{n} IN 1..2 COLLECT x{n} = [y{n}, {other}] INTO g{n} ",
}


@pytest.mark.parametrize("kind", LOOPS)
def test_planning_takes_time_that_grows_with_the_number_of_loops(
    database: Database, kind: str
) -> None:
    def steps(count: int) -> int:
        parts = [
            LOOPS[kind].format(n=n, other=f"x{n - 1}" if n else "'people/1'") for n in range(count)
        ]
        asked: list[int] = []
        with database.transaction() as transaction, stopping(lambda: asked.append(1)):
            prepare(f"{''.join(parts)} RETURN 1", transaction=transaction)
        return len(asked)

    few, many = steps(150), steps(450)
    assert many <= 5 * few


def test_constants_that_double_in_each_step_are_not_written_out() -> None:
    text = "LET x0 = 1 " + "".join(f"LET x{n} = [x{n - 1}, x{n - 1}] " for n in range(1, 60))
    assert execute(None, f"{text} LIMIT x0 RETURN LENGTH(x59)").rows == [2]
    with pytest.raises(ArangoError) as caught:
        execute(None, f"{text} LIMIT LENGTH(x59) RETURN 1")
    assert caught.value.number == 1504


def test_more_than_2048_collections_are_refused() -> None:
    access = Access()
    for number in range(MOST_COLLECTIONS):
        access.note_read(f"c{number}", 0)
    access.note_read("c1", 0)  # met before
    access.note_write("c2", 0)
    for note in (access.note_read, access.note_write):
        with pytest.raises(ArangoError) as caught:
            note("one more", 0)
        assert caught.value.number == 1522


def _values(count: int, value: str, read: int) -> str:
    sets = " ".join(f"LET v{at} = {value.replace('@', str(at))}" for at in range(count))
    return f"FOR i IN [1] {sets} RETURN LENGTH([{', '.join(f'v{at}' for at in range(read))}])"


@pytest.mark.parametrize(
    ("count", "value", "read"),
    [
        (999, "i + @", 999),  # and i itself
        (1500, "i + @", 900),  # what nothing reads is not kept
        (1100, "@", 1100),  # constants need no place in a row
        (2, "i + @", 2),
    ],
)
def test_a_row_may_hold_a_thousand_values(count: int, value: str, read: int) -> None:
    assert execute(None, _values(count, value, read)).rows == [read]


def test_a_chain_of_values_needs_few_at_a_time() -> None:
    chain = " ".join(f"LET v{at} = v{at - 1} + 1" for at in range(1, 1200))
    assert execute(None, f"FOR v0 IN [0] {chain} RETURN v1199").rows == [1199]


@pytest.mark.parametrize("around", ["{}", "FOR o IN [1] LET s = ({}) RETURN s"])
def test_more_values_at_a_time_are_refused(around: str) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(None, around.replace("{}", _values(1100, "i + @", 1100)))
    assert caught.value.number == 32
    assert "too many registers" in caught.value.message
