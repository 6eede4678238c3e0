"""Objects are taken apart and put together as the manual shows."""

import pytest

DOC = {"foo": {"bar": {"foo": 1, "baz": 2}, "baz": 3}, "baz": 4}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("ATTRIBUTES", [{"foo": 1, "_key": 2, "_custom": 3}], ["_custom", "_key", "foo"]),
        ("ATTRIBUTES", [{"foo": 1, "_key": 2}, True], ["foo"]),
        ("KEYS", [{"b": 1, "B": 2, "a": 3}, False, True], ["B", "a", "b"]),
        ("VALUES", [{"_id": "users/jane", "name": "Jane", "age": 35}, True], ["Jane", 35]),
        ("ENTRIES", [{"foo": "bar", "number": 123}], [["foo", "bar"], ["number", 123]]),
        ("HAS", [{"name": None}, "name"], True),
        ("HAS", ["text", "name"], False),
        ("VALUE", [{"foo": [{"bar": "baz"}, {"bar": {"x": 1}}]}, ["foo", 1, "bar"]], {"x": 1}),
        ("VALUE", [{"foo": 1}, ["foo", "bar"]], None),
        ("MATCHES", [{"test": 1}, [{"test": 1, "foo": 2}, {"foo": 1}, {"test": 1}], True], 2),
        ("MATCHES", [{"a": 1}, {"b": None}], True),
        ("TRANSLATE", [42, {"42": True}], True),
        ("TRANSLATE", [42, {"foo": "bar"}], 42),
        ("TRANSLATE", [42, {"foo": "bar"}, "none"], "none"),
        ("ZIP", [["a", "b", "a"], [1, [2], 3]], {"a": 1, "b": [2]}),
        ("MERGE", [{"a": {"b": 1}}, {"a": {"c": 2}}], {"a": {"c": 2}}),
        ("MERGE", [[{"foo": "bar"}, {"bar": "baz", "foo": "done"}]], {"foo": "done", "bar": "baz"}),
        ("MERGE_RECURSIVE", [{"a": {"b": 1}}, {"a": {"c": 2}}], {"a": {"b": 1, "c": 2}}),
        ("KEEP", [DOC, "baz", "missing"], {"baz": 4}),
        ("KEEP", [DOC, ["foo", "baz"]], DOC),
        ("KEEP_RECURSIVE", [DOC, ["foo", "baz"]], {"foo": {"baz": 3}, "baz": 4}),
        ("UNSET", [DOC, "foo"], {"baz": 4}),
        ("UNSET_RECURSIVE", [DOC, "baz"], {"foo": {"bar": {"foo": 1}}}),
        ("PARSE_IDENTIFIER", ["_users/my-user"], {"collection": "_users", "key": "my-user"}),
        ("PARSE_COLLECTION", [{"_id": "mycollection/mykey"}], "mycollection"),
        ("PARSE_KEY", ["_users/my-user"], "my-user"),
        ("IS_SAME_COLLECTION", ["_users", {"_id": "_users/my-user"}], True),
        ("IS_SAME_COLLECTION", ["_users", "foobar/baz"], False),
        ("CHECK_DOCUMENT", [{}], True),
        ("CHECK_DOCUMENT", [1], False),
        ("DECODE_REV", ["_YU0HOEG---"], {"date": "2019-03-11T16:15:05.314Z", "count": 0}),
    ],
)  # fmt: skip
def test_object_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ATTRIBUTES", [1]),
        ("VALUES", ["x"]),
        ("ZIP", [["a"], []]),
        ("MERGE", [{}, None]),
        ("MERGE", [[{}, 1]]),
        ("MERGE_RECURSIVE", [{}, []]),
        ("KEEP", [1, "a"]),
        ("TRANSLATE", [1, []]),
        ("VALUE", [{}, "a"]),
        ("PARSE_IDENTIFIER", ["no-slash"]),
        ("PARSE_KEY", [{"no": "id"}]),
        ("IS_SAME_COLLECTION", ["a", {}]),
        ("DECODE_REV", ["!"]),
    ],
)
def test_arguments_of_a_wrong_kind_are_null_with_warning_1542(call, warned, name, arguments):
    assert call(name, *arguments) is None
    assert warned() == [1542]


def test_attribute_names_that_are_no_names_are_skipped_and_in_arrays_warned_of(call, warned):
    assert call("KEEP", {"1": "x", "a": 2}, 1, None) == {"1": "x"}
    assert warned() == []
    assert call("UNSET", {"1": "x", "a": 2}, ["a", 1]) == {"1": "x"}
    assert warned() == [1542]


def test_paths_lead_nowhere_without_steps_or_against_the_kind_of_a_value(call, warned):
    assert call("VALUE", {"a": 1}, []) is None
    assert call("VALUE", {"a": [1, 2]}, ["a", "0"]) is None
    assert call("VALUE", {"0": 1}, [0]) is None
    assert warned() == []


def test_merging_changes_no_argument(call):
    left, right = {"a": {"b": 1}}, {"a": {"c": 2}}
    call("MERGE_RECURSIVE", left, right)
    assert (left, right) == ({"a": {"b": 1}}, {"a": {"c": 2}})
