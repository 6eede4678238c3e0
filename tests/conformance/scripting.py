"""What scripts are made of: scopes, members, functions, operations, as Python closures."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Evaluate = Callable[["Scope"], Any]
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "===": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "!==": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    ">": lambda a, b: bool(a > b),
    "<=": lambda a, b: bool(a <= b),
    ">=": lambda a, b: bool(a >= b),
}


class ScriptError(Exception):
    """A script that cannot be read or run."""


class Thrown(Exception):
    """What `throw` throws, and what ArangoDB refuses."""

    def __init__(self, value: Any) -> None:
        super().__init__(str(value))
        self.value = value


class Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class Broken(Exception):
    pass


class Host:
    """An object of the shell: its members are attributes and methods named `js_…`."""

    def member(self, name: str) -> Any:
        """Return a member; ScriptError where the shell here has none."""
        found = getattr(self, f"js_{name}", None)
        if found is None:
            raise ScriptError(f"{type(self).__name__}.{name}")
        return found


@dataclass
class Scope:
    """Variables, and those around them."""

    names: dict[str, Any]
    outer: Scope | None = None
    printed: list[Any] = field(default_factory=list)

    def holder(self, name: str) -> dict[str, Any]:
        """Return where a variable lives; the outermost scope for a new one."""
        scope = self
        while name not in scope.names and scope.outer is not None:
            scope = scope.outer
        return scope.names

    def get(self, name: str) -> Any:
        """Return the value of a variable."""
        names = self.holder(name)
        if name not in names:
            raise ScriptError(f"unknown name {name}")
        return names[name]


def text_of(literal: str) -> str:
    """Return the text of a literal without its quotes."""

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return "" if code == "\n" else _ESCAPES.get(code, code)

    return _ESCAPED.sub(plain, literal)


def member(target: Any, name: Any) -> Any:
    """Return `target.name`."""
    if isinstance(target, Host):
        return target.member(str(name))
    if isinstance(target, dict):
        if str(name) in target:
            return target[str(name)]
        return (lambda key: key in target) if name == "hasOwnProperty" else None
    if isinstance(target, list | str):
        return _member_of_sequence(target, name)
    raise ScriptError(f"{target!r}.{name}")


def _member_of_sequence(target: Any, name: Any) -> Any:
    if isinstance(name, int | float):
        return target[int(name)] if 0 <= name < len(target) else None
    members: dict[str, Any] = {
        "length": len(target),
        "map": lambda call: [call(item) for item in target],
        "filter": lambda call: [item for item in target if call(item)],
        "forEach": lambda call: [call(item) for item in target] and None,
        "join": lambda by=",": by.join(map(str, target)),
        "push": lambda item: target.append(item) or len(target),
        "slice": lambda start, end=None: target[start:end],
        "split": target.split if isinstance(target, str) else None,
        "concat": lambda other: target + other,
        "toArray": lambda: target,
        "toString": lambda: str(target),
    }
    if name not in members:
        raise ScriptError(f"no member {name}")
    return members[name]


def constant(value: Any) -> Evaluate:
    return lambda _scope: value


def sequence_of(statements: list[Evaluate]) -> Evaluate:
    def run_all(scope: Scope) -> None:
        for statement in statements:
            statement(scope)

    return run_all


def show(scope: Scope, value: Any) -> None:
    """Print a value as it is now."""
    scope.printed.append(deepcopy(value) if isinstance(value, list | dict) else value)


def is_true(value: Any) -> bool:
    return isinstance(value, list | dict) or bool(value)


def assignable(value: Any) -> Any:
    """Return what can be assigned into; a member set on an object of the shell is let go."""
    return {} if isinstance(value, Host) or value is None else value


def member_of(target: Evaluate, key: Evaluate) -> Evaluate:
    return lambda scope: member(target(scope), key(scope))


def _values(items: list[tuple[bool, Evaluate]], scope: Scope) -> list[Any]:
    found: list[Any] = []
    for spread, item in items:
        if spread:
            found.extend(item(scope))
        else:
            found.append(item(scope))
    return found


def array_of(items: list[tuple[bool, Evaluate]]) -> Evaluate:
    return lambda scope: _values(items, scope)


def call_of(function: Evaluate, items: list[tuple[bool, Evaluate]]) -> Evaluate:
    return lambda scope: function(scope)(*_values(items, scope))


def function_of(names: list[str], body: Evaluate, *, is_value: bool) -> Evaluate:
    def make(outer: Scope) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            given = dict.fromkeys(names) | dict(zip(names, arguments, strict=False))
            scope = Scope(given, outer)
            if is_value:
                return body(scope)
            try:
                body(scope)
            except Returned as returned:
                return returned.value
            return None

        return call

    return make


def operation_of(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    def lazy(scope: Scope) -> Any:
        first = left(scope)
        if sign == "&&":
            return right(scope) if is_true(first) else first
        if sign == "||":
            return first if is_true(first) else right(scope)
        return right(scope) if first is None else first

    def strict(scope: Scope) -> Any:
        first, second = left(scope), right(scope)
        if sign in _COMPARE:
            return _COMPARE[sign](first, second)
        if sign == "+" and (isinstance(first, str) or isinstance(second, str)):
            return f"{first}{second}"
        results = {"+": "__add__", "-": "__sub__", "*": "__mul__", "/": "__truediv__"}
        return getattr(first, results.get(sign, "__mod__"))(second)

    return lazy if sign in {"&&", "||", "??"} else strict
