"""The schema as it can be seen: collections, what their documents look like, graphs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from hades_mcp.errors import UnknownName
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import StandardDatabase

SAMPLE = 50
"""Documents looked at per collection."""

LONG = 64
"""A list of at least so many floats is a vector."""


@dataclass(frozen=True, slots=True)
class CollectionSchema:
    """One collection.

    Args:
        name: Its name.
        type: Documents, or edges with `_from` and `_to`.
        count: How many documents it has.
        attributes: Attribute → types seen in a sample, joined by `|`, most common first.
        indexes: Each as `type(field, …)`; the primary one and the edge one go without saying.
    """

    name: str
    type: Literal["document", "edge"]
    count: int
    attributes: dict[str, str]
    indexes: list[str]


@dataclass(frozen=True, slots=True)
class GraphSchema:
    """One named graph.

    Args:
        name: Its name.
        edges: Each edge collection as `from -edges-> to`.
    """

    name: str
    edges: list[str]


@dataclass(frozen=True, slots=True)
class Schema:
    """A database as a query writer needs to know it."""

    collections: list[CollectionSchema]
    graphs: list[GraphSchema]


class SchemaService:
    """Looks at what is there; nothing is declared, everything inferred.

    Args:
        db: The database.
    """

    def __init__(self, db: StandardDatabase) -> None:
        self._db = db

    @translated
    def describe(self, collection: str | None = None) -> Schema:
        """Return the collections and graphs.

        Args:
            collection: Only this one, and the graphs it belongs to.

        Raises:
            UnknownName: There is no such collection; the nearest is suggested.
        """
        found = cast("list[dict[str, Any]]", self._db.collections())
        types = {c["name"]: c["type"] for c in found if not c["system"]}
        if collection is not None and collection not in types:
            raise UnknownName("collection", collection, types)
        names = sorted(types) if collection is None else [collection]
        graphs = cast("list[dict[str, Any]]", self._db.graphs())
        return Schema(
            [self._collection(name, types[name]) for name in names],
            [_graph(g) for g in graphs if collection is None or _mentions(g, collection)],
        )

    def _collection(self, name: str, kind: Literal["document", "edge"]) -> CollectionSchema:
        handle = self._db.collection(name)
        indexes = cast("list[dict[str, Any]]", handle.indexes())
        return CollectionSchema(
            name=name,
            type=kind,
            count=cast("int", handle.count()),
            attributes=_attributes(
                rows(self._db, "FOR d IN @@c LIMIT @n RETURN d", {"@c": name, "n": SAMPLE})
            ),
            indexes=[
                f"{index['type']}({', '.join(index['fields'])})"
                for index in indexes
                if index["type"] not in {"primary", "edge"}
            ],
        )


def _attributes(sample: list[dict[str, Any]]) -> dict[str, str]:
    seen: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for document in sample:
        for name, value in document.items():
            seen[name][type_name(value)] += 1
    return {
        name: "|".join(sorted(types, key=lambda kind: -types[kind]))
        for name, types in sorted(seen.items())
        if name != "_rev"
    }


def type_name(value: Any) -> str:
    """Return AQL's name for the type of a value; a list of many floats is a vector."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            vector = len(value) >= LONG and isinstance(value[0], float)
            return f"vector[{len(value)}]" if vector else "array"
        case _:
            return "object"


def _graph(graph: dict[str, Any]) -> GraphSchema:
    edges = [
        f"{'|'.join(definition['from_vertex_collections'])}"
        f" -{definition['edge_collection']}-> "
        f"{'|'.join(definition['to_vertex_collections'])}"
        for definition in graph["edge_definitions"]
    ]
    return GraphSchema(graph["name"], edges)


def _mentions(graph: dict[str, Any], collection: str) -> bool:
    return any(
        collection == definition["edge_collection"]
        or collection in definition["from_vertex_collections"]
        or collection in definition["to_vertex_collections"]
        for definition in graph["edge_definitions"]
    )
