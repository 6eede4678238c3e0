"""`/_api/index`: list, make and drop indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.storage.indexes import BOX_TYPES

if TYPE_CHECKING:
    from hades_mcp.embedded.storage import Collection, Index

routes = Routes()

_NOT_FOUND = 1212
_FORBIDDEN = 11
_BUILT_IN = frozenset({"primary", "edge"})


@routes.add("GET", "/_api/index")
def indexes(request: Request) -> Response:
    """List the indexes of the collection in the parameters."""
    with request.collection(request.required("collection"), write=False) as collection:
        listed = [describe(collection, index) for index in collection.indexes()]
    return ok({"indexes": listed, "identifiers": {index["id"]: index for index in listed}})


@routes.add("POST", "/_api/index")
def create(request: Request) -> Response:
    """Make an index; 200 if the same one is there already."""
    definition = request.object()
    with request.collection(request.required("collection"), write=True) as collection:
        index, new = collection.ensure_index(definition, database=request.database_name)
        body = describe(collection, index)
    return ok({**body, "isNewlyCreated": new}, 201 if new else 200)


@routes.add("GET", "/_api/index/{collection}/{id}")
def read(request: Request, name: str, index_id: str) -> Response:
    """Describe an index."""
    with request.collection(name, write=False) as collection:
        return ok(describe(collection, _find(collection, index_id)))


@routes.add("DELETE", "/_api/index/{collection}/{id}")
def drop(request: Request, name: str, index_id: str) -> Response:
    """Remove an index; the built-in ones stay."""
    with request.collection(name, write=True) as collection:
        index = _find(collection, index_id)
        if index.type in _BUILT_IN:
            raise ArangoError(_FORBIDDEN)
        collection.drop_index(index.id)
    return ok({"id": f"{name}/{index.id}"})


def describe(collection: Collection, index: Index) -> dict[str, Any]:
    """Return an index as the HTTP API shows it."""
    body = index.definition()
    if index.type in BOX_TYPES and index.options["estimates"]:
        body["selectivityEstimate"] = 1
    elif index.options.get("estimates", True) and (share := collection.selectivity(index)):
        body["selectivityEstimate"] = share
    return {**body, "id": f"{collection.name}/{index.id}"}


def _find(collection: Collection, id_or_name: str) -> Index:
    for index in collection.indexes():
        if id_or_name in {index.id, index.name}:
            return index
    raise ArangoError(_NOT_FOUND)
