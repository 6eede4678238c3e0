"""Reads source code by tree-sitter: files, types, functions, and how they name each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.services.documents.readers.code_imports import imported
from hades_mcp.services.documents.readers.languages import GRAMMARS, is_installed, parser
from hades_mcp.services.documents.readers.parsed import Parsed, Part, Reference, Unreadable
from hades_mcp.services.documents.readers.text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tree_sitter import Node

    from hades_mcp.services.documents.readers.languages import Grammar
    from hades_mcp.services.documents.readers.parsed import EdgeKind, Kind

_COMMENTS = frozenset({"comment", "line_comment", "block_comment"})
_FUNCTION_VALUES = frozenset({"arrow_function", "function_expression", "generator_function"})
_DOTTED = re.compile(r"[\w$]+(?:(?:\.|::|->|\?\.)[\w$]+)*!?")
_JOINTS = re.compile(r"\.|::|->|\?\.")
_SELF = frozenset({"this", "self", "Self"})
_MARKS = re.compile(r"^\s*(?:///?!?|/\*\*?|\*/|\*|#)?\s?|\s*\*/\s*$", re.MULTILINE)
_LONGEST_SIGNATURE = 600
BROKEN = 0.3
"""A file of which the grammar cannot place this share is in another language, or cut."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where in a file the walk is.

    Args:
        name: The document that calls and definitions found here belong to.
        prefix: What definitions found here begin their names with.
        owner: The class around, that `this` means; "" outside.
    """

    name: str
    prefix: str
    owner: str = ""


def read_code(path: Path, text: str) -> Parsed:
    """Return a file, its classes (also structs, interfaces, traits, enums) and functions.

    Of a definition its signature and the comment above it are kept, as of Python. A file of the
    same folder is looked at for a name where the language does so. Without the extra `code` the
    file is plain text.

    Raises:
        Unreadable: The grammar cannot make sense of it.
    """
    grammar = GRAMMARS[path.suffix.lower()]
    if not is_installed(grammar):
        return read_text(path, text)
    source = text.encode()
    root = parser(grammar.package, grammar.function).parse(source).root_node
    try:
        if root.has_error and _unplaced(root) > BROKEN * len(source):
            raise Unreadable(f"not {grammar.name}: its grammar makes no sense of it")
        return _Reader(path, grammar, root).read()
    except RecursionError as error:
        raise Unreadable(f"{grammar.name} nested too deep") from error


def _unplaced(node: Node) -> int:
    if node.type == "ERROR":
        return node.end_byte - node.start_byte
    return sum(_unplaced(child) for child in node.children if child.has_error)


class _Reader:
    """One pass over one file."""

    def __init__(self, path: Path, grammar: Grammar, tree: Node) -> None:
        self._path = path
        self._root = path.as_posix()
        self._grammar = grammar
        self._tree = tree
        self._folder = f"dir:{path.parent.as_posix()}"
        self._imported = imported(path, grammar.imports, tree)
        self._parts: dict[str, Part] = {}
        self._references: dict[Reference, None] = {}

    def read(self) -> Parsed:
        for targets in self._imported.modules:
            self._refer("imports", self._root, targets)
        self._walk(self._tree, _Scope(self._root, f"{self._root}#"))
        defined = [part.title.rpartition(" > ")[2] for part in self._parts.values()]
        opening = _comment(self._tree.named_children[0]) if self._tree.named_children else ""
        overview = f"{opening}\n\nDefines: {', '.join(defined)}" if defined else opening
        last = self._tree.end_point[0] + 1
        file = Part("module", self._root, self._path.name, overview.strip(), 1, last)
        return Parsed(
            (file, *self._parts.values()),
            tuple(self._references),
            dict(self._offered()) if self._grammar.shared else {},
            self._folder if self._grammar.shared else "",
        )

    def _offered(self) -> Iterator[tuple[str, str]]:
        yield self._folder, self._root
        for name in self._parts:
            yield f"{self._folder}#{name.partition('#')[2]}", name

    def _walk(self, node: Node, scope: _Scope) -> None:
        for child in node.named_children:
            kind = self._grammar.definitions.get(child.type)
            if kind is not None and (name := _name(child)):
                self._define(child, kind, name, scope)
            elif child.type == "variable_declarator" and _is_function(child):
                self._define(child, "function", _name(child), scope)
            elif child.type == "impl_item":
                self._implement(child, scope)
            else:
                self._call(child, scope)
                self._walk(child, scope)

    def _define(self, node: Node, kind: Kind, name: str, scope: _Scope) -> None:
        if kind == "class" and node.type.endswith("_specifier") and not _field(node, "body"):
            return  # `struct cup *fill(…)` only mentions it
        if receiver := _receiver(node):
            scope = _Scope(scope.name, f"{self._root}#{receiver}.", f"{self._root}#{receiver}")
        full = scope.prefix + name
        if kind == "function" and scope.owner:
            kind = "method"
        if full not in self._parts:
            title = f"{self._path.name} > {full.partition('#')[2]}"
            span = (node.start_point[0] + 1, node.end_point[0] + 1)
            self._parts[full] = Part(kind, full, title, _text(node), *span)
            above = scope.owner if scope.owner in self._parts else scope.name
            self._refer("contains", above, (full,))
        if kind == "class":
            for base in _bases(node, self._grammar.bases):
                self._refer("inherits", full, self._meant(base, scope))
            self._walk(node, _Scope(full, f"{full}.", full))
        else:
            self._calls(node, _Scope(full, scope.prefix, scope.owner))

    def _implement(self, node: Node, scope: _Scope) -> None:
        """Rust: `impl Trait for Type` puts methods and a base to a type."""
        own = _plain(_field(node, "type"))
        trait = _plain(_field(node, "trait"))
        owner = f"{self._root}#{own}"
        if trait:
            self._refer("inherits", owner, self._meant(trait, scope))
        self._walk(node, _Scope(scope.name, f"{owner}.", owner))

    def _calls(self, node: Node, scope: _Scope) -> None:
        """Functions inside functions are part of the outer one."""
        for child in node.named_children:
            self._call(child, scope)
            self._calls(child, scope)

    def _call(self, node: Node, scope: _Scope) -> None:
        field = self._grammar.calls.get(node.type)
        called = _field(node, field) if field else None
        if called is None:
            return
        name = _said(called)
        on = _field(node, "object") if node.type == "method_invocation" else None
        if on is not None:
            name = f"{_said(on)}.{name}"
        elif node.type == "method_invocation" and scope.owner:
            name = f"this.{name}"  # Java: an unqualified call is of the class around
        if _DOTTED.fullmatch(name):
            self._refer("calls", scope.name, self._meant(name.rstrip("!"), scope))

    def _meant(self, name: str, scope: _Scope) -> tuple[str, ...]:
        """Return what a name may stand for here, the likeliest first."""
        first, *rest = _JOINTS.split(name)
        if first in _SELF:
            return (f"{scope.owner}.{'.'.join(rest)}",) if scope.owner and rest else ()
        dotted = ".".join([first, *rest])
        here = [f"{scope.owner}.{dotted}"] if scope.owner and not rest else []
        here.append(f"{self._root}#{dotted}")
        here += self._imported.targets(first, rest)
        if self._grammar.shared:
            here.append(f"{self._folder}#{dotted}")
        return tuple(here)

    def _refer(self, kind: EdgeKind, origin: str, targets: Iterable[str]) -> None:
        if found := tuple(targets):
            self._references[Reference(kind, origin, found)] = None


def _field(node: Node, name: str) -> Node | None:
    return node.child_by_field_name(name)


def _said(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _plain(node: Node | None) -> str:
    """A type's name without its parameters: `Vec` of `Vec<T>`."""
    return re.split(r"[<(\[]", _said(node))[0].strip().lstrip("&*").strip()


def _name(node: Node) -> str:
    """Return what a definition defines; in C the name is inside declarators."""
    found = _field(node, "name")
    inner = _field(node, "declarator")
    while found is None and inner is not None:
        deeper = _field(inner, "declarator") or next(
            (c for c in inner.named_children if c.type.endswith("declarator")), None
        )
        found, inner = (inner, None) if deeper is None else (None, deeper)
    name = _plain(found)
    return ".".join(_JOINTS.split(name)) if _DOTTED.fullmatch(name) else ""


def _is_function(node: Node) -> bool:
    value = _field(node, "value")
    return value is not None and value.type in _FUNCTION_VALUES


def _receiver(node: Node) -> str:
    """Go: the type a method belongs to."""
    receiver = _field(node, "receiver")
    found = re.search(r"\*?\s*([A-Za-z_]\w*)\s*(?:\[[^\]]*\])?\s*\)$", _said(receiver))
    return found[1] if found else ""


def _bases(node: Node, lists: frozenset[str]) -> Iterator[str]:
    for child in node.named_children:
        if child.type in lists:
            for name in _base_names(child):
                yield _plain(name)


def _base_names(node: Node) -> Iterator[Node]:
    for child in node.named_children:
        if child.type in {"identifier", "type_identifier", "generic_type", "member_expression"} | {
            "qualified_identifier",
            "scoped_type_identifier",
            "nested_type_identifier",
        }:
            yield child
        elif child.type not in {"type_arguments", "arguments"}:
            yield from _base_names(child)


def _text(node: Node) -> str:
    return f"{_signature(node)}\n{_comment(node)}".strip()


def _signature(node: Node) -> str:
    outer = _outermost(node)
    value = _field(node, "value")
    body = _field(node, "body") or (_field(value, "body") if value is not None else None)
    source = _said(outer)
    if body is not None and node.type != "type_spec":
        length = body.start_byte - outer.start_byte
        source = source.encode()[:length].decode("utf-8", "replace")
    return source[:_LONGEST_SIGNATURE].strip().removesuffix("{").removesuffix("=>").strip()


def _outermost(node: Node) -> Node:
    """The statement around a definition: `export`, `const`, `type`, `template` belong to it."""
    wrappers = {"export_statement", "lexical_declaration", "variable_declaration"} | {
        "type_declaration",
        "template_declaration",
        "decorated_definition",
    }
    while node.parent is not None and node.parent.type in wrappers:
        node = node.parent
    return node


def _comment(node: Node) -> str:
    """Return the comments right above a definition, without their marks."""
    lines: list[str] = []
    current: Node | None = _outermost(node)
    if current is not None and current.type in _COMMENTS:  # the head of a file
        lines.append(_said(current))
    previous = current.prev_named_sibling if current is not None else None
    while previous is not None and current is not None:
        skipped = previous.type in {"attribute_item", "decorator"}
        # a line comment of Rust ends where the next line begins
        gap = current.start_point[0] - previous.end_point[0]
        if not skipped and (previous.type not in _COMMENTS or gap > 1):
            break
        if not skipped:
            lines.insert(0, _said(previous))
        current, previous = previous, previous.prev_named_sibling
    return "\n".join(_MARKS.sub("", comment) for comment in lines).strip()
