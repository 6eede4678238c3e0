"""The wire contract: every built-in tool as clients see it, in one file that reviews show."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hades_mcp.messages import ToolSpec
    from hades_mcp.types import JsonObject

FILE = "contract.json"


def contract(specs: Iterable[ToolSpec]) -> JsonObject:
    """Return the contract of some tools."""
    return {"tools": [_tool(spec) for spec in specs]}


def contract_hash(specs: Iterable[ToolSpec]) -> str:
    """Return 16 hex digits that change when anything a client sees of the tools changes."""
    text = orjson.dumps(contract(specs), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:16]


def contract_text(specs: Sequence[ToolSpec]) -> str:
    """Return the contract as the file holds it, hash included."""
    value = {"hash": contract_hash(specs)} | contract(specs)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or write `tools/contract.json` of a checkout; says what it did on stderr."""
    # Imported late: the toolset, which imports the catalog, needs this module's hash.
    from hades_mcp.tools.catalog import BUILT_IN  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=main.__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="fail when the file is out of date")
    action.add_argument("--write", action="store_true", help="bring the file up to date")
    parser.add_argument("--folder", type=Path, default=Path("tools"), help="where the file is")
    given = parser.parse_args(arguments)
    path: Path = given.folder / FILE
    wanted = contract_text([tool.spec for tool in BUILT_IN])
    if given.write:
        path.write_text(wanted, encoding="utf-8")
        sys.stderr.write(f"{path} is written.\n")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write(f"{path} is out of date. Run: python -m hades_mcp.tools.contract --write\n")
    return 1


def _tool(spec: ToolSpec) -> JsonObject:
    hints = spec.annotations
    return {
        "name": spec.name,
        "title": hints.title,
        "description": spec.description,
        "parameters": spec.parameters,
        "annotations": {
            "read_only": hints.read_only,
            "destructive": hints.destructive,
            "idempotent": hints.idempotent,
        },
    }


if __name__ == "__main__":
    sys.exit(main())
