"""Which function answers which path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response

Handler: TypeAlias = Callable[..., Response]
"""Called with the request and the variable parts of the path."""

H = TypeVar("H", bound=Callable[..., Response])

_NOT_FOUND = 404
_WRONG_METHOD = 405


class Routes:
    """The paths that one API group answers."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, Handler]] = []

    def add(self, methods: str, path: str) -> Callable[[H], H]:
        """Register a function; `{name}` in the path stands for one variable part.

        Args:
            methods: HTTP methods separated by spaces.
            path: Path below the database.
        """

        def register(handler: H) -> H:
            self.entries.extend((method, path, handler) for method in methods.split())
            return handler

        return register


@dataclass(slots=True)
class _Node:
    named: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    handlers: dict[str, Handler] = field(default_factory=dict)


class Router:
    """A tree over the parts of all paths."""

    def __init__(self, groups: Iterable[Routes]) -> None:
        self._root = _Node()
        self._plain: dict[tuple[str, ...], Handler] = {}
        for group in groups:
            for method, path, handler in group.entries:
                self._node(path).handlers[method] = handler
                if "{" not in path:  # a named part goes before a variable: nothing else can match
                    self._plain[method, *path.strip("/").split("/")] = handler

    def _node(self, path: str) -> _Node:
        node = self._root
        for part in path.strip("/").split("/"):
            if part.startswith("{"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.named.setdefault(part, _Node())
        return node

    def match(self, method: str, parts: Sequence[str]) -> tuple[Handler, list[str]]:
        """Return the function for a path and the path's variable parts.

        Raises:
            ArangoError: 404 for an unknown path, 405 for a method it does not take.
        """
        plain = self._plain.get((method, *parts))
        if plain is not None:
            return plain, []
        found = _find(self._root, method, parts, 0)
        if found is not None:
            handler, captured = found
            return handler, captured[::-1]
        if _known(self._root, parts, 0):
            raise ArangoError(_WRONG_METHOD)
        raise ArangoError(_NOT_FOUND, f"unknown path '/{'/'.join(parts)}'")


def _find(
    node: _Node, method: str, parts: Sequence[str], position: int
) -> tuple[Handler, list[str]] | None:
    """Return a function and the variable parts, last first; a named part goes before a variable."""
    if position == len(parts):
        handler = node.handlers.get(method)
        return None if handler is None else (handler, [])
    part = parts[position]
    if (named := node.named.get(part)) is not None:
        found = _find(named, method, parts, position + 1)
        if found is not None:
            return found
    if node.variable is None:
        return None
    found = _find(node.variable, method, parts, position + 1)
    if found is not None:
        found[1].append(part)
    return found


def _known(node: _Node, parts: Sequence[str], position: int) -> bool:
    """Tell whether the path answers to any method."""
    if position == len(parts):
        return bool(node.handlers)
    nexts = (node.named.get(parts[position]), node.variable)
    return any(each is not None and _known(each, parts, position + 1) for each in nexts)


__all__ = ["Handler", "Request", "Response", "Router", "Routes"]
