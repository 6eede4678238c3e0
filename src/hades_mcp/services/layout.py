"""The collections HADES keeps in its database, and making them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from arango.database import StandardDatabase

DOCUMENTS = "documents"
CHUNKS = "chunks"
SOURCES = "sources"
CONTEXTS = "contexts"
CONTEXT_ENTRIES = "context_entries"
FEEDBACK = "feedback"
JOURNAL = "journal"
JOURNAL_IMAGES = "journal_images"
PAGES = "pages"
LIBRARY = "library"
TEXTS = "imported_texts"
PINS = "pins"
REEMBEDDED = "reembedded"
OUTBOX = "outbox"
CHUNK_OF = "chunk_of"
RELATIONS = "relations"

INGESTED_EDGES = ("contains", "next", "links", "cites", "imports", "inherits", "calls")
"""Edges between documents that reading files finds; `relations` holds those people add."""

DOCUMENT_EDGES = (*INGESTED_EDGES, RELATIONS)
VERTEX_COLLECTIONS = (
    DOCUMENTS,
    CHUNKS,
    SOURCES,
    CONTEXTS,
    CONTEXT_ENTRIES,
    FEEDBACK,
    LIBRARY,
    TEXTS,
    JOURNAL,
    JOURNAL_IMAGES,
    PAGES,
    PINS,
    REEMBEDDED,
    OUTBOX,
)
EDGE_COLLECTIONS = (*DOCUMENT_EDGES, CHUNK_OF)
GRAPH = "knowledge"

OWN_COLLECTIONS = frozenset(VERTEX_COLLECTIONS + EDGE_COLLECTIONS) - {DOCUMENTS, *DOCUMENT_EDGES}
"""Bookkeeping: a schema does not show it unasked."""

PRIVATE = frozenset(VERTEX_COLLECTIONS) - {DOCUMENTS, CHUNKS, TEXTS}
"""What only HADES itself reads and writes: no query, schema or id of others leads there."""

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

INDEXES: tuple[tuple[str, list[str]], ...] = (
    (DOCUMENTS, ["qualified_name"]),
    (DOCUMENTS, ["title"]),
    (CHUNKS, ["document"]),
    (SOURCES, ["package"]),
    (CONTEXT_ENTRIES, ["context", "tier", "used"]),
    (CONTEXT_ENTRIES, ["context", "subject"]),
    (CONTEXT_ENTRIES, ["context", "expires"]),
    (FEEDBACK, ["target"]),
    (JOURNAL, ["at"]),
    (JOURNAL, ["handle"]),
    (JOURNAL_IMAGES, ["entry"]),
)
"""The persistent indexes: a collection, and the attributes one is on."""

EXPIRING = (CONTEXT_ENTRIES, JOURNAL, JOURNAL_IMAGES, PAGES)
"""Collections whose documents the store removes after the unix second in their `expires`."""

SEARCH_VIEW = "passages"
"""The view that BM25 ranks: the texts of the chunks, the titles of the documents."""

ANALYZER = "hades_words"
STOPWORDS = (
    "a an and are as at be been but by can could did do does for from had has have how if in "
    "into is it its me my no not of on or our so than that the their then there these they "
    "this those to was we were what when where which who why will with would you your"
)
"""What is in every English text tells texts apart by nothing, and costs most to rank."""

_ANALYZER_STEPS: list[dict[str, Any]] = [
    # parts of identifiers are words: begin_transaction, shop.till.Till
    {"type": "multi_delimiter", "properties": {"delimiters": ["_", ".", "/", ">"]}},
    {
        "type": "text",
        "properties": {
            "locale": "en",
            "case": "lower",
            "accent": False,
            "stemming": True,
            "stopwords": STOPWORDS.split(),
        },
    },
]
_VIEW_LINKS: dict[str, Any] = {
    CHUNKS: {"fields": {"text": {"analyzers": [ANALYZER]}}},
    DOCUMENTS: {"fields": {"title": {"analyzers": [ANALYZER]}}},
}

_DUPLICATE = {1207, 1920, 1921, 1925}  # of a name, an edge definition, a graph


def ensure_layout(db: StandardDatabase) -> None:
    """Make what is missing; safe when several processes start on one empty database."""
    there = {collection["name"] for collection in cast("list[Any]", db.collections())}
    for name in VERTEX_COLLECTIONS + EDGE_COLLECTIONS:
        if name not in there:
            _unless_there(_collection_maker(db, name))
    _ensure_indexes(db)
    _ensure_graph(db)
    if SEARCH_VIEW not in {view["name"] for view in cast("list[Any]", db.views())}:
        _unless_there(lambda: _make_view(db))


def _ensure_indexes(db: StandardDatabase) -> None:
    for name, fields in INDEXES:
        indexes = cast("list[Any]", db.collection(name).indexes())
        if fields not in (index["fields"] for index in indexes):
            db.collection(name).add_index({"type": "persistent", "fields": fields})
    for name in EXPIRING:
        indexes = cast("list[Any]", db.collection(name).indexes())
        if "ttl" not in (index["type"] for index in indexes):
            ttl = {"type": "ttl", "fields": ["expires"], "expireAfter": 0}
            db.collection(name).add_index(ttl)


def _ensure_graph(db: StandardDatabase) -> None:
    graphs = {graph["name"]: graph for graph in cast("list[Any]", db.graphs())}
    if GRAPH not in graphs:
        _unless_there(lambda: db.create_graph(GRAPH, edge_definitions=EDGE_DEFINITIONS))
        return
    known = {edge["edge_collection"] for edge in graphs[GRAPH]["edge_definitions"]}
    for definition in EDGE_DEFINITIONS:
        if definition["edge_collection"] not in known:  # the store is older than the collection
            _unless_there(partial(db.graph(GRAPH).create_edge_definition, **definition))


def _make_view(db: StandardDatabase) -> None:
    steps = {"pipeline": _ANALYZER_STEPS}
    db.create_analyzer(ANALYZER, "pipeline", steps, ["frequency", "norm", "position"])
    db.create_arangosearch_view(SEARCH_VIEW, {"links": _VIEW_LINKS})


def _collection_maker(db: StandardDatabase, name: str) -> Callable[[], object]:
    return lambda: db.create_collection(name, edge=name in EDGE_COLLECTIONS)


def _unless_there(make: Callable[[], object]) -> None:
    """Run, and be content if another process was first."""
    from arango.exceptions import ArangoServerError  # noqa: PLC0415  tools import names only

    try:
        make()
    except ArangoServerError as error:
        if error.error_code not in _DUPLICATE:
            raise
