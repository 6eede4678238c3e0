"""The catalog: which collections and indexes a database has, read once per change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.storage.indexes import COLLATED_TYPES, EDGE, PRIMARY, Index

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """What is known of a collection without looking at its documents.

    Attributes:
        id: Number as text; stays when the collection is renamed.
        key_options: allowUserKeys, type and what the type needs.
        schema: Validation schema as given, or None.
        properties: Other properties as given at creation (waitForSync, computedValues, ...).
        indexes: The primary index, the edge index of an edge collection, then the others.
    """

    id: str
    name: str
    is_edge: bool
    key_options: dict[str, Any]
    schema: dict[str, Any] | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    indexes: tuple[Index, ...] = (PRIMARY,)

    @property
    def is_system(self) -> bool:
        """Whether the collection is ArangoDB's own: its name starts with an underscore."""
        return self.name.startswith("_")

    @property
    def number(self) -> int:
        """The id as a number: part of the names of tables."""
        return int(self.id)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All collections by name, as of one version of the catalog.

    Attributes:
        collations: The libraries whose order the sorted indexes were built with.
    """

    version: int
    collections: dict[str, CollectionInfo]
    collations: frozenset[str] = frozenset()

    @property
    def expires(self) -> bool:
        """Whether any collection has a TTL index."""
        return any(
            index.type == "ttl" for info in self.collections.values() for index in info.indexes
        )

    def vector_indexes(self) -> set[int]:
        """Return the numbers of all vector indexes."""
        return {
            int(index.id)
            for info in self.collections.values()
            for index in info.indexes
            if index.type == "vector"
        }


def load_catalog(connection: sqlite3.Connection, version: int) -> Catalog:
    """Read the catalog the connection's transaction sees."""
    indexes: dict[int, list[Index]] = {}
    collations: set[str] = set()
    for number, collection, text, collation in connection.execute(
        "SELECT id, collection, definition, collation FROM indexes ORDER BY id"
    ):
        index = read_index(number, orjson.loads(text))
        indexes.setdefault(collection, []).append(index)
        if index.type in COLLATED_TYPES:
            collations.add(collation)
    collections: dict[str, CollectionInfo] = {}
    for number, name, edge, text in connection.execute(
        "SELECT id, name, edge, properties FROM collections ORDER BY name"
    ):
        built_in = (PRIMARY, EDGE) if edge else (PRIMARY,)
        stored = orjson.loads(text)
        collections[name] = CollectionInfo(
            str(number),
            name,
            bool(edge),
            stored["keyOptions"],
            stored["schema"],
            stored["properties"],
            (*built_in, *indexes.get(number, ())),
        )
    return Catalog(version, collections, frozenset(collations))


def stored_properties(
    key_options: dict[str, Any], schema: dict[str, Any] | None, properties: dict[str, Any]
) -> str:
    """Return what the catalog keeps of a collection beside its name and type."""
    stored = {"keyOptions": key_options, "schema": schema, "properties": properties}
    return orjson.dumps(stored).decode()


def read_index(number: int, stored: dict[str, Any]) -> Index:
    """Rebuild an index from its stored definition."""
    return Index(
        str(number),
        stored["type"],
        stored["name"],
        tuple(stored["fields"]),
        unique=stored["unique"],
        sparse=stored["sparse"],
        options=stored["options"],
    )


def stored_index(index: Index) -> str:
    """Return the definition as the catalog keeps it."""
    stored = {
        "type": index.type,
        "name": index.name,
        "fields": list(index.fields),
        "unique": index.unique,
        "sparse": index.sparse,
        "options": index.options,
    }
    return orjson.dumps(stored).decode()
