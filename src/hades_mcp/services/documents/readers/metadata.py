"""Metadata as it is stored: JSON values by name, whatever the file had."""

from __future__ import annotations

from datetime import date, datetime, time
from math import isfinite
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.readers.parsed import Unreadable, well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ATTRIBUTES = 200
"""More are data rather than something said about a text."""

DEEPEST = 50
"""Levels of lists and objects inside each other."""

MOST_ALIASES = 20
"""Of YAML: with more, a few lines can stand for billions of values."""

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
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        if sum(isinstance(event, yaml.AliasEvent) for event in events) > MOST_ALIASES:
            return {}
        found = yaml.safe_load(text)
        return metadata(found) if isinstance(found, dict) else {}
    except (yaml.YAMLError, ValueError, RecursionError, Unreadable):
        return {}


def metadata(found: dict[Any, Any], depth: int = 1) -> dict[str, Any]:
    """Return a mapping with names as text and values as JSON has them; empty ones are dropped.

    Args:
        found: The mapping.
        depth: How many others it is inside of, itself counted.

    Raises:
        Unreadable: It is nested deeper than `DEEPEST`.
    """
    kept = ((well_formed(str(name)), _json(value, depth)) for name, value in found.items())
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


def _json(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise Unreadable(f"nested deeper than {DEEPEST} levels")
    match value:
        case float() if not isfinite(value):
            return str(value)  # JSON has none of these
        case None | bool() | int() | float():
            return value
        case str():
            return well_formed(value)
        case datetime() | date() | time():
            return value.isoformat()
        case dict():
            return metadata(value, depth + 1)
        case list() | tuple() | set():
            return [_json(item, depth + 1) for item in value]
        case _:
            return well_formed(str(value))
