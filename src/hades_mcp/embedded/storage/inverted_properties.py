"""Definitions of inverted indexes: checked and completed as ArangoDB does.

A field is shown with what differs from the level above it, as ArangoDB shows it; `inverted_fields`
gives each field with all that it inherits. The definitions of the Analyzers are kept in the
index's own (`analyzerDefinitions`, not shown to users): writing needs no other collection, and an
Analyzer that is removed by force leaves the index working.

Source: ArangoDB manual, HTTP interface for inverted indexes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import BUILT_IN, Analyzer, check_features
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.store_properties import (
    BUFFERS,
    MUTABLE,
    caches,
    compression,
    flag,
    sort_fields,
    store_properties,
    stored_values,
    top_k,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Properties = dict[str, Any]
    FindAnalyzer = Callable[[str], Analyzer | None]

HIDDEN = "analyzerDefinitions"  # the property users are not shown
_BAD_PARAMETER, _VERSION = 10, 1


@dataclass(frozen=True, slots=True)
class InvertedField:
    """One field of an inverted index with everything it inherits.

    Attributes:
        path: Attribute names joined by dots, perhaps one `[*]`; empty for the whole document.
        analyzer: Tokenizes the field; `identity` keeps values as they are.
        features: What is kept of the tokens; may differ from the Analyzer's own.
        include_all: Index all attributes below that no other field names.
        search_field: Index arrays by their members, as arangosearch views do.
        track_positions: With search_field: `a[1]` is another field than `a[0]`.
        cache: Has no effect.
        nested: Fields of the objects in this array that are searched object by object.
    """

    path: str
    analyzer: Analyzer
    features: tuple[str, ...]
    include_all: bool = False
    search_field: bool = False
    track_positions: bool = False
    cache: bool = False
    nested: tuple[InvertedField, ...] = ()


def inverted_definition(given: Properties, find: FindAnalyzer | None = None) -> Properties:
    """Check a definition of type inverted and return all its properties, complete.

    Args:
        given: What `ensure_index` was given; name and id are not looked at.
        find: Returns an Analyzer by its name; without it only the built-in ones are known.

    Raises:
        ArangoError: 10, naming the attribute that makes no sense.
    """
    used: dict[str, Analyzer] = {}
    root = _level(given, _Parent(find or BUILT_IN.get, used), "")
    parts = given.get("fields", [])
    if not isinstance(parts, list) or not (parts or root.include_all):
        raise _wrong("fields")
    fields = [_field(part, root, f"fields[{place}]") for place, part in enumerate(parts)]
    _check_duplicates([field["name"] for field in fields], "fields")
    return {
        "fields": fields,
        "analyzer": root.analyzer.name,
        "features": list(root.features),
        "includeAllFields": root.include_all,
        "searchField": root.search_field,
        "trackListPositions": root.track_positions,
        "primarySort": _primary_sort(given.get("primarySort", {})),
        "storedValues": stored_values(given),
        "optimizeTopK": top_k(given),
        **store_properties(given, {**MUTABLE, **BUFFERS}),
        **caches(given, "cache", "primaryKeyCache"),
        "version": _VERSION,
        HIDDEN: [
            {
                "name": analyzer.name,
                "type": analyzer.type,
                "properties": analyzer.properties,
                "features": list(analyzer.features),
            }
            for analyzer in used.values()
        ],
    }


def inverted_fields(definition: Mapping[str, Any]) -> InvertedField:
    """Return the root of a complete definition; its `nested` are the fields of the index."""
    known = {
        stored["name"]: Analyzer(
            stored["name"], stored["type"], stored["properties"], tuple(stored["features"])
        )
        for stored in definition[HIDDEN]
    }
    parent = _Parent(known.get, {})
    root = _level(dict(definition), parent, "")
    return InvertedField(
        "",
        root.analyzer,
        root.features,
        root.include_all,
        root.search_field,
        root.track_positions,
        root.cache,
        tuple(_resolve(part, root) for part in definition["fields"]),
    )


def compatible(one: Mapping[str, Any], two: Mapping[str, Any], *, same_collection: bool) -> bool:
    """Tell whether two inverted indexes may serve one search-alias view.

    Their sort orders and stored values must be the same, and no field may be indexed in two ways;
    those of one collection may not index a field twice at all.
    """
    if one["primarySort"] != two["primarySort"] or one["storedValues"] != two["storedValues"]:
        return False
    left, right = inverted_fields(one), inverted_fields(two)
    return all(
        not same_collection and _alike(mine, yours)
        for mine in (left, *left.nested)
        for yours in (right, *right.nested)
        if _overlap(mine, yours)
    )


def _overlap(one: InvertedField, two: InvertedField) -> bool:
    """Tell whether there may be an attribute that both index."""
    first, second = one.path.replace("[*]", ""), two.path.replace("[*]", "")
    if first and first == second:
        return True
    return (one.include_all and _below(second, first)) or (
        two.include_all and _below(first, second)
    )


def _below(path: str, above: str) -> bool:
    return bool(path) and (not above or path.startswith(above + "."))


def _alike(one: InvertedField, two: InvertedField) -> bool:
    return (
        one.analyzer == two.analyzer
        and one.search_field == two.search_field
        and {field.path: field.analyzer for field in one.nested if one.path}
        == {field.path: field.analyzer for field in two.nested if two.path}
    )


@dataclass(frozen=True, slots=True)
class _Parent:
    """What one level passes down to the next, and what the whole definition has used so far."""

    find: FindAnalyzer
    used: dict[str, Analyzer]
    analyzer: Analyzer = BUILT_IN["identity"]
    features: tuple[str, ...] = BUILT_IN["identity"].features
    include_all: bool = False
    search_field: bool = False
    track_positions: bool = False
    cache: bool = False
    is_field: bool = False


def _level(given: Properties, above: _Parent, at: str) -> _Parent:
    """Return what a definition says on its level, the rest from above."""
    analyzer, features = above.analyzer, above.features
    if "analyzer" in given:
        name = given["analyzer"]
        found = above.find(name) if isinstance(name, str) else None
        if found is None:
            raise _wrong(f"{at}analyzer")
        analyzer, features = found, found.features
    above.used[analyzer.name] = analyzer
    if "features" in given:
        features = check_features(given["features"])
    return _Parent(
        above.find,
        above.used,
        analyzer,
        features,
        _switch(given, "includeAllFields", at, default=above.include_all),
        _switch(given, "searchField", at, default=above.search_field),
        _switch(given, "trackListPositions", at, default=above.track_positions),
        _switch(given, "cache", at, default=above.cache),
        is_field=bool(at),
    )


def _field(part: object, above: _Parent, at: str) -> Properties:
    """Return one field as ArangoDB shows it: its name and what differs from above."""
    given = {"name": part} if isinstance(part, str) else part
    if not isinstance(given, dict):
        raise _wrong(at)
    name = given.get("name")
    if not isinstance(name, str) or not _is_path(name):
        raise _wrong(f"{at}.name")
    level = _level(given, above, f"{at}.")
    expands = "[*]" in name
    if expands and (level.search_field or above.is_field):
        raise _wrong(f"{at}.name")
    shown: Properties = {"name": name}
    if level.analyzer != above.analyzer:
        shown["analyzer"] = level.analyzer.name
    if level.features != above.features or level.analyzer != above.analyzer:
        shown["features"] = list(level.features)
    shown |= _different(level, above)
    if "nested" in given:
        shown["nested"] = _nested(given, level, at)
    return shown


def _different(level: _Parent, above: _Parent) -> Properties:
    values = {
        "includeAllFields": (level.include_all, above.include_all),
        "searchField": (level.search_field, above.search_field),
        "trackListPositions": (level.track_positions, above.track_positions),
        "cache": (level.cache, above.cache),
    }
    return {name: mine for name, (mine, theirs) in values.items() if mine != theirs}


def _nested(given: Properties, level: _Parent, at: str) -> list[Properties]:
    parts = given["nested"]
    if not isinstance(parts, list) or not parts:
        raise _wrong(f"{at}.nested")
    if "[*]" in given["name"]:
        raise _wrong(f"{at}.name")
    if given.get("trackListPositions"):
        raise _wrong(f"{at}.trackListPositions")
    nested = [_field(part, level, f"{at}.nested[{place}]") for place, part in enumerate(parts)]
    _check_duplicates([field["name"] for field in nested], f"{at}.nested")
    return nested


def _resolve(part: Properties, above: _Parent) -> InvertedField:
    level = _level(part, above, "fields.")
    return InvertedField(
        part["name"],
        level.analyzer,
        level.features,
        level.include_all,
        level.search_field,
        level.track_positions,
        level.cache,
        tuple(_resolve(inner, level) for inner in part.get("nested", ())),
    )


def _primary_sort(given: object) -> Properties:
    if not isinstance(given, dict):
        raise _wrong("primarySort")
    fields = sort_fields(given.get("fields", []))
    sort: Properties = {"fields": fields, "compression": compression(given)}
    if isinstance(given.get("locale"), str):
        sort["locale"] = given["locale"]
    return {**sort, **caches(given, "cache")}


def _check_duplicates(names: list[str], at: str) -> None:
    plain = [name.replace("[*]", "") for name in names]
    for place, name in enumerate(plain):
        if name in plain[:place]:
            raise ArangoError(_BAD_PARAMETER, f"error in attribute '{at}[{place}] is duplicated'")


def _switch(given: Properties, name: str, at: str, *, default: bool) -> bool:
    try:
        return flag(given, name, default=default)
    except ArangoError:
        raise _wrong(f"{at}{name}") from None


def _is_path(name: str) -> bool:
    """Tell whether a name is an attribute path with at most one expansion."""
    parts = [part.removesuffix("[*]") for part in name.split(".")]
    return all(parts) and name.count("[*]") <= 1 and not any("[" in part for part in parts)


def _wrong(at: str) -> ArangoError:
    return ArangoError(_BAD_PARAMETER, f"invalid inverted index: error in attribute '{at}'")
