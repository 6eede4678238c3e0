"""Text is built, cut and changed as the manual shows."""

import pytest


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("CHAR_LENGTH", ["🥑"], 1),
        ("CHAR_LENGTH", [{"foo": "bar"}], 13),
        ("CHAR_LENGTH", [None], 0),
        ("LENGTH", [True], 1),
        ("LENGTH", [False], 0),
        ("LENGTH", [1234], 4),
        ("LENGTH", [{"a": 1, "b": 2}], 2),
        ("CONCAT", [None, False, 0, True, ""], "false0true"),
        ("CONCAT", [[5, 6], {"foo": "bar"}], '[5,6]{"foo":"bar"}'),
        ("CONCAT", [["a", None, "b"]], "ab"),
        ("CONCAT_SEPARATOR", [", ", None, False, 0, True, ""], "false, 0, true, "),
        ("CONCAT_SEPARATOR", [", ", [1, None, [2, 3]]], "1, [2,3]"),
        ("LEFT", ["foobar", 3], "foo"),
        ("LEFT", ["foobar", -1], ""),
        ("RIGHT", ["foobar", 3], "bar"),
        ("RIGHT", ["foobar", 0], ""),
        ("SUBSTRING", ["Holy Guacamole!", 10, 4], "mole"),
        ("SUBSTRING", ["Holy Guacamole!", -5, 4], "mole"),
        ("SUBSTRING", ["abc", -10], "abc"),
        ("SUBSTRING", ["abc", 1, -1], ""),
        ("SUBSTRING_BYTES", ["We ❤️ avocado!", 3, 3], "❤"),
        ("SUBSTRING_BYTES", ["We ❤️ avocado!", 3, 3, 3, 5], "We ❤️ avo"),
        ("LOWER", ["AVOcado Ä"], "avocado ä"),
        ("UPPER", ["straße"], "STRASSE"),
        ("TRIM", ["  foobar\t \r\n "], "foobar"),
        ("TRIM", ["  foo  ", 1], "foo  "),
        ("TRIM", ["  foo  ", 2], "  foo"),
        ("TRIM", [";foo;bar;baz, ", ",; "], "foo;bar;baz"),
        ("LTRIM", ["--==[foo-bar]==--", "-=[]"], "foo-bar]==--"),
        ("RTRIM", ["--==[foo-bar]==--", "-=[]"], "--==[foo-bar"),
        ("REVERSE", ["电脑坏了"], "了坏脑电"),
        ("REVERSE", [[1, 2]], [2, 1]),
        ("REPEAT", ["foo", 3, " | "], "foo | foo | foo"),
        ("REPEAT", [5, 5], "55555"),
        ("REPEAT", ["x", 0], ""),
        ("TO_CHAR", [0x1F951], "🥑"),
    ],
)
def test_string_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


@pytest.mark.parametrize(
    ("name", "arguments", "number"),
    [
        ("SUBSTRING_BYTES", ["We ❤️ avocado!", -15, 4], 10),
        ("SUBSTRING_BYTES", [5, 1], 10),
        ("REPEAT", ["x", 17 * 1024 * 1024], 32),
        ("REPEAT", ["x", -1], 1542),
        ("REVERSE", [5], 1563),
        ("TO_CHAR", ["x"], 1542),
        ("TO_CHAR", [0xD800], 1542),
    ],
)
def test_what_has_no_answer_is_null_with_a_warning(call, warned, name, arguments, number):
    assert call(name, *arguments) is None
    assert warned() == [number]
