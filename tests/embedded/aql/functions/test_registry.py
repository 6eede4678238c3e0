"""The table of functions is what ArangoDB's is."""

import pytest

from hades_mcp.embedded.aql.functions import FUNCTIONS, aql_function, find, resolve
from hades_mcp.embedded.errors import ArangoError


def test_names_are_found_in_any_case():
    assert find("concat_Separator") is FUNCTIONS["CONCAT_SEPARATOR"]
    assert find("NO_SUCH_FUNCTION") is None


def test_an_unknown_function_is_error_1540():
    with pytest.raises(ArangoError, match=r"usage of unknown function 'FOO\(\)'") as caught:
        resolve("foo")
    assert caught.value.number == 1540


def test_a_wrong_number_of_arguments_is_error_1541_and_says_the_right_one():
    expected = r"'LIKE\(\)', expected number of arguments: minimum: 2, maximum: 3"
    for count in (1, 4):
        with pytest.raises(ArangoError, match=expected) as caught:
            resolve("LIKE").check_count(count)
        assert caught.value.number == 1541
    resolve("CONCAT").check_count(500)


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="two AQL functions named ABS"):
        aql_function("ABS", low=1)(lambda _context, value: value)


def test_what_may_not_be_computed_beforehand_says_so():
    for name in (
        "RAND",
        "UUID",
        "DATE_NOW",
        "DOCUMENT",
        "COLLECTION_COUNT",
        "NOOPT",
        "FAIL",
        "SLEEP",
    ):
        assert not FUNCTIONS[name].foldable, name
    assert FUNCTIONS["CONCAT"].foldable


def test_scores_outside_a_view_are_refused_with_error_9(call):
    arguments: list[object] = [{}]
    for name in ("BM25", "TFIDF"):
        with pytest.raises(ArangoError, match=r"BM25\(\) and TFIDF\(\)") as caught:
            call(name, *arguments)
        assert caught.value.number == 9
