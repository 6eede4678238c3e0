import pytest

from hades_mcp.embedded.aql import execute


def value(text: str, **bind_vars: object) -> object:
    (found,) = execute(None, f"RETURN {text}", bind_vars).rows
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 || 7", 1),
        ("0 || 'x'", "x"),
        ("null && true", None),
        ("[] && 2", 2),
        ("1 + 'a'", 1),
        ("1 + '99'", 100),
        ("5 * [7]", 35),
        ("true + true", 2),
        ("7 / 2", 3.5),
        ("6 / 2", 3),
        ("-7 % 3", -1),
        ("9223372036854775807 + 1", 9223372036854775808.0),
        ("'10' == 10", False),
        ("null < false", True),
        ("'z' < []", True),
        ("[null] == []", True),
        ("{} == {a: null}", True),
        ("3 IN 'x'", False),
        ("3 NOT IN null", False),
        ("[1, 2] ANY == 2", True),
        ("[1, 2] NONE IN [3]", True),
        ("[1, 2, 2] AT LEAST (2) == 2", True),
        ("'x' ALL == 'x'", False),
        ("'foo' =~ '^f'", True),
        ("'foo' !~ '^f'", False),
        ("'foo' NOT LIKE 'f%'", False),
        ("3..1", [3, 2, 1]),
        ("1.9..3.1", [1, 2, 3]),
        ("{a: {b: 1}}.a.b", 1),
        ("{a: 1}.b.c", None),
        ("[1, 2]['1']", 2),
        ("[1, 2][5]", None),
        ("{'1': 'x'}[1]", "x"),
        ("{a: 1, a: 2}.a", 2),
        ("{[1 + 1]: 3}", {"2": 3}),
    ],
)
def test_operators_convert_and_compare_as_arangodb_does(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["1 / 0", "1 % 0", "1 / 'a'"])
def test_division_by_zero_is_null_and_a_warning(text: str) -> None:
    result = execute(None, f"RETURN {text}")
    assert result.rows == [None]
    assert [warning.number for warning in result.warnings] == [1562]


@pytest.mark.parametrize("text", ["true ? 1 : (1 / 0)", "1 || 1 / 0", "0 && 1 / 0", "1 ?: 1 / 0"])
def test_what_is_not_needed_is_not_evaluated(text: str) -> None:
    assert execute(None, f"RETURN {text}").warnings == []


USERS = [
    {"name": "eve", "friends": [{"name": "tina", "age": 43}, {"name": "max", "age": 9}]},
    {"name": "jo", "friends": []},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@u[*].name", ["eve", "jo"]),
        ("@u[*].friends[*].name", [["tina", "max"], []]),
        ("@u[*].friends[**].name", ["tina", "max"]),
        ("(@u[*].name)[0]", "eve"),
        ("@u[*].name[0]", [None, None]),
        ("@u[0].friends[* FILTER CURRENT.age > 10].name", ["tina"]),
        ("@u[0].friends[* LIMIT 1, 1].name", ["max"]),
        ("@u[0].friends[* RETURN CURRENT.age + 1]", [44, 10]),
        ("@u[* FILTER LENGTH(CURRENT.friends[* FILTER CURRENT.age > 10]) > 0].name", ["eve"]),
        ("('no array')[*]", []),
        ("[[1, [2]], 3][**]", [1, [2], 3]),
        ("[[1, [2]], 3][***]", [1, 2, 3]),
        ("@u[?]", True),
        ("[][?]", False),
        ("[1, 2, 3][? 2 FILTER CURRENT > 1]", True),
        ("[1, 2, 3][? 0..1 FILTER CURRENT > 1]", False),
        ("[1, 2, 3][? ALL FILTER CURRENT > 0]", True),
        ("[1, 2, 3][? NONE FILTER CURRENT > 3]", True),
        ("[1, 2, 3][? AT LEAST (3) FILTER CURRENT > 1]", False),
    ],
)
def test_arrays_expand_contract_and_answer_questions(text: str, expected: object) -> None:
    assert value(text, **({"u": USERS} if "@u" in text else {})) == expected


def test_an_attribute_named_by_a_parameter_may_be_a_path() -> None:
    query = "LET d = {a: {b: 5}} RETURN [d.@one.b, d.@path, d[@one].b]"
    assert execute(None, query, {"one": "a", "path": ["a", "b"]}).rows == [[5, 5, 5]]


def test_large_constant_arrays_are_searched_by_equality_of_values() -> None:
    items = [1, "1", True, None, [1], {"a": 1}, 2.5, "x", "y", "z"]
    query = "FOR v IN @values RETURN v IN @items"
    values = [1.0, False, [1, None], {"a": 1, "b": None}, "X", 2.5, 0]
    assert execute(None, query, {"values": values, "items": items}).rows == [
        True,
        False,
        True,
        True,
        False,
        True,
        False,
    ]
