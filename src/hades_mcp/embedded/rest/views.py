"""`/_api/view`: views of the types arangosearch and search-alias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.rest.message import Request, Response, ok, plain, result
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.storage.views import (
    change_view,
    create_view,
    drop_view,
    find_view,
    list_views,
    named_links,
    named_members,
    rename_view,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.storage import Transaction
    from hades_mcp.embedded.storage.views import View

routes = Routes()


@routes.add("GET", "/_api/view")
def views(request: Request) -> Response:
    """List the views."""
    with request.transaction(write=False) as transaction:
        return result([_summary(view) for view in list_views(transaction)])


@routes.add("POST", "/_api/view")
def create(request: Request) -> Response:
    """Make a view."""
    definition = request.object()
    with request.transaction(write=True) as transaction:
        view = create_view(transaction, request.database_name, definition)
        return plain(_description(transaction, view), 201)


@routes.add("GET", "/_api/view/{view}")
def read(request: Request, name: str) -> Response:
    """Tell a view's id, name and type."""
    with request.transaction(write=False) as transaction:
        return ok(_summary(find_view(transaction, name)))


@routes.add("GET", "/_api/view/{view}/properties")
def properties(request: Request, name: str) -> Response:
    """Describe a view."""
    with request.transaction(write=False) as transaction:
        return ok(_description(transaction, find_view(transaction, name)))


@routes.add("PUT PATCH", "/_api/view/{view}/properties")
def change(request: Request, name: str) -> Response:
    """Change the properties given (PATCH), or set the others to their defaults too (PUT)."""
    given = request.object()
    replaced = request.method == "PUT"
    with request.transaction(write=True) as transaction:
        view = change_view(transaction, request.database_name, name, given, replaced=replaced)
        return plain(_description(transaction, view))


@routes.add("PUT PATCH", "/_api/view/{view}/rename")
def rename(request: Request, name: str) -> Response:
    """Rename a view."""
    with request.transaction(write=True) as transaction:
        view = rename_view(transaction, name, request.object().get("name"))
        return plain(_description(transaction, view))


@routes.add("DELETE", "/_api/view/{view}")
def drop(request: Request, name: str) -> Response:
    """Remove a view; the documents stay."""
    with request.transaction(write=True) as transaction:
        drop_view(transaction, name)
    return result(True)  # noqa: FBT003  ArangoDB's answer


def _summary(view: View) -> dict[str, Any]:
    unique = f"h{view.id}/{view.id}"
    return {"globallyUniqueId": unique, "id": view.id, "name": view.name, "type": view.kind}


def _description(transaction: Transaction, view: View) -> dict[str, Any]:
    if view.kind == "search-alias":
        return {**_summary(view), "indexes": named_members(transaction, view)}
    return {**_summary(view), **view.properties, "links": named_links(transaction, view)}
