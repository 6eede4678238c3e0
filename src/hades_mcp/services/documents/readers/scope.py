"""What the names in a Python module stand for, as far as reading alone can tell."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Scope:
    """The names of one module.

    Args:
        module: Its dotted name.
        package: Whether it is a package's `__init__`, which shifts relative imports.
    """

    def __init__(self, module: str, *, package: bool) -> None:
        self._module = module
        self._package = module if package else module.rpartition(".")[0]
        self._names: dict[str, str] = {}
        self._local: set[str] = set()
        self.imported: list[tuple[str, ...]] = []
        """Per import the modules it may mean, the best first."""

    def learn(self, tree: ast.Module) -> None:
        """Read all imports, wherever they stand, and the definitions at the top."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._import(node)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(node)
        self._define(tree.body)

    def exports(self) -> dict[str, str]:
        """Return what other modules may import from here though it is defined elsewhere."""
        return {
            f"{self._module}.{name}": target
            for name, target in self._names.items()
            if name not in self._local
        }

    def resolve(self, node: ast.expr, owner: str | None) -> tuple[str, ...]:
        """Return the dotted name an expression stands for, or nothing when it can't be told.

        Args:
            node: A name or a chain of attributes.
            owner: The class around it, that `self`, `cls` and `super()` mean.
        """
        if isinstance(node, ast.Subscript):  # class A(Base[T])
            return self.resolve(node.value, owner)
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value
        root = self._root(node, owner)
        return (".".join([root, *attributes]),) if root else ()

    def _define(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, Definition):
                self._names[statement.name] = f"{self._module}.{statement.name}"
                self._local.add(statement.name)
            else:
                for block in blocks(statement):
                    self._define(block)

    def _root(self, node: ast.expr, owner: str | None) -> str | None:
        if isinstance(node, ast.Name):
            if node.id in {"self", "cls"} and owner is not None:
                return owner
            return self._names.get(node.id)
        is_super = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
        )
        return f"{owner}.super()" if is_super and owner is not None else None

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imported.append((alias.name,))
            if alias.asname:
                self._names[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self._names[top] = top

    def _import_from(self, node: ast.ImportFrom) -> None:
        base = self._absolute(node.module or "", node.level)
        for alias in node.names:
            full = f"{base}.{alias.name}"
            self.imported.append((base,) if alias.name == "*" else (full, base))
            self._names[alias.asname or alias.name] = full

    def _absolute(self, module: str, level: int) -> str:
        if level == 0:
            return module
        package = self._package.split(".")
        parts = package[: len(package) - (level - 1)]
        return ".".join([*parts, module]) if module else ".".join(parts)


def blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the statements inside a compound statement, branch by branch."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield block
    for inner in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield inner.body
