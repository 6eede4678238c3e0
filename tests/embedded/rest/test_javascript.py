"""Code of user functions: what could be a function is kept, what cannot be is refused."""

from __future__ import annotations

import pytest

from hades_mcp.embedded.rest.javascript import is_function


@pytest.mark.parametrize(
    "code",
    [
        "function (celsius) { return celsius * 1.8 + 32; }",
        "(function () {})",
        "  async function f(a, b = [1]) { await a; return typeof b in a }",
        "a => a + 1",
        "(a, b) => ({ a, [b]: `x ${a}` })",
        "function () { if (/it's \\/ [/\"]/g.test('a b')) return 1; else return 'b'; }",
        "function () { // don't mind\n var x = 1 /* it's */ / 2\n return x }",
        "function (a) { for (const x of a) { delete x.y; } return new Date instanceof Date; }",
        "function () { let a = 1\n let b = 2\n return a\n }",
        "function () { switch (1) { case 1: break; default: throw 2 } return a[0] / b / c; }",
    ],
)
def test_a_function_is_kept(code: str) -> None:
    assert is_function(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "1",
        "INVALID",
        "function (celsius) { invalid syntax }",
        "function () { return 1 2 }",
        "function () { return 'a' 'b' }",
        "function () { ",
        "function () { ) }",
        "function () { return [1) }",
        "var f = function () {}",
    ],
)
def test_what_is_plainly_none_is_refused(code: str) -> None:
    assert not is_function(code)
