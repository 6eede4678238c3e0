"""Views: their definitions, kept in a table of the database beside its collections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.analyzer_catalog import find_analyzer
from hades_mcp.embedded.storage.names import check_collection_name
from hades_mcp.embedded.storage.view_properties import (
    analyzers_of,
    changed_properties,
    complete_link,
    new_properties,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.transaction import Transaction

_NOT_IMPLEMENTED, _BAD_PARAMETER, _NOT_FOUND, _DUPLICATE = 9, 10, 1203, 1207


@dataclass(frozen=True, slots=True)
class View:
    """One view of type arangosearch.

    Attributes:
        id: Number as text; stays when the view is renamed.
        properties: All but the links, as the HTTP API shows them.
        links: The definition of each link by the id of its collection.
    """

    id: str
    name: str
    properties: dict[str, Any]
    links: dict[str, dict[str, Any]]


def list_views(transaction: Transaction) -> list[View]:
    """Return all views, by name."""
    rows = transaction.session.execute("SELECT id, name, definition FROM views ORDER BY name")
    return [_restore(*row) for row in rows]


def find_view(transaction: Transaction, id_or_name: str) -> View:
    """Return a view by its id or name; 1203 if there is none."""
    for view in list_views(transaction):
        if id_or_name in (view.name, view.id):
            return view
    raise ArangoError(_NOT_FOUND, f"collection or view not found: {id_or_name}")


def is_view(transaction: Transaction, name: str) -> bool:
    """Tell whether there is a view of this name."""
    found = transaction.session.execute("SELECT 1 FROM views WHERE name = ?", (name,))
    return found.fetchone() is not None


def create_view(transaction: Transaction, database: str, definition: dict[str, Any]) -> View:
    """Make a view.

    Raises:
        ArangoError: 10 for a definition that makes no sense, 9 for a type that is not built, 1207
            if a collection or a view has the name, 1208 for an illegal one, 1203 for a link to a
            collection that is not there.
    """
    transaction.session.require_writable()
    kind = definition.get("type")
    if kind == "search-alias":
        raise ArangoError(_NOT_IMPLEMENTED, "not implemented: view type 'search-alias'")
    if kind != "arangosearch":
        raise ArangoError(_BAD_PARAMETER, f"invalid view type: {kind!r}")
    name = _free_name(transaction, definition.get("name"))
    links = _changed_links(transaction, database, {}, definition)
    number = transaction.session.tick()
    view = View(str(number), name, new_properties(definition), links)
    transaction.session.execute("INSERT INTO views VALUES (?, ?, ?)", (number, name, _stored(view)))
    return view


def change_view(
    transaction: Transaction, database: str, name: str, given: dict[str, Any], *, replaced: bool
) -> View:
    """Change or replace the properties of a view; raises as `create_view`."""
    transaction.session.require_writable()
    view = find_view(transaction, name)
    links = _changed_links(transaction, database, {} if replaced else view.links, given)
    properties = changed_properties(view.properties, given, replace=replaced)
    return _write(transaction, replace(view, properties=properties, links=links))


def rename_view(transaction: Transaction, name: str, new_name: object) -> View:
    """Rename a view; 1207 if the name is taken, 1208 for an illegal one."""
    transaction.session.require_writable()
    view = find_view(transaction, name)
    if new_name == view.name:
        return view
    return _write(transaction, replace(view, name=_free_name(transaction, new_name)))


def drop_view(transaction: Transaction, name: str) -> None:
    """Remove a view; 1203 if there is none."""
    transaction.session.require_writable()
    view = find_view(transaction, name)
    transaction.session.execute("DELETE FROM views WHERE id = ?", (int(view.id),))


def uses_analyzer(transaction: Transaction, name: str) -> bool:
    """Tell whether a link of any view uses an Analyzer of this name."""
    links = (link for view in list_views(transaction) for link in view.links.values())
    return any(name == used.rpartition("::")[2] for link in links for used in analyzers_of(link))


def named_links(transaction: Transaction, view: View) -> dict[str, dict[str, Any]]:
    """Return a view's links by the names of their collections; those dropped since have none."""
    return {
        info.name: view.links[info.id]
        for info in transaction.collections()
        if info.id in view.links
    }


def _changed_links(
    transaction: Transaction,
    database: str,
    old: dict[str, dict[str, Any]],
    given: dict[str, Any],
) -> dict[str, dict[str, Any]]:
    wanted = given.get("links", {})
    if not isinstance(wanted, dict):
        raise ArangoError(_BAD_PARAMETER, "view property 'links' must be an object")
    links = dict(old)
    for name, link in wanted.items():
        collection = transaction.collection(name)
        if link is None:
            links.pop(collection.id, None)
            continue
        links[collection.id] = complete_link(link)
        for analyzer in analyzers_of(links[collection.id]):
            if find_analyzer(transaction, database, analyzer) is None:
                raise ArangoError(_BAD_PARAMETER, f"analyzer '{analyzer}' of the link is unknown")
    return links


def _free_name(transaction: Transaction, name: object) -> str:
    checked = check_collection_name(name, system=False)
    if transaction.has_collection(checked) or is_view(transaction, checked):
        raise ArangoError(_DUPLICATE)
    return checked


def _write(transaction: Transaction, view: View) -> View:
    transaction.session.execute(
        "UPDATE views SET name = ?, definition = ? WHERE id = ?",
        (view.name, _stored(view), int(view.id)),
    )
    return view


def _stored(view: View) -> str:
    return orjson.dumps({"properties": view.properties, "links": view.links}).decode()


def _restore(number: int, name: str, definition: str) -> View:
    stored = orjson.loads(definition)
    return View(str(number), name, stored["properties"], stored["links"])
