"""Indexes as their owners see them: definitions checked and completed as ArangoDB does.

Source: ArangoDB manual, HTTP interface for indexes (attributes and defaults of each type).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.inverted_properties import HIDDEN, inverted_definition
from hades_mcp.embedded.storage.names import check_index_name
from hades_mcp.embedded.storage.search.fields import SEARCHED

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage.inverted_properties import FindAnalyzer

SORTED_TYPES = frozenset({"persistent", "hash", "skiplist", "ttl"})  # one table, three old names
BOX_TYPES = frozenset({"mdi", "mdi-prefixed", "zkd"})
# their keys hold text in the order of a library, or words as it finds them
COLLATED_TYPES = SORTED_TYPES | SEARCHED | {"mdi-prefixed"}
METRICS = frozenset({"cosine", "l2", "innerProduct"})
_BAD_PARAMETER = 10
_PAIR = 2
_SHORTEST_WORD = 2
_MOST_STORED = 32


@dataclass(frozen=True, slots=True)
class Index:
    """One index of a collection.

    Attributes:
        id: Number as text, unique in its database; "0" for the primary, "1" for the edge index.
        type: primary, edge, persistent (or its aliases hash and skiplist), ttl, vector, geo or
            fulltext.
        name: Unique in its collection.
        fields: Attribute paths; `[*]` after an attribute indexes the members of an array.
        options: What else the type has (deduplicate, expireAfter, params, storedValues, ...).
    """

    id: str
    type: str
    name: str
    fields: tuple[str, ...]
    unique: bool = False
    sparse: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def expands(self) -> bool:
        """Whether one document may have several entries."""
        return any("[*]" in path for path in self.fields)

    def definition(self) -> dict[str, Any]:
        """Return the index as the HTTP API shows it, its id without the collection's name."""
        return {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "fields": list(self.fields),
            "unique": self.unique,
            "sparse": self.sparse,
            **{name: value for name, value in self.options.items() if name != HIDDEN},
        }

    def same_as(self, other: Index) -> bool:
        """Tell whether the two would index the same (names and ids do not count)."""
        return (
            self.type == other.type
            and self.fields == other.fields
            and self.unique == other.unique
            and self.sparse == other.sparse
            and all(
                self.options.get(name) == other.options.get(name)
                for name in ("expireAfter", "params", "geoJson", "minLength", "prefixFields")
            )
            and (self.type != "inverted" or self.options == other.options)
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range in a compound index: a prefix of its values, included or not."""

    values: tuple[Any, ...]
    inclusive: bool = True


PRIMARY = Index("0", "primary", "primary", ("_key",), unique=True)
EDGE = Index("1", "edge", "edge", ("_from", "_to"))


def define(
    definition: dict[str, Any], number: int, find_analyzer: FindAnalyzer | None = None
) -> Index:
    """Check a definition and complete it.

    Args:
        definition: What `ensure_index` was given.
        number: The id of the index if it proves new; also makes its name when none is given.
        find_analyzer: Returns an Analyzer by name for inverted indexes; without it only the
            built-in ones are known.

    Raises:
        ArangoError: 10 for a definition that makes no sense, 9 for a type that is not built.
    """
    kind = definition.get("type")
    build = _TYPES.get(kind) if isinstance(kind, str) else None
    if build is None and kind != "inverted":
        if isinstance(kind, str) and kind in _ELSEWHERE:
            raise ArangoError(9, f"not implemented: index type '{kind}'")
        raise ArangoError(_BAD_PARAMETER, "invalid index type")
    name = definition.get("name")
    name = f"idx_{number}" if name is None else check_index_name(name)
    if build is None:
        options = inverted_definition(definition, find_analyzer)
        fields = tuple(field["name"] for field in options["fields"])
        return Index(str(number), "inverted", name, fields, sparse=True, options=options)
    return build(definition, str(number), name)


def _sorted_index(definition: dict[str, Any], number: str, name: str) -> Index:
    options: dict[str, Any] = {
        "deduplicate": _flag(definition, "deduplicate", default=True),
        "estimates": _flag(definition, "estimates", default=True),
        "cacheEnabled": _flag(definition, "cacheEnabled", default=False),
    }
    if definition.get("storedValues"):
        options["storedValues"] = list(_paths(definition["storedValues"]))
    return Index(
        number,
        definition["type"],
        name,
        _paths(definition.get("fields")),
        unique=_flag(definition, "unique", default=False),
        sparse=_flag(definition, "sparse", default=False),
        options=options,
    )


def _ttl_index(definition: dict[str, Any], number: str, name: str) -> Index:
    fields = _paths(definition.get("fields"))
    if len(fields) != 1 or "[*]" in fields[0]:
        raise ArangoError(_BAD_PARAMETER, "ttl index must have exactly one attribute")
    expire = definition.get("expireAfter")
    if isinstance(expire, bool) or not isinstance(expire, int | float) or expire < 0:
        raise ArangoError(_BAD_PARAMETER, "expireAfter attribute must be a number")
    options = {"expireAfter": expire, "estimates": False}
    return Index(number, "ttl", name, fields, sparse=True, options=options)


def _vector_index(definition: dict[str, Any], number: str, name: str) -> Index:
    fields = _paths(definition.get("fields"))
    if len(fields) != 1 or "[*]" in fields[0]:
        raise ArangoError(_BAD_PARAMETER, "vector index must have exactly one attribute")
    params = definition.get("params")
    if not isinstance(params, dict):
        raise ArangoError(_BAD_PARAMETER, "vector index needs params: metric, dimension, nLists")
    if not isinstance(params.get("metric"), str) or params["metric"] not in METRICS:
        raise ArangoError(_BAD_PARAMETER, "params.metric must be cosine, l2 or innerProduct")
    dimension = params.get("dimension")
    if not isinstance(dimension, int) or isinstance(dimension, bool) or dimension < 1:
        raise ArangoError(_BAD_PARAMETER, "params.dimension must be a positive integer")
    options: dict[str, Any] = {
        "params": {"defaultNProbe": 1, "nLists": 1, "trainingIterations": 25, **params},
        "trainingState": "ready",  # what is searched needs no training
    }
    if definition.get("storedValues"):
        options["storedValues"] = list(_paths(definition["storedValues"]))
    sparse = _flag(definition, "sparse", default=False)
    return Index(number, "vector", name, fields, sparse=sparse, options=options)


def _flag(definition: dict[str, Any], name: str, *, default: bool) -> bool:
    value = definition.get(name, default)
    if isinstance(value, bool):
        return value
    raise ArangoError(_BAD_PARAMETER, f"{name} must be a boolean")


def _paths(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not given:
        raise ArangoError(_BAD_PARAMETER, "fields must be a list of attribute paths")
    paths = tuple(given)
    for path in paths:
        legal = isinstance(path, str) and all(part.removesuffix("[*]") for part in path.split("."))
        if not legal or path == "_id" or path.count("[*]") > 1:
            raise ArangoError(_BAD_PARAMETER, f"illegal attribute path {path!r} in index")
    if len(set(paths)) != len(paths):
        raise ArangoError(_BAD_PARAMETER, "duplicate attribute name in index fields list")
    return paths


def _geo_index(definition: dict[str, Any], number: str, name: str) -> Index:
    fields = _paths(definition.get("fields"))
    if len(fields) > _PAIR or any("[*]" in path for path in fields):
        raise ArangoError(_BAD_PARAMETER, "geo index must have one or two attributes")
    geo_json = _flag(definition, "geoJson", default=False)
    if geo_json and len(fields) == _PAIR:
        raise ArangoError(_BAD_PARAMETER, "geoJson needs exactly one attribute")
    options = {  # the levels are those of S2's cells: ArangoDB's defaults, of no effect here
        "geoJson": geo_json,
        "legacyPolygons": _flag(definition, "legacyPolygons", default=False),
        "bestIndexedLevel": 17,
        "worstIndexedLevel": 4,
        "maxNumCoverCells": 8,
    }
    return Index(number, "geo", name, fields, sparse=True, options=options)


def _fulltext_index(definition: dict[str, Any], number: str, name: str) -> Index:
    fields = _paths(definition.get("fields"))
    if len(fields) != 1 or "[*]" in fields[0]:
        raise ArangoError(_BAD_PARAMETER, "fulltext index must have exactly one attribute")
    shortest = definition.get("minLength", _SHORTEST_WORD)
    if isinstance(shortest, bool) or not isinstance(shortest, int | float):
        raise ArangoError(_BAD_PARAMETER, "minLength must be a number")
    options = {"minLength": max(1, int(shortest))}
    return Index(number, "fulltext", name, fields, sparse=True, options=options)


def _box_index(definition: dict[str, Any], number: str, name: str) -> Index:
    """Define an index over several dimensions; `zkd` is what mdi was called before 3.12."""
    kind, fields = definition["type"], _paths(definition.get("fields"))
    if definition.get("fieldValueTypes") != "double":
        raise ArangoError(_BAD_PARAMETER, f"{kind} index requires `fieldValueTypes` to be `double`")
    options: dict[str, Any] = {
        "estimates": _flag(definition, "estimates", default=True),
        "fieldValueTypes": "double",
    }
    prefix: tuple[str, ...] = ()
    if kind == "mdi-prefixed":
        prefix = _paths(definition.get("prefixFields"))
        options["prefixFields"] = list(prefix)
    elif definition.get("prefixFields"):
        raise ArangoError(_BAD_PARAMETER, f"prefixFields are not supported for {kind} indexes")
    if any("[*]" in path for path in (*fields, *prefix)) or set(fields) & set(prefix):
        raise ArangoError(_BAD_PARAMETER, f"array or repeated attribute in {kind} index")
    if stored := definition.get("storedValues"):
        options["storedValues"] = list(_paths(stored))
        if len(stored) > _MOST_STORED or set(stored) & set(prefix):
            raise ArangoError(_BAD_PARAMETER, f"illegal storedValues in {kind} index")
    return Index(
        number,
        kind,
        name,
        fields,
        unique=_flag(definition, "unique", default=False),
        sparse=_flag(definition, "sparse", default=False),
        options=options,
    )


_ELSEWHERE = frozenset({"geo1", "geo2"})

_TYPES: dict[str, Callable[[dict[str, Any], str, str], Index]] = {
    "persistent": _sorted_index,
    "hash": _sorted_index,
    "skiplist": _sorted_index,
    "ttl": _ttl_index,
    "vector": _vector_index,
    "geo": _geo_index,
    "fulltext": _fulltext_index,
    **dict.fromkeys(BOX_TYPES, _box_index),
}
