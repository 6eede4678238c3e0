"""Option `versionAttribute`: a write that is older than what is stored changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.storage.records import Written

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.collection import Collection


def newer_stored(
    collection: Collection, key: Any, new: dict[str, Any], version: str | None
) -> Written | None:
    """Return the stored document, as if just written, if the new one's version is not higher.

    Source: ArangoDB manual, option `versionAttribute`: versions are compared as whole numbers; what
    has none, or a negative one, is written.
    """
    wanted = None if version is None else _version(new.get(version))
    if version is None or wanted is None or type(key) is not str:
        return None
    stored = collection.get(key)
    held = None if stored is None else _version(stored.get(version))
    return Written(stored, stored, "update") if held is not None and wanted <= held else None


def _version(value: Any) -> int | None:
    return int(value) if type(value) in {int, float} and value >= 0 else None
