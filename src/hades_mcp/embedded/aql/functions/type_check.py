"""Functions that ask for a value's type or convert it to another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import to_array, to_bool, to_number, to_text, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

DOCUMENT_KEY = re.compile(r"[a-zA-Z0-9_:.@()+,=;$!*'%-]{1,254}")


def _register(names: tuple[str, ...], compute: Callable[[Any], Any]) -> None:
    @aql_function(*names, low=1)
    def call(_context: Context, value: Any) -> Any:
        return compute(value)


def _register_check(names: tuple[str, ...], wanted: str) -> None:
    _register(names, lambda value: type_name(value) == wanted)


_register_check(("IS_NULL",), "null")
_register_check(("IS_BOOL",), "bool")
_register_check(("IS_NUMBER",), "number")
_register_check(("IS_STRING",), "string")
_register_check(("IS_ARRAY", "IS_LIST"), "array")
_register_check(("IS_OBJECT", "IS_DOCUMENT"), "object")
_register(("TYPENAME",), type_name)
_register(("TO_BOOL",), to_bool)
_register(("TO_NUMBER",), to_number)
_register(("TO_ARRAY", "TO_LIST"), to_array)


@aql_function("TO_STRING", low=1)
def to_string(_context: Context, value: Any) -> str:
    """Convert to a text."""
    return to_text(value)


@aql_function("IS_KEY", low=1)
def is_key(_context: Context, value: Any) -> bool:
    """Tell whether a value may be a document's `_key`."""
    return isinstance(value, str) and DOCUMENT_KEY.fullmatch(value) is not None
