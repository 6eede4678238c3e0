"""Judges calls as BFCL's AST checker does, in a page: name, arguments, types, accepted values.

The rules are those of `bfcl_eval/eval_checker/ast_eval/ast_checker.py` for Python: strings are
compared without case, spaces and the signs `,./-_*^`; an integer will do where a float is wanted;
an argument whose accepted values hold "" may be left out; parallel calls come in any order. One
thing is laxer: inside lists, 1 will do for 1.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.training.evaluation.bfcl import tool_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.messages import ToolCall
    from hades_mcp.training.evaluation.bfcl import Entry

_IGNORED = re.compile(r"[ ,./\-_*^]")
_KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "any": str,
}

Accepted = dict[str, list[Any]]


def judge(entry: Entry, calls: Sequence[ToolCall]) -> str:
    """Return why calls are not what an entry wants, or an empty string if they are."""
    if entry.category == "irrelevance":
        return f"called {calls[0].name} where no function fits" if calls else ""
    if len(calls) != len(entry.truth):
        return f"made {len(calls)} calls instead of {len(entry.truth)}"
    left = list(calls)
    for wanted in entry.truth:
        whys = [_call(entry, wanted, call) for call in left]
        if "" not in whys:
            return whys[0]
        del left[whys.index("")]
    return ""


def _call(entry: Entry, wanted: dict[str, Accepted], call: ToolCall) -> str:
    ((name, accepted),) = wanted.items()
    if call.name not in {name, tool_name(name)}:
        return f"called {call.name} instead of {name}"
    if call.arguments is None:
        return f"called {name} with arguments that are no JSON object"
    described = next(one for one in entry.functions if one["name"] == name)["parameters"]
    return _arguments(described, accepted, call.arguments)


def _arguments(described: dict[str, Any], accepted: Accepted, given: dict[str, Any]) -> str:
    for name in described.get("required", []):
        if name not in given:
            return f"{name} is missing"
    for name, value in given.items():
        if name not in described["properties"] or name not in accepted:
            return f"there is no argument {name}"
        if not _fits(value, accepted[name], described["properties"][name]["type"]):
            return f"{name} is {value!r}"
    for name, values in accepted.items():
        if name not in given and "" not in values:
            return f"{name} is missing"
    return ""


def _fits(value: Any, accepted: list[Any], kind: str) -> bool:
    if kind == "float" and type(value) is int:
        value = float(value)
    if value == [] and "" in accepted:
        return True  # so BFCL's checker has it: no items are as good as none given
    if type(value) is not _KINDS[kind] and not _variable(value, accepted):
        return False
    if isinstance(value, dict):
        return any(isinstance(one, dict) and _dict_fits(value, one) for one in accepted)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return any(isinstance(one, list) and _dicts_fit(value, one) for one in accepted)
    return any(_plain(value) == _plain(one) for one in accepted)


def _variable(value: Any, accepted: list[Any]) -> bool:
    """Say whether a value has the type of the accepted ones, though not the described one."""
    kinds = [type(one) for one in accepted if one != ""]
    return bool(kinds) and type(value) is kinds[0]


def _dict_fits(value: dict[str, Any], accepted: Accepted) -> bool:
    for key, item in value.items():
        if key not in accepted or all(_plain(item) != _plain(one) for one in accepted[key]):
            return False
    return all(key in value or "" in values for key, values in accepted.items())


def _dicts_fit(value: list[Any], accepted: list[Any]) -> bool:
    return len(value) == len(accepted) and all(
        isinstance(one, dict) and _dict_fits(item, one)
        for item, one in zip(value, accepted, strict=True)
    )


def _plain(value: Any) -> Any:
    match value:
        case str():
            return _IGNORED.sub("", value).lower().replace("'", '"')
        case bool():
            return ("bool", value)  # True == 1 in Python
        case list():
            return [_plain(item) for item in value]
        case _:
            return value
