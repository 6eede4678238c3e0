"""Types are told apart and converted as the manual's table says."""

import pytest

SAMPLES = [None, True, -4.56, "", [1], {"a": 1}]
CHECKS = ["IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "IS_ARRAY", "IS_OBJECT"]


@pytest.mark.parametrize(("place", "name"), list(enumerate(CHECKS)))
def test_each_check_is_true_of_its_own_type_only(call, place, name):
    assert [call(name, value) for value in SAMPLES] == [index == place for index in range(6)]


def test_types_have_names_and_old_aliases(call):
    names = ["null", "bool", "number", "string", "array", "object"]
    assert [call("TYPENAME", value) for value in SAMPLES] == names
    assert call("IS_LIST", []) is True
    assert call("IS_DOCUMENT", {}) is True


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TO_BOOL", [], True),
        ("TO_BOOL", "", False),
        ("TO_NUMBER", [["8"]], 8),
        ("TO_NUMBER", "8x", 0),
        ("TO_STRING", 0.0000002, "2e-7"),
        ("TO_STRING", {"foo": "bar", "baz": None}, '{"foo":"bar","baz":null}'),
        ("TO_ARRAY", {"foo": 1, "bar": [2]}, [1, [2]]),
        ("TO_LIST", None, []),
        ("IS_KEY", "a:b.c@d", True),
        ("IS_KEY", "a/b", False),
        ("IS_KEY", "", False),
        ("IS_KEY", "x" * 255, False),
    ],
)
def test_conversions_follow_the_manual(call, name, value, expected):
    assert call(name, value) == expected
