"""Finds which files a source file imports, and which of its names stand for things in them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tree_sitter import Node

_SCRIPTS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", "/index.ts", "/index.tsx", "/index.js")
_QUOTED = re.compile(r"[\"'`<]([^\"'`>]+)[\"'`>]")
_JAVA_PACKAGE = re.compile(rb"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_GO_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_RUST_USE = re.compile(r"use\s+(crate|super|self)((?:::\w+)*)::(\{[^{}]*\}|\w+)")


@dataclass(slots=True)
class Imported:
    """What a file takes from others.

    Args:
        modules: Per import the files it may mean, the best first.
        names: Name here → what it stands for, the best first.
        spaces: Name here → what its members begin with, `file#` or `file#Class.`.
    """

    modules: list[tuple[str, ...]] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    spaces: dict[str, list[str]] = field(default_factory=dict)

    def targets(self, first: str, rest: list[str]) -> Iterator[str]:
        """Yield what `first.rest…` may be in the files imported."""
        dotted = ".".join(rest)
        if not rest:
            yield from self.names.get(first, ())
            return
        yield from (f"{start}{dotted}" for start in self.spaces.get(first, ()))
        yield from (f"{name}.{dotted}" for name in self.names.get(first, ()))


def imported(path: Path, way: str, tree: Node) -> Imported:
    """Return what a file imports, in the way of its language; what is not a file here is left out.

    Args:
        path: The file.
        way: See `languages.Imports`.
        tree: Its root node.
    """
    found = Imported()
    for node in _statements(tree):
        text = _said(node)
        match way, node.type:
            case "modules", "import_statement" | "export_statement":
                _script(path, node, text, found)
            case "include", "preproc_include":
                _include(path, text, found)
            case "java", "import_declaration":
                _java(path, tree, text, found)
            case "go", "import_spec":
                _go(path, node, text, found)
            case "rust", "mod_item" | "use_declaration":
                _rust(path, node, text, found)
    return found


def _statements(tree: Node) -> Iterator[Node]:
    """Imports stand at the top; Go groups them, C puts them between conditions."""
    for node in tree.named_children:
        yield node
        if node.type.startswith(("import_decl", "import_spec", "preproc_if", "preproc_else")):
            yield from _statements(node)


def _said(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _script(path: Path, node: Node, text: str, found: Imported) -> None:
    source = _QUOTED.search(_said(node.child_by_field_name("source")))
    if source is None or not source[1].startswith("."):
        return  # a package: not a file of ours
    base = posixpath.normpath(posixpath.join(path.parent.as_posix(), source[1]))
    # TypeScript writes './x.js' for x.ts
    bases = [base, base.removesuffix(".js")] if base.endswith(".js") else [base]
    files = [f"{each}{suffix}" for each in bases for suffix in _SCRIPTS]
    found.modules.append(tuple(files))
    clause = text.partition(" from ")[0]
    if space := re.search(r"\*\s*as\s+([\w$]+)", clause):
        found.spaces[space[1]] = [f"{file}#" for file in files]
    if braces := re.search(r"\{([^}]*)\}", clause):
        for item in braces[1].split(","):
            name, _, local = item.strip().removeprefix("type ").partition(" as ")
            if name.strip():
                found.names[(local or name).strip()] = [f"{f}#{name.strip()}" for f in files]
    if default := re.match(r"import\s+(?:type\s+)?([\w$]+)", clause):
        found.names[default[1]] = [f"{file}#{default[1]}" for file in files]


def _include(path: Path, text: str, found: Imported) -> None:
    name = _QUOTED.search(text)
    if name is not None:
        near = path.parent.as_posix()
        places = (near, f"{near}/include", f"{near}/../include", f"{near}/..")
        files = [posixpath.normpath(posixpath.join(place, name[1])) for place in places]
        found.modules.append(tuple(files))


def _java(path: Path, tree: Node, text: str, found: Imported) -> None:
    name = re.sub(r"^import\s+(static\s+)?|\s*;\s*$", "", text)
    package = _JAVA_PACKAGE.search(tree.text or b"")
    inside = package[1].decode().replace(".", "/") if package else ""
    folder = path.parent.as_posix()
    if inside and not folder.endswith(inside):
        return
    top = folder.removesuffix(inside)
    file = f"{posixpath.join(top, name.replace('.', '/'))}.java"
    short = name.rpartition(".")[2]
    found.modules.append((file,))
    found.names[short] = [f"{file}#{short}"]


def _go(path: Path, node: Node, text: str, found: Imported) -> None:
    quoted = _QUOTED.search(text)
    module = _go_module(path.parent)
    if quoted is None or module is None or not f"{quoted[1]}/".startswith(f"{module[0]}/"):
        return
    folder = posixpath.normpath(f"{module[1]}/{quoted[1].removeprefix(module[0])}")
    local = _said(node.child_by_field_name("name")) or quoted[1].rpartition("/")[2]
    found.modules.append((f"dir:{folder}",))
    found.spaces[local] = [f"dir:{folder}#"]


def _go_module(folder: Path) -> tuple[str, str] | None:
    """Return the module's name and folder from the nearest `go.mod` above."""
    for parent in (folder, *folder.parents):
        try:
            named = _GO_MODULE.search((parent / "go.mod").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
        return (named[1], parent.as_posix()) if named else None
    return None


def _rust(path: Path, node: Node, text: str, found: Imported) -> None:
    own = path.parent if path.stem in {"main", "lib", "mod"} else path.parent / path.stem
    if node.type == "mod_item":
        name = _said(node.child_by_field_name("name"))
        if node.child_by_field_name("body") is None:
            files = _rust_files(f"{own.as_posix()}/{name}")
            found.modules.append(tuple(files))
            found.spaces[name] = [f"{file}#" for file in files]
        return
    used = _RUST_USE.search(text)
    if used is None:
        return
    crate = next((p for p in path.parents if p.name == "src"), path.parent)
    start = {"crate": crate, "self": own, "super": own.parent}[used[1]]
    files = _rust_files(start.as_posix() + used[2].replace("::", "/"))
    found.modules.append(tuple(files))
    for item in used[3].strip("{}").split(","):
        name, _, local = item.strip().partition(" as ")
        if name.isidentifier():
            found.names[local or name] = [f"{file}#{name}" for file in files]
            inner = _rust_files(f"{start.as_posix()}{used[2].replace('::', '/')}/{name}")
            found.spaces[local or name] = [f"{file}#" for file in inner]


def _rust_files(stem: str) -> list[str]:
    return [f"{stem}.rs", f"{stem}/mod.rs"]
