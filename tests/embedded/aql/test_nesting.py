"""Nesting: as deep as ArangoDB allows, and refused with its number below."""

import sys

import pytest

from hades_mcp.embedded.aql import execute, explain
from hades_mcp.embedded.aql.parser import parse
from hades_mcp.embedded.errors import ArangoError


def nested(shape: str, levels: int) -> str:
    """Make a query that nests so deeply."""
    shapes = {
        "parentheses": "RETURN " + "(" * levels + "q" + ")" * levels,
        "arrays": "RETURN " + "[" * levels + "q" + "]" * levels,
        "objects": "RETURN " + "{a: " * (levels // 2) + "q" + "}" * (levels // 2),
        "calls": "RETURN " + "ABS(" * levels + "q" + ")" * levels,
        "sums": "RETURN q" + " + 1" * levels,
        "sums to the right": "RETURN " + "(1 + " * levels + "q" + ")" * levels,
        "signs": "RETURN " + "-" * levels + "q",
        "conditions": "RETURN " + "q == 2 ? 1 : " * levels + "q",
        "attributes": "RETURN q" + ".a" * levels,
        "elements": "RETURN q" + "[0]" * levels,
        "expansions": "RETURN [q]" + "[*]" * levels,
        "projections": "RETURN " + "[1][* RETURN " * levels + "q" + "]" * levels,
        "patterns": "LET " + "[" * levels + "a" + "]" * levels + " = q RETURN a",
    }
    return "LET q = NOOPT(1) " + shapes[shape]


@pytest.mark.parametrize(
    "shape",
    [
        *("parentheses", "arrays", "objects", "calls", "sums", "sums to the right", "signs"),
        *("conditions", "attributes", "elements", "expansions", "projections", "patterns"),
    ],
)
def test_490_levels_are_planned_run_and_explained(shape: str) -> None:
    before = sys.getrecursionlimit()
    text = nested(shape, 490)
    assert len(execute(None, text).rows) == 1
    assert explain(None, text)["plan"]["nodes"]
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize("levels", [1_200, 10_000])
@pytest.mark.parametrize(
    "shape",
    [
        *("arrays", "objects", "calls", "sums", "sums to the right", "signs", "conditions"),
        *("attributes", "elements", "expansions", "projections", "patterns"),
    ],
)
def test_more_levels_are_refused(shape: str, levels: int) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(None, nested(shape, levels))
    assert caught.value.number == 1524


@pytest.mark.parametrize(
    "text",
    [
        "RETURN " + "(" * 10_000 + "1" + ")" * 10_000,
        "RETURN " + "[" * 10_000,
        "LET " + "{a:" * 10_000,
        "FOR x IN " + "(FOR y IN " * 10_000,
    ],
)
def test_what_never_ends_is_refused(text: str) -> None:
    with pytest.raises(ArangoError) as caught:
        parse(text)
    assert caught.value.number == 1524


def test_100_subqueries_in_one_another_give_a_value() -> None:
    [value] = execute(None, "RETURN " + "(RETURN " * 100 + "1" + ")" * 100).rows
    for _ in range(100):
        [value] = value
    assert value == 1


def test_a_sum_may_have_as_many_terms_as_in_arangodb() -> None:
    assert execute(None, "RETURN 0" + "".join(f" + {i}" for i in range(1, 499))).rows == [124251]
    with pytest.raises(ArangoError) as caught:
        execute(None, "RETURN 0" + "".join(f" + {i}" for i in range(1, 501)))
    assert caught.value.number == 1524


def test_long_chains_of_or_are_no_nesting() -> None:
    chain = " OR ".join(["false"] * 5_000)
    assert execute(None, f"RETURN {chain} OR 7").rows == [7]


def test_rows_pass_through_hundreds_of_operations() -> None:
    loops = "".join(f"FOR x{i} IN [1] " for i in range(400))
    assert execute(None, f"{loops} RETURN x399").rows == [1]
    assert explain(None, f"{loops} RETURN x399")["plan"]["estimatedNrItems"] > 0
    lets = "".join(f"LET y{i} = x + {i} " for i in range(500))
    assert execute(None, f"FOR x IN 1..2 {lets} RETURN y499").rows == [500, 501]
    assert execute(None, "FOR x IN 1..2 " + "FILTER x < 2 " * 300 + "RETURN x").rows == [1]


def test_more_than_4000_operations_are_refused() -> None:
    with pytest.raises(ArangoError) as caught:
        parse("FOR x IN [1] " * 4_001 + "RETURN 1")
    assert caught.value.number == 1524
