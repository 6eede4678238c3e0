"""Metadata as it is stored: JSON values by name, whatever the file had."""

from __future__ import annotations

from datetime import date, datetime, time
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ATTRIBUTES = 200
"""More are data rather than something said about a text."""

RESERVED = frozenset(
    {"kind", "title", "qualified_name", "source", "line", "end_line", "text"}
    | {"content_hash", "evidence", "embedding"}
)
"""Attributes of documents that HADES writes itself."""


def yaml_metadata(text: str) -> dict[str, Any]:
    """Return what YAML says at its top level; nothing if it is no YAML or no mapping.

    A file is not refused for its front matter: the text under it is what one looks for.
    """
    import yaml  # noqa: PLC0415  only files with front matter need it

    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return metadata(found) if isinstance(found, dict) else {}


def metadata(found: dict[Any, Any]) -> dict[str, Any]:
    """Return a mapping with names as text and values as JSON has them; empty ones are dropped."""
    kept = ((str(name), _json(value)) for name, value in found.items())
    said = [(name, value) for name, value in kept if name and value not in (None, "", [], {})]
    return dict(said[:MOST_ATTRIBUTES])


def beside(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata as attributes of a document that has HADES's own ones too.

    A name that HADES uses itself gets an underscore behind it: the column `source` of a table
    becomes `source_`. One before it is dropped: such names are ArangoDB's. What became the title
    or the text of the document is not said twice.
    """
    fitting: dict[str, Any] = {}
    for name, value in said.items():
        bare = name.lstrip("_") or "_"
        if bare not in {"title", "text"}:
            fitting[f"{bare}_" if bare in RESERVED else bare] = value
    return fitting


def _json(value: Any) -> Any:
    match value:
        case float() if not isfinite(value):
            return str(value)  # JSON has none of these
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case dict():
            return metadata(value)
        case list() | tuple() | set():
            return [_json(item) for item in value]
        case _:
            return str(value)
