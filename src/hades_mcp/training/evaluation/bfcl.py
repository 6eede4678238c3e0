"""Reads the non-live AST categories of BFCL v4 from its wheel, a folder, or the installed package.

The Berkeley Function Calling Leaderboard (Patil et al.) is Apache-2.0; HADES ships none of its
data: `pip download --no-deps bfcl-eval` brings it, and `--bfcl` names the wheel.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.errors import ConfigError
from hades_mcp.messages import ToolSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

BFCL = "bfcl"
CATEGORIES = ("simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance")
"""Java and JavaScript are left out: their values are source text of those languages."""

GET_IT = "pip download --no-deps bfcl-eval, then --bfcl WHEEL."
_DATA = "bfcl_eval/data"
_TYPES = {"dict": "object", "float": "number", "tuple": "array"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One question of BFCL.

    Args:
        id: Its id there.
        category: One of `CATEGORIES`.
        question: The user's words.
        functions: The functions on offer, as BFCL describes them.
        truth: What may be called: by function, by argument, the values that are right.
    """

    id: str
    category: str
    question: str
    functions: tuple[dict[str, Any], ...]
    truth: tuple[dict[str, dict[str, list[Any]]], ...] = ()


def load_bfcl(place: Path | None, categories: Sequence[str] = CATEGORIES) -> list[Entry]:
    """Return the questions of some categories, in BFCL's own order.

    Args:
        place: A wheel, or a folder with `BFCL_v4_*.json` in it (or below it, as in the wheel); by
            default the installed package.
        categories: Which of `CATEGORIES`.

    Raises:
        ConfigError: The data is not there, or is not what BFCL v4 has.
    """
    folder = _folder(place)
    try:
        return [entry for category in categories for entry in _category(folder, category)]
    except (OSError, KeyError, IndexError, TypeError, orjson.JSONDecodeError) as error:
        raise ConfigError(
            f"{folder} does not hold BFCL v4: {type(error).__name__}: {error}.", hint=GET_IT
        ) from None


def specs(entry: Entry) -> tuple[ToolSpec, ...]:
    """Return the functions as tools; dots in names become underscores, as chat APIs want it."""
    return tuple(
        ToolSpec(
            tool_name(function["name"]),
            function["description"],
            _schema(function["parameters"]),
        )
        for function in entry.functions
    )


def tool_name(name: str) -> str:
    """Return how a function is called as a tool."""
    return name.replace(".", "_")


def _folder(place: Path | None) -> Traversable:
    if place is None:
        found = find_spec("bfcl_eval")  # looked for, never imported: it drags in half of PyPI
        if found is None or not found.submodule_search_locations:
            raise ConfigError("bfcl-eval is not installed.", hint=GET_IT)
        return Path(found.submodule_search_locations[0]) / "data"
    if place.is_file() and zipfile.is_zipfile(place):
        return zipfile.Path(place, f"{_DATA}/")
    return place / _DATA if (place / _DATA).is_dir() else place


def _category(folder: Traversable, category: str) -> list[Entry]:
    name = f"BFCL_v4_{category}.json"
    rows = _rows(folder / name)
    truths: dict[str, Any] = {}
    if category != "irrelevance":
        answers = _rows(folder / "possible_answer" / name)
        truths = {row["id"]: tuple(row["ground_truth"]) for row in answers}
        if truths.keys() != {row["id"] for row in rows}:
            raise KeyError(f"questions and answers of {category} do not fit")
    return [
        Entry(
            row["id"],
            category,
            row["question"][0][-1]["content"],
            tuple(row["function"]),
            truths.get(row["id"], ()),
        )
        for row in rows
    ]


def _rows(file: Traversable) -> list[Any]:
    text = file.read_bytes()
    return [orjson.loads(line) for line in text.splitlines() if line.strip()]


def _schema(described: dict[str, Any]) -> dict[str, Any]:
    """Return JSON Schema for BFCL's own dialect of it."""
    schema = {key: value for key, value in described.items() if key != "optional"}
    kind = schema.pop("type", "any")
    if kind != "any":
        schema["type"] = _TYPES.get(kind, kind)
    if isinstance(schema.get("properties"), dict):
        schema["properties"] = {k: _schema(v) for k, v in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        schema["items"] = _schema(schema["items"])
    return schema
