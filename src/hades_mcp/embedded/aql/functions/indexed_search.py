"""NEAR, WITHIN, WITHIN_RECTANGLE and FULLTEXT: functions that read a collection by its index.

All are deprecated in ArangoDB, and kept: drivers still write them for their find_… methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.database import transaction_of
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context
    from hades_mcp.embedded.storage import Collection, Index

_NO_GEO_INDEX, _NO_FULLTEXT_INDEX = 1570, 1571
_DEFAULT_LIMIT = 100
_HALF_TURN = 180


@aql_function(
    "NEAR", low=3, high=5, deterministic=False, reads_data=True, collection_arguments=(0,)
)
def near(
    context: Context,
    name: Any,
    latitude: Any,
    longitude: Any,
    limit: Any = None,
    distance_name: Any = None,
) -> list[Any]:
    """Return the documents nearest to a place, nearest first; 100 unless told otherwise.

    Raises:
        ArangoError: 1542 for an argument of a wrong type, 1203 for an unknown collection, 1570
            for one without a geo index.
    """
    if not isinstance(name, str) or not (limit is None or is_number(limit)):
        context.fail("NEAR")
    place = _place(context, "NEAR", latitude, longitude)
    attribute = _attribute(context, "NEAR", distance_name)
    collection, index = _geo_index(context, name)
    most = _DEFAULT_LIMIT if limit is None else integer(limit)
    return _with_distance(collection.near(index, place, limit=most), attribute)


@aql_function(
    "WITHIN", low=4, high=5, deterministic=False, reads_data=True, collection_arguments=(0,)
)
def within(
    context: Context,
    name: Any,
    latitude: Any,
    longitude: Any,
    radius: Any,
    distance_name: Any = None,
) -> list[Any]:
    """Return the documents not farther from a place than `radius` metres, nearest first.

    Raises:
        ArangoError: As NEAR.
    """
    if not isinstance(name, str) or not is_number(radius):
        context.fail("WITHIN")
    place = _place(context, "WITHIN", latitude, longitude)
    attribute = _attribute(context, "WITHIN", distance_name)
    collection, index = _geo_index(context, name)
    return _with_distance(collection.within(index, place, radius=radius), attribute)


@aql_function(
    "WITHIN_RECTANGLE", low=5, deterministic=False, reads_data=True, collection_arguments=(0,)
)
def within_rectangle(context: Context, name: Any, *corners: Any) -> list[Any]:
    """Return the documents between two corners, each a latitude and a longitude.

    The sides are parallels and meridians; over the date line if that way is the shorter one.

    Raises:
        ArangoError: As NEAR.
    """
    if not isinstance(name, str) or not all(map(is_number, corners)):
        context.fail("WITHIN_RECTANGLE")
    south, north = sorted((corners[0], corners[2]))
    west, east = sorted((corners[1], corners[3]))
    if east - west > _HALF_TURN:
        west, east = east, west
    collection, index = _geo_index(context, name)
    return collection.in_rectangle(index, south=south, north=north, west=west, east=east)


@aql_function(
    "FULLTEXT", low=3, high=4, deterministic=False, reads_data=True, collection_arguments=(0,)
)
def fulltext(
    context: Context, name: Any, attribute: Any, query: Any, limit: Any = None
) -> list[Any]:
    """Return the documents whose attribute holds the words of a query; all without a limit.

    The manual says that a limit of 0 is none; ArangoDB 3.12 returns nothing for it, as its
    optimizer makes a LIMIT of it (python-arango's tests rely on that).

    Raises:
        ArangoError: 1542 for an argument of a wrong type, 1203 for an unknown collection, 1571
            if there is no fulltext index on the attribute.
    """
    texts = (name, attribute, query)
    if not all(isinstance(text, str) for text in texts) or not (limit is None or is_number(limit)):
        context.fail("FULLTEXT")
    collection = transaction_of(context).collection(name)
    path = attribute.replace("`", "")
    for index in collection.indexes():
        if index.type == "fulltext" and index.fields == (path,):
            most = None if limit is None else integer(limit)
            found = collection.matching(index, query, most or 0)
            return [] if most == 0 else list(found)
    raise ArangoError(_NO_FULLTEXT_INDEX)


def _place(context: Context, function: str, latitude: Any, longitude: Any) -> tuple[float, float]:
    if not is_number(latitude) or not is_number(longitude):
        context.fail(function)
    return latitude, longitude


def _attribute(context: Context, function: str, name: Any) -> str | None:
    if name is not None and not isinstance(name, str):
        context.fail(function)
    return name or None


def _geo_index(context: Context, name: str) -> tuple[Collection, Index]:
    collection = transaction_of(context).collection(name)
    for index in collection.indexes():
        if index.type == "geo":
            return collection, index
    raise ArangoError(_NO_GEO_INDEX)


def _with_distance(found: list[tuple[Any, float]], attribute: str | None) -> list[Any]:
    if attribute is None:
        return [document for document, _ in found]
    return [{**document, attribute: distance} for document, distance in found]
