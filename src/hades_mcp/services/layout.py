"""The collections HADES keeps in its database, and making them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from arango.exceptions import ArangoServerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from arango.database import StandardDatabase

DOCUMENTS = "documents"
CHUNKS = "chunks"
SOURCES = "sources"
CONTEXT_ENTRIES = "context_entries"
CHUNK_OF = "chunk_of"
RELATIONS = "relations"

INGESTED_EDGES = ("contains", "imports", "inherits", "calls", "links")
"""Edges between documents that reading files finds; `relations` holds those people add."""

DOCUMENT_EDGES = (*INGESTED_EDGES, RELATIONS)
VERTEX_COLLECTIONS = (DOCUMENTS, CHUNKS, SOURCES, CONTEXT_ENTRIES)
EDGE_COLLECTIONS = (*DOCUMENT_EDGES, CHUNK_OF)
GRAPH = "knowledge"

EDGE_DEFINITIONS: list[dict[str, Any]] = [
    *(
        {
            "edge_collection": name,
            "from_vertex_collections": [DOCUMENTS],
            "to_vertex_collections": [DOCUMENTS],
        }
        for name in DOCUMENT_EDGES
    ),
    {
        "edge_collection": CHUNK_OF,
        "from_vertex_collections": [CHUNKS],
        "to_vertex_collections": [DOCUMENTS],
    },
]

INDEXES: dict[str, list[str]] = {
    DOCUMENTS: ["qualified_name"],
    SOURCES: ["package"],
    CONTEXT_ENTRIES: ["context"],
}
"""One persistent index per collection."""

_DUPLICATE = {1207, 1925}  # duplicate name; graph exists already


def ensure_layout(db: StandardDatabase) -> None:
    """Make what is missing; safe when several processes start on one empty database."""
    there = {collection["name"] for collection in cast("list[Any]", db.collections())}
    for name in VERTEX_COLLECTIONS + EDGE_COLLECTIONS:
        if name not in there:
            _unless_there(_collection_maker(db, name))
    for name, fields in INDEXES.items():
        indexes = cast("list[Any]", db.collection(name).indexes())
        if fields not in (index["fields"] for index in indexes):
            db.collection(name).add_index({"type": "persistent", "fields": fields})
    if GRAPH not in {graph["name"] for graph in cast("list[Any]", db.graphs())}:
        _unless_there(lambda: db.create_graph(GRAPH, edge_definitions=EDGE_DEFINITIONS))


def _collection_maker(db: StandardDatabase, name: str) -> Callable[[], object]:
    return lambda: db.create_collection(name, edge=name in EDGE_COLLECTIONS)


def _unless_there(make: Callable[[], object]) -> None:
    """Run, and be content if another process was first."""
    try:
        make()
    except ArangoServerError as error:
        if error.error_code not in _DUPLICATE:
            raise
