"""Every promise has a test, every test a promise."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.promises.promises import PROMISES

TESTS = Path(__file__).parents[1]


def promised(path: Path) -> list[str]:
    """Return the promises a test file names in `@pytest.mark.promise("…")`."""
    return [
        str(node.args[0].value)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "promise"
        and isinstance(node.args[0], ast.Constant)
    ]


def kept() -> set[str]:
    return {name for path in TESTS.rglob("test_*.py") for name in promised(path)}


def test_every_promise_has_a_test() -> None:
    assert not set(PROMISES) - kept()


def test_every_promise_a_test_names_was_made() -> None:
    assert not kept() - set(PROMISES)
