"""`/_api/collection`: make, describe, change and drop collections."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.graph_definitions import require_unused
from hades_mcp.embedded.rest.message import Request, Response, dump, ok, plain, result
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from hades_mcp.embedded.storage import Collection, CollectionInfo

routes = Routes()

_BAD_PARAMETER = 400
_FORBIDDEN = 11
_ILLEGAL_NAME = 1208
_TYPE_INVALID = 1218
_LOADED = 3
_DOCUMENTS = 2
_EDGES = 3
_NOT_STORED = frozenset({"name", "type", "keyOptions", "schema", "isSystem", "id"})
_CHANGEABLE = frozenset(
    {"waitForSync", "schema", "cacheEnabled", "computedValues", "replicationFactor", "writeConcern"}
)
_TYPES = {_DOCUMENTS: False, _EDGES: True, "document": False, "edge": True}


@routes.add("GET", "/_api/collection")
def names(request: Request) -> Response:
    """List the collections that who asks may read."""
    hide_system = request.flag("excludeSystem")
    with request.transaction(write=False) as transaction:
        infos = transaction.collections()
    if request.account is not None:
        infos = [info for info in infos if request.level(info.name) != "none"]
    return result([brief(info) for info in infos if not (hide_system and info.is_system)])


@routes.add("POST", "/_api/collection")
def create(request: Request) -> Response:
    """Make a collection."""
    request.state.check_writable(_FORBIDDEN)
    body = request.object()
    name, kind = body.get("name"), body.get("type", _DOCUMENTS)
    if not isinstance(name, str) or not name:
        raise ArangoError(_ILLEGAL_NAME)
    if not isinstance(kind, int | str) or kind not in _TYPES:
        raise ArangoError(_TYPE_INVALID)
    if name.startswith("_") and not body.get("isSystem"):
        raise ArangoError(_ILLEGAL_NAME, "illegal name: collection name invalid")
    with request.transaction(write=True) as transaction:
        collection = transaction.create_collection(
            name,
            edge=_TYPES[kind],
            key_options=body.get("keyOptions"),
            schema=body.get("schema"),
            properties={key: value for key, value in body.items() if key not in _NOT_STORED},
        )
        return ok(properties_of(collection))


@routes.add("PUT", "/_api/collection")
def without_name(_request: Request) -> Response:
    """Refuse a change to no collection in particular."""
    raise ArangoError(_BAD_PARAMETER, "expected PUT /_api/collection/<collection-name>/<action>")


@routes.add("GET", "/_api/collection/{name}")
def describe(request: Request, name: str) -> Response:
    """Describe a collection in short."""
    with request.collection(name, write=False) as collection:
        return ok(brief(collection.info))


@routes.add("DELETE", "/_api/collection/{name}")
def drop(request: Request, name: str) -> Response:
    """Remove a collection with all it holds."""
    request.state.check_writable(_FORBIDDEN)
    request.check_rights(name, write=True)
    with request.transaction(write=True) as transaction:
        info = transaction.collection(name).info
        require_unused(transaction, name)
        transaction.drop_collection(name)
    return ok({"id": info.id})


@routes.add("GET", "/_api/collection/{name}/properties")
def properties(request: Request, name: str) -> Response:
    """Describe a collection in full."""
    with request.collection(name, write=False) as collection:
        return ok(properties_of(collection))


@routes.add("PUT", "/_api/collection/{name}/properties")
def change_properties(request: Request, name: str) -> Response:
    """Change what may be changed after creation; other attributes are ignored, as there."""
    request.check_rights(name, write=True)
    changes = {key: value for key, value in request.object().items() if key in _CHANGEABLE}
    with request.transaction(write=True) as transaction:
        collection = transaction.change_properties(name, **changes)
        return ok(properties_of(collection))


@routes.add("GET", "/_api/collection/{name}/count")
def count(request: Request, name: str) -> Response:
    """Count the documents."""
    with request.collection(name, write=False) as collection:
        return ok({**properties_of(collection), "count": collection.count()})


@routes.add("GET", "/_api/collection/{name}/figures")
def figures(request: Request, name: str) -> Response:
    """Tell the number of documents and indexes, and the bytes the documents take as JSON."""
    with request.collection(name, write=False) as collection:
        indexes = collection.indexes()
        body = {
            **properties_of(collection),
            "count": collection.count(),
            "figures": {
                "indexes": {"count": len(indexes)},
                "documentsSize": collection.size(),
            },
        }
    return ok(body)


@routes.add("GET", "/_api/collection/{name}/revision")
def revision(request: Request, name: str) -> Response:
    """Tell the revision of the last write, removals included; "0" before the first."""
    with request.collection(name, write=False) as collection:
        return ok({**properties_of(collection), "revision": collection.revision()})


@routes.add("GET", "/_api/collection/{name}/checksum")
def checksum(request: Request, name: str) -> Response:
    """Tell a number that is the same for the same documents in any order."""
    with_data, with_revisions = request.flag("withData"), request.flag("withRevisions")
    total = 0
    with request.collection(name, write=False) as collection:
        for document in collection.scan():
            kept = document if with_data else {"_key": document["_key"]}
            kept = {key: value for key, value in kept.items() if key != "_rev"}
            if with_revisions:
                kept["_rev"] = document["_rev"]
            digest = hashlib.blake2b(dump(dict(sorted(kept.items()))), digest_size=8).digest()
            total ^= int.from_bytes(digest, "big")
        return ok({**brief(collection.info), "checksum": str(total)})


@routes.add("PUT", "/_api/collection/{name}/truncate")
def truncate(request: Request, name: str) -> Response:
    """Remove all documents."""
    with request.collection(name, write=True) as collection:
        collection.truncate()
        return ok(brief(collection.info))


@routes.add("PUT", "/_api/collection/{name}/rename")
def rename(request: Request, name: str) -> Response:
    """Give a collection another name."""
    request.check_rights(name, write=True)
    new_name = request.object().get("name")
    if not isinstance(new_name, str) or not new_name:
        raise ArangoError(_BAD_PARAMETER, "name is empty")
    with request.transaction(write=True) as transaction:
        collection = transaction.collection(name)
        if new_name != name:
            collection = transaction.rename_collection(name, new_name)
        return ok(brief(collection.info))


@routes.add("PUT", "/_api/collection/{name}/load")
def load(request: Request, name: str) -> Response:
    """Do nothing: a collection is always ready."""
    with request.collection(name, write=False) as collection:
        body = brief(collection.info)
        if request.object().get("count", True):
            body["count"] = collection.count()
        return ok(body)


@routes.add("PUT", "/_api/collection/{name}/unload")
def unload(request: Request, name: str) -> Response:
    """Do nothing, as a server of today does."""
    with request.collection(name, write=False) as collection:
        return ok(brief(collection.info))


@routes.add("PUT", "/_api/collection/{name}/compact")
def compact(request: Request, name: str) -> Response:
    """Do nothing: SQLite reuses the space itself."""
    return unload(request, name)


@routes.add("PUT", "/_api/collection/{name}/loadIndexesIntoMemory")
def load_indexes(request: Request, name: str) -> Response:
    """Do nothing: the cache of pages fills by itself."""
    with request.collection(name, write=False):
        return result(value=True)


@routes.add("PUT", "/_api/collection/{name}/recalculateCount")
def recalculate_count(request: Request, name: str) -> Response:
    """Count again."""
    with request.collection(name, write=False) as collection:
        return ok({"result": True, "count": collection.count()})


@routes.add("GET", "/_api/key-generators")
def key_generators(_request: Request) -> Response:
    """List the ways keys are made."""
    return plain({"keyGenerators": ["autoincrement", "padded", "traditional", "uuid"]})


def brief(info: CollectionInfo) -> dict[str, Any]:
    """Return what every answer tells of a collection."""
    return {
        "id": info.id,
        "name": info.name,
        "status": _LOADED,
        "type": _EDGES if info.is_edge else _DOCUMENTS,
        "isSystem": info.is_system,
        "globallyUniqueId": info.name if info.is_system else f"embedded/{info.id}",
    }


def _last_value(collection: Collection) -> dict[str, int]:
    counts = collection.info.key_options["type"] != "uuid"
    return {"lastValue": collection.last_key()} if counts else {}


def properties_of(collection: Collection) -> dict[str, Any]:
    """Return all properties of a collection."""
    info = collection.info
    return {
        "waitForSync": False,
        "cacheEnabled": False,
        "computedValues": None,
        "syncByRevision": True,
        "usesRevisionsAsDocumentIds": True,
        "internalValidatorType": 0,
        "isSmartChild": False,
        "writeConcern": 1,
        **info.properties,
        "keyOptions": {**info.key_options, **_last_value(collection)},
        "schema": info.schema,
        "statusString": "loaded",
        "supportsRBAC": True,
        "objectId": info.id,
        **brief(info),
    }
