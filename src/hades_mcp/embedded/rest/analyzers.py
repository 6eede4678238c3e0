"""`/_api/analyzer`: list, make and remove Analyzers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import BUILT_IN
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok, plain, result
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.storage.analyzer_catalog import (
    find_analyzer,
    list_analyzers,
    remove_analyzer,
    save_analyzer,
)
from hades_mcp.embedded.storage.views import uses_analyzer

if TYPE_CHECKING:
    from hades_mcp.embedded.analyzers import Analyzer

routes = Routes()

_CONFLICT, _NOT_FOUND = 1200, 1202


@routes.add("GET", "/_api/analyzer")
def analyzers(request: Request) -> Response:
    """List the Analyzers, built-in ones too."""
    with request.transaction(write=False) as transaction:
        listed = list_analyzers(transaction)
    return result([_describe(request, analyzer) for analyzer in listed])


@routes.add("POST", "/_api/analyzer")
def create(request: Request) -> Response:
    """Make an Analyzer; 200 if the same one is there already."""
    definition = request.object()
    with request.transaction(write=True) as transaction:
        analyzer, new = save_analyzer(transaction, request.database_name, definition)
    return plain(_describe(request, analyzer), 201 if new else 200)


@routes.add("GET", "/_api/analyzer/{name}")
def read(request: Request, name: str) -> Response:
    """Describe an Analyzer."""
    with request.transaction(write=False) as transaction:
        analyzer = find_analyzer(transaction, request.database_name, name)
    if analyzer is None:
        raise ArangoError(_NOT_FOUND, f"unable to find analyzer '{name}'")
    return ok(_describe(request, analyzer))


@routes.add("DELETE", "/_api/analyzer/{name}")
def remove(request: Request, name: str) -> Response:
    """Remove an Analyzer; the built-in ones stay, and those in use unless forced."""
    with request.transaction(write=True) as transaction:
        analyzer = remove_analyzer(transaction, request.database_name, name)
        if not request.flag("force") and uses_analyzer(transaction, analyzer.name):
            raise ArangoError(_CONFLICT, f"analyzer '{name}' is in use by a view or an index")
    return ok({"name": _full_name(request, analyzer)})


def _describe(request: Request, analyzer: Analyzer) -> dict[str, Any]:
    return {
        "name": _full_name(request, analyzer),
        "type": analyzer.type,
        "properties": analyzer.properties,
        "features": list(analyzer.features),
    }


def _full_name(request: Request, analyzer: Analyzer) -> str:
    """Return the name with its database in front; the built-in ones belong to all."""
    complete = analyzer.name in BUILT_IN or "::" in analyzer.name
    return analyzer.name if complete else f"{request.database_name}::{analyzer.name}"
