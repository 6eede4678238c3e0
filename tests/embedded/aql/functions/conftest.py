"""One call of an AQL function, as a query would make it."""

from collections.abc import Callable
from typing import Any

import pytest

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.functions import resolve


@pytest.fixture
def context() -> Context:
    return Context(seed=1)


@pytest.fixture
def call(context: Context) -> Callable[..., Any]:
    def run(name: str, *arguments: Any) -> Any:
        function = resolve(name)
        function.check_count(len(arguments))
        return function.call(context, *arguments)

    return run


@pytest.fixture
def warned(context: Context) -> Callable[[], list[int]]:
    return lambda: [warning.number for warning in context.warnings]
