"""The schema as it can be seen: collections, what their documents look like, graphs."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, cast

from hades_mcp.errors import UnknownName
from hades_mcp.services.layout import DOCUMENT_EDGES, EDGE_COLLECTIONS, OWN_COLLECTIONS, PRIVATE
from hades_mcp.services.refusals import translated
from hades_mcp.services.schema.inference import Attribute, infer, shortened
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from arango.database import StandardDatabase

SAMPLE = 50
"""Documents looked at from the beginning of a collection."""

SPREAD = 25
"""Documents looked at from its middle, and from its end."""

FARTHEST = 20_000
"""Documents skipped at most to get there: skipping is not free."""

MOST_REMEMBERED = 1_000
"""Collections whose samples are remembered."""

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class CollectionSchema:
    """One collection.

    Args:
        name: Its name.
        type: Documents, or edges with `_from` and `_to`.
        count: How many documents it has.
        attributes: Those seen in a sample.
        indexes: Each as `type(field, …)`; the primary one and the edge one go without saying.
        example: One document, shortened.
    """

    name: str
    type: Literal["document", "edge"]
    count: int
    attributes: tuple[Attribute, ...]
    indexes: tuple[str, ...]
    example: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphSchema:
    """One named graph.

    Args:
        name: Its name.
        edges: Each edge collection as `from -edges-> to`.
    """

    name: str
    edges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A database as a query writer needs to know it."""

    collections: list[CollectionSchema]
    graphs: list[GraphSchema]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at a collection's documents gave, and which state of it was looked at."""

    state: tuple[str, str, int]
    attributes: tuple[Attribute, ...]
    example: dict[str, Any]


class SchemaService:
    """Looks at what is there; nothing is declared, everything inferred.

    A collection is looked at once, and again when it has changed: ArangoDB tells by its revision.
    The sample is the same each time: the first documents, and some from the middle and the end.

    Args:
        db: The database; no other one is ever looked at.
        shown: Tells which collections may be seen, the same as queries may use.
    """

    def __init__(
        self, db: StandardDatabase, shown: Callable[[str], bool] = lambda name: name not in PRIVATE
    ) -> None:
        self._db = db
        self._shown = shown
        self._looks: dict[str, _Look] = {}

    @translated
    def describe(self, collection: str | None = None) -> Schema:
        """Return the collections and graphs.

        Args:
            collection: Only this one, or those that fit a pattern such as `order*`, and the graphs
                they belong to. Without, all but HADES's bookkeeping; `*` is all that may be seen.

        Raises:
            UnknownName: There is no such collection; the nearest is suggested.
        """
        found = cast("list[dict[str, Any]]", self._db.collections())
        there = {c["name"]: c for c in found if not c["system"] and self._shown(c["name"])}
        names = _wanted(collection, there)
        graphs = cast("list[dict[str, Any]]", self._db.graphs())
        described = [self._collection(there[name]) for name in names]
        if collection is None:
            described = [one for one in described if one.count or one.name not in DOCUMENT_EDGES]
        shown = {one.name for one in described}
        parts = [_graph(graph, shown, ends=collection is not None) for graph in graphs]
        return Schema(described, [graph for graph in parts if graph.edges])

    def _collection(self, found: dict[str, Any]) -> CollectionSchema:
        name = found["name"]
        handle = self._db.collection(name)
        count = cast("int", handle.count())
        # the revision is asked for before the sample: what is written in between is seen next time
        state = (str(found["id"]), cast("str", handle.revision()), count)
        look = self._looks.get(name)
        if look is None or look.state != state:
            look = self._look(name, state)
        indexes = cast("list[dict[str, Any]]", handle.indexes())
        return CollectionSchema(
            name=name,
            type=found["type"],
            count=count,
            attributes=look.attributes,
            indexes=tuple(
                f"{index['type']}({', '.join(map(_field, index['fields']))})"
                for index in indexes
                if index["type"] not in {"primary", "edge"}
            ),
            example=look.example,
        )

    def _look(self, name: str, state: tuple[str, str, int]) -> _Look:
        sample = self._sample(name, state[-1])
        look = _Look(state, tuple(infer(sample)), shortened(sample[0]) if sample else {})
        if len(self._looks) >= MOST_REMEMBERED:
            self._looks.clear()
        self._looks[name] = look
        return look

    def _sample(self, name: str, count: int) -> list[dict[str, Any]]:
        reach = min(count, FARTHEST)
        parts = [(0, SAMPLE)]
        if reach > SAMPLE + 2 * SPREAD:
            parts += [(reach // 2, SPREAD), (reach - SPREAD, SPREAD)]
        query = "FOR d IN @@c LIMIT @skip, @n RETURN d"
        return [
            document
            for skip, n in parts
            for document in rows(self._db, query, {"@c": name, "skip": skip, "n": n})
        ]


def _wanted(asked: str | None, there: Iterable[str]) -> list[str]:
    names = sorted(there)
    if asked is None:
        return [name for name in names if name not in OWN_COLLECTIONS]
    fitting = [name for name in names if name == asked]
    if not fitting and not _WILD.isdisjoint(asked):
        fitting = [name for name in names if fnmatchcase(name, asked)]
    if not fitting:
        raise UnknownName("collection", asked, names)
    return fitting


def _field(field: Any) -> str:
    # inverted indexes have objects here
    return str(field["name"]) if isinstance(field, dict) else str(field)


def _graph(graph: dict[str, Any], shown: set[str], *, ends: bool) -> GraphSchema:
    """Return a graph as far as it has to do with what is shown.

    Args:
        graph: As the store describes it.
        shown: Names of the collections that are shown.
        ends: Whether HADES's own edges are shown for the sake of their ends.
    """
    # edge collections between the same ends share a line
    between: dict[tuple[str, str], list[str]] = {}
    for definition in graph["edge_definitions"]:
        name = definition["edge_collection"]
        start, end = definition["from_vertex_collections"], definition["to_vertex_collections"]
        touched = not shown.isdisjoint((*start, *end)) and (ends or name not in EDGE_COLLECTIONS)
        if name in shown or touched:
            between.setdefault(("|".join(start), "|".join(end)), []).append(name)
    edges = [f"{start} -{'|'.join(names)}-> {end}" for (start, end), names in between.items()]
    return GraphSchema(graph["name"], tuple(edges))
