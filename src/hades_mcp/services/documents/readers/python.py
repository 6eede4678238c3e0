"""Reads Python source by `ast`: modules, classes, functions, and how they name each other."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from hades_mcp.services.documents.readers.parsed import (
    Parsed,
    Part,
    Reference,
    Unreadable,
    well_formed,
)
from hades_mcp.services.documents.readers.scope import Definition, Scope, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.services.documents.readers.parsed import EdgeKind, Kind


def read_python(path: Path, text: str) -> Parsed:
    """Return a module, its classes and functions, and its edges by name.

    Functions inside functions are part of the outer one. Of several definitions of one name
    (overloads, property setters) the first with a docstring counts.

    Raises:
        Unreadable: Python of this version cannot parse it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # their invalid escapes are not our business
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Unreadable(f"not Python: {error}") from error
    return _Reader(module_name(path), path.stem == "__init__", tree).read()


def module_name(path: Path) -> str:
    """Return the dotted name a file is imported by: its folders, as far as they are packages."""
    names = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names) or path.parent.name


class _Reader:
    """One pass over one module."""

    def __init__(self, module: str, package: bool, tree: ast.Module) -> None:  # noqa: FBT001
        self._module = module
        self._tree = tree
        self._scope = Scope(module, package=package)
        self._parts: dict[str, Part] = {}
        self._documented: set[str] = set()
        self._references: dict[Reference, None] = {}  # ordered, once each

    def read(self) -> Parsed:
        self._scope.learn(self._tree)
        last = max((n.end_lineno or 1 for n in self._tree.body), default=1)
        self._parts[self._module] = Part(
            "module", self._module, self._module, self._overview(), 1, last
        )
        if "." in self._module:
            # runs backwards: from the package's document to this one
            self._refer("contains", self._module.rpartition(".")[0], self._module)
        for target in self._scope.imported:
            self._refer("imports", self._module, *target)
        self._body(self._module, self._tree.body, owner=None)
        return Parsed(tuple(self._parts.values()), tuple(self._references), self._scope.exports())

    def _overview(self) -> str:
        doc = well_formed(ast.get_docstring(self._tree) or "")
        names = [n.name for n in self._tree.body if isinstance(n, Definition)]
        public = ", ".join(name for name in names if not name.startswith("_"))
        return f"{doc}\n\nDefines: {public}".strip() if public else doc

    def _body(self, parent: str, body: list[ast.stmt], owner: str | None) -> None:
        for node in body:
            if isinstance(node, Definition):
                self._definition(parent, node, owner)
            else:
                for block in blocks(node):  # definitions under `if TYPE_CHECKING` or `try`
                    self._body(parent, block, owner)
                self._calls(parent, _own(node), owner)

    def _definition(self, parent: str, node: Definition, owner: str | None) -> None:
        name = f"{parent}.{node.name}"
        part = _part(node, name, in_class=owner is not None)
        documented = bool(ast.get_docstring(node))
        if name not in self._parts or (documented and name not in self._documented):
            self._parts[name] = part
        if documented:
            self._documented.add(name)
        self._refer("contains", parent, name)
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                self._refer("inherits", name, *self._scope.resolve(base, owner))
            self._body(name, node.body, owner=name)
        else:
            self._calls(name, ast.walk(node), owner)

    def _calls(self, origin: str, nodes: Iterator[ast.AST], owner: str | None) -> None:
        for node in nodes:
            if isinstance(node, ast.Call):
                self._refer("calls", origin, *self._scope.resolve(node.func, owner))

    def _refer(self, kind: EdgeKind, origin: str, *targets: str) -> None:
        if targets:
            reference = Reference(kind, origin, targets)
            self._references[reference] = None


def _part(node: Definition, name: str, *, in_class: bool) -> Part:
    doc = ast.get_docstring(node) or ""
    kind: Kind = "method" if in_class else "function"
    if isinstance(node, ast.ClassDef):
        kind = "class"
    text = well_formed(f"{_signature(node)}\n{doc}".strip())
    return Part(kind, name, name, text, node.lineno, node.end_lineno or node.lineno)


def _signature(node: Definition) -> str:
    marks = "".join(f"@{ast.unparse(mark)}\n" for mark in node.decorator_list)
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in [*node.bases, *node.keywords])
        return f"{marks}class {node.name}({bases})" if bases else f"{marks}class {node.name}"
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{marks}{word} {node.name}({ast.unparse(node.args)}){returns}"


def _own(node: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement, not of the statements inside it."""
    stack: list[ast.AST] = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(
            child
            for child in ast.iter_child_nodes(current)
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        )
