"""What defines, calls and inherits in the languages that tree-sitter grammars read for us.

The names are node types of the grammars at github.com/tree-sitter (`src/node-types.json` of each).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Parser

    from hades_mcp.services.documents.readers.parsed import Kind

Imports = str
"""How a language names other files: `modules` (JavaScript), `include`, `java`, `go`, `rust`."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language.

    Args:
        name: For people.
        package: Python package of its grammar.
        imports: How it names other files.
        definitions: Node type → kind of the document it becomes.
        calls: Node type → field that says what is called.
        bases: Node types that list what a class inherits from.
        function: Name of the function in `package` that gives the language.
        shared: Whether files of one folder see each other's names.
    """

    name: str
    package: str
    imports: Imports
    definitions: Mapping[str, Kind]
    calls: Mapping[str, str]
    bases: frozenset[str] = field(default_factory=frozenset)
    function: str = "language"
    shared: bool = True


_SCRIPT: dict[str, Kind] = {
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "class_declaration": "class",
    "method_definition": "function",
}
_TYPES: dict[str, Kind] = {
    **_SCRIPT,
    "abstract_class_declaration": "class",
    "interface_declaration": "class",
    "enum_declaration": "class",
    "type_alias_declaration": "class",
    "method_signature": "function",
    "abstract_method_signature": "function",
    "function_signature": "function",
}
_SCRIPT_CALLS = {"call_expression": "function", "new_expression": "constructor"}
_SCRIPT_BASES = frozenset({"class_heritage", "extends_clause", "extends_type_clause"})
_C: dict[str, Kind] = {
    "function_definition": "function",
    "struct_specifier": "class",
    "union_specifier": "class",
    "enum_specifier": "class",
}

_JAVASCRIPT = Grammar(
    "JavaScript",
    "tree_sitter_javascript",
    "modules",
    _SCRIPT,
    _SCRIPT_CALLS,
    _SCRIPT_BASES,
    shared=False,
)
_TYPESCRIPT = Grammar(
    "TypeScript",
    "tree_sitter_typescript",
    "modules",
    _TYPES,
    _SCRIPT_CALLS,
    _SCRIPT_BASES,
    "language_typescript",
    shared=False,
)
_TSX = Grammar(
    "TSX",
    "tree_sitter_typescript",
    "modules",
    _TYPES,
    _SCRIPT_CALLS,
    _SCRIPT_BASES,
    "language_tsx",
    shared=False,
)
_JAVA = Grammar(
    "Java",
    "tree_sitter_java",
    "java",
    {
        "class_declaration": "class",
        "interface_declaration": "class",
        "enum_declaration": "class",
        "record_declaration": "class",
        "annotation_type_declaration": "class",
        "method_declaration": "function",
        "constructor_declaration": "function",
    },
    {"method_invocation": "name", "object_creation_expression": "type"},
    frozenset({"superclass", "super_interfaces", "extends_interfaces"}),
)
_GO = Grammar(
    "Go",
    "tree_sitter_go",
    "go",
    {
        "function_declaration": "function",
        "method_declaration": "function",
        "type_spec": "class",
    },
    {"call_expression": "function"},
)
_RUST = Grammar(
    "Rust",
    "tree_sitter_rust",
    "rust",
    {
        "function_item": "function",
        "function_signature_item": "function",
        "struct_item": "class",
        "enum_item": "class",
        "union_item": "class",
        "trait_item": "class",
        "macro_definition": "function",
    },
    {"call_expression": "function", "macro_invocation": "macro"},
    frozenset({"trait_bounds"}),
)
_CALLS_OF_C = {"call_expression": "function"}
_PLAIN_C = Grammar("C", "tree_sitter_c", "include", _C, _CALLS_OF_C)
_CPP = Grammar(
    "C++",
    "tree_sitter_cpp",
    "include",
    {**_C, "class_specifier": "class"},
    {**_CALLS_OF_C, "new_expression": "type"},
    frozenset({"base_class_clause"}),
)

GRAMMARS: dict[str, Grammar] = {
    **dict.fromkeys([".js", ".mjs", ".cjs", ".jsx"], _JAVASCRIPT),
    **dict.fromkeys([".ts", ".mts", ".cts"], _TYPESCRIPT),
    ".tsx": _TSX,
    ".java": _JAVA,
    ".go": _GO,
    ".rs": _RUST,
    **dict.fromkeys([".c"], _PLAIN_C),
    **dict.fromkeys([".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"], _CPP),
}
"""Suffix → grammar. A `.h` is read as C++, which C is nearly always."""


def is_installed(grammar: Grammar) -> bool:
    """Return whether the packages that read this language are there (extra `code`)."""
    return find_spec("tree_sitter") is not None and find_spec(grammar.package) is not None


@cache
def parser(package: str, function: str) -> Parser:
    """Return the parser of a language; made once."""
    from tree_sitter import Language, Parser  # noqa: PLC0415  only where it is installed

    language: Any = getattr(import_module(package), function)
    return Parser(Language(language()))
