"""Views: their definitions, kept in a table of the database beside its collections.

What a view of type arangosearch searches is kept by a hidden index on each linked collection; one
of type search-alias only names inverted indexes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.analyzer_catalog import find_analyzer
from hades_mcp.embedded.storage.indexes import Index
from hades_mcp.embedded.storage.inverted_properties import HIDDEN, compatible
from hades_mcp.embedded.storage.names import check_collection_name
from hades_mcp.embedded.storage.search.fields import LINK, stored_analyzers
from hades_mcp.embedded.storage.view_properties import (
    analyzers_of,
    changed_properties,
    complete_link,
    new_properties,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.transaction import Transaction

_BAD_PARAMETER, _NOT_FOUND, _DUPLICATE = 10, 1203, 1207
_ID_DIGITS = 19  # longer numbers SQLite cannot take

Kind = Literal["arangosearch", "search-alias"]


@dataclass(frozen=True, slots=True)
class Member:
    """An inverted index of a search-alias view: its collection's id and its own."""

    collection: str
    index: str


@dataclass(frozen=True, slots=True)
class View:
    """One view.

    Attributes:
        id: Number as text; stays when the view is renamed.
        properties: All but the links, as the HTTP API shows them; a search-alias view has none.
        links: The definition of each link by the id of its collection.
        kind: The type of the view.
        members: The indexes of a search-alias view.
    """

    id: str
    name: str
    properties: dict[str, Any]
    links: dict[str, dict[str, Any]]
    kind: Kind = "arangosearch"
    members: tuple[Member, ...] = ()


def list_views(transaction: Transaction) -> list[View]:
    """Return all views, by name."""
    rows = transaction.session.execute("SELECT id, name, definition FROM views ORDER BY name")
    return [_restore(*row) for row in rows]


def find_view(transaction: Transaction, id_or_name: str) -> View:
    """Return a view by its id or name; 1203 if there is none."""
    is_number = id_or_name.isdecimal() and id_or_name.isascii() and len(id_or_name) < _ID_DIGITS
    number = int(id_or_name) if is_number else -1
    found = transaction.session.execute(
        "SELECT id, name, definition FROM views WHERE name = ? OR id = ?", (id_or_name, number)
    ).fetchone()
    if found is None:
        raise ArangoError(_NOT_FOUND, f"collection or view not found: {id_or_name}")
    return _restore(*found)


def is_view(transaction: Transaction, name: str) -> bool:
    """Tell whether there is a view of this name."""
    found = transaction.session.execute("SELECT 1 FROM views WHERE name = ?", (name,))
    return found.fetchone() is not None


def create_view(transaction: Transaction, database: str, definition: dict[str, Any]) -> View:
    """Make a view, over the documents that are there.

    Raises:
        ArangoError: 10 for a definition that makes no sense, 1207 if a collection or a view has
            the name, 1208 for an illegal one, 1203 for a link to a collection that is not there,
            1212 for an index that is not there.
    """
    transaction.session.require_writable()
    kind = definition.get("type")
    if kind not in ("arangosearch", "search-alias"):
        raise ArangoError(_BAD_PARAMETER, f"invalid view type: {kind!r}")
    name = _free_name(transaction, definition.get("name"))
    number = transaction.session.tick()
    properties = new_properties(definition) if kind == "arangosearch" else {}
    view = View(str(number), name, properties, {}, kind)
    transaction.session.execute("INSERT INTO views VALUES (?, ?, ?)", (number, name, _stored(view)))
    return _change(transaction, database, view, definition, replaced=True)


def change_view(
    transaction: Transaction, database: str, name: str, given: dict[str, Any], *, replaced: bool
) -> View:
    """Change or replace the properties of a view; raises as `create_view`."""
    transaction.session.require_writable()
    view = find_view(transaction, name)
    if view.kind == "arangosearch":
        properties = changed_properties(view.properties, given, replace=replaced)
        view = replace(view, properties=properties)
    return _change(transaction, database, view, given, replaced=replaced)


def _change(
    transaction: Transaction,
    database: str,
    view: View,
    given: dict[str, Any],
    *,
    replaced: bool,
) -> View:
    if view.kind == "search-alias":
        before = () if replaced else view.members
        return _write(transaction, replace(view, members=_members(transaction, before, given)))
    links = _changed_links(transaction, database, {} if replaced else view.links, given)
    _rebuild(transaction, database, view, links)
    return _write(transaction, replace(view, links=links))


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
    _rebuild(transaction, "", view, {})
    transaction.session.execute("DELETE FROM views WHERE id = ?", (int(view.id),))


def uses_analyzer(transaction: Transaction, name: str) -> bool:
    """Tell whether a link of any view or an inverted index uses an Analyzer of this name."""
    links = (link for view in list_views(transaction) for link in view.links.values())
    if any(name == used.rpartition("::")[2] for link in links for used in analyzers_of(link)):
        return True
    return any(
        name == used["name"]
        for info in transaction.collections()
        for index in info.indexes
        if index.type == "inverted"
        for used in index.options[HIDDEN]
    )


def named_links(transaction: Transaction, view: View) -> dict[str, dict[str, Any]]:
    """Return a view's links by the names of their collections; those dropped since have none."""
    return {
        info.name: view.links[info.id]
        for info in transaction.collections()
        if info.id in view.links
    }


def named_members(transaction: Transaction, view: View) -> list[dict[str, str]]:
    """Return the indexes of a search-alias view by name; those dropped since have none."""
    names = {info.id: info.name for info in transaction.collections()}
    return [
        {"collection": names[member.collection], "index": index.name}
        for member in view.members
        if (index := _member_index(transaction, names, member)) is not None
    ]


def _member_index(transaction: Transaction, names: dict[str, str], member: Member) -> Index | None:
    if member.collection not in names:
        return None
    indexes = transaction.collection(names[member.collection]).indexes()
    return next((index for index in indexes if index.id == member.index), None)


def _members(
    transaction: Transaction, before: tuple[Member, ...], given: dict[str, Any]
) -> tuple[Member, ...]:
    """Add and take away indexes as a change of a search-alias view asks."""
    wanted = given.get("indexes", [])
    if not isinstance(wanted, list):
        raise ArangoError(_BAD_PARAMETER, "view property 'indexes' must be an array")
    members = {member: _index_of(transaction, member) for member in before}
    for item in wanted:
        collection, index = _wanted(transaction, item)
        member = Member(collection, index.id)
        if item.get("operation") == "del":
            members.pop(member, None)
            continue
        for other, known in members.items():
            same = other.collection == member.collection
            if (
                known is not None
                and other != member
                and not compatible(known.options, index.options, same_collection=same)
            ):
                raise ArangoError(
                    _BAD_PARAMETER, f"index '{index.name}' does not fit the others of the view"
                )
        members[member] = index
    return tuple(members)


def _wanted(transaction: Transaction, item: object) -> tuple[str, Index]:
    """Return the collection's id and the index that an element of `indexes` names."""
    names = _named(item, "collection"), _named(item, "index")
    if isinstance(item, dict) and item.get("operation", "add") not in ("add", "del"):
        raise ArangoError(_BAD_PARAMETER, "the 'operation' of an index must be 'add' or 'del'")
    try:
        collection = transaction.collection(names[0])
        index = collection.index(names[1])
    except ArangoError as error:
        raise ArangoError(_BAD_PARAMETER, f"cannot find index '{'/'.join(names)}'") from error
    if index.type != "inverted":
        raise ArangoError(_BAD_PARAMETER, f"index '{index.name}' must be of type inverted")
    return collection.id, index


def _named(item: object, attribute: str) -> str:
    name = item.get(attribute) if isinstance(item, dict) else None
    if isinstance(name, str) and name:
        return name
    raise ArangoError(_BAD_PARAMETER, f"each of the 'indexes' needs its '{attribute}' by name")


def _index_of(transaction: Transaction, member: Member) -> Index | None:
    names = {info.id: info.name for info in transaction.collections()}
    return _member_index(transaction, names, member)


def _rebuild(
    transaction: Transaction, database: str, view: View, links: dict[str, dict[str, Any]]
) -> None:
    """Bring the hidden indexes of a view to its links."""
    for info in transaction.collections():
        known = [
            index
            for index in info.indexes
            if index.type == LINK and index.options["view"] == view.id
        ]
        wanted = links.get(info.id)
        if wanted is not None and any(index.options["link"] == wanted for index in known):
            continue
        collection = transaction.collection(info.name)
        for index in known:
            collection.drop_index(index.id)
        if wanted is not None:
            collection.build_index(_hidden(transaction, database, view, wanted))


def _hidden(transaction: Transaction, database: str, view: View, link: dict[str, Any]) -> Index:
    number = str(transaction.session.tick())
    analyzers = {
        name: analyzer
        for name in sorted(analyzers_of(link))
        if (analyzer := find_analyzer(transaction, database, name)) is not None
    }
    options = {
        "view": view.id,
        "link": link,
        "keepAll": bool(view.properties["primarySort"] or view.properties["storedValues"]),
        HIDDEN: stored_analyzers(analyzers),
    }
    return Index(number, LINK, f"{LINK}-{view.id}", (), sparse=True, options=options)


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
    if view.kind == "search-alias":
        members = [[member.collection, member.index] for member in view.members]
        return orjson.dumps({"type": view.kind, "members": members}).decode()
    return orjson.dumps({"properties": view.properties, "links": view.links}).decode()


def _restore(number: int, name: str, definition: str) -> View:
    stored = orjson.loads(definition)
    if stored.get("type") == "search-alias":
        members = tuple(Member(*member) for member in stored["members"])
        return View(str(number), name, {}, {}, "search-alias", members)
    return View(str(number), name, stored["properties"], stored["links"])
