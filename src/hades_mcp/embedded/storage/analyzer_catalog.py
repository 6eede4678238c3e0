"""Named Analyzers of a database: the built-in ones, and those its `_analyzers` collection holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import BUILT_IN, Analyzer, define
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.statements import statements

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.session import Session
    from hades_mcp.embedded.storage.transaction import Transaction

_COLLECTION, _SYSTEM = "_analyzers", "_system"
_BAD_PARAMETER, _FORBIDDEN, _NOT_FOUND = 10, 11, 1202


def find_analyzer(transaction: Transaction | None, database: str, name: str) -> Analyzer | None:
    """Return an Analyzer by its name, with or without `database::` in front; None if unknown.

    Args:
        transaction: Where to read the Analyzers users made; None knows the built-in ones.
        database: The name of the transaction's database.
        name: `::name` means the system database. Other databases than that cannot be looked into.
    """
    if transaction is None:
        return BUILT_IN.get(name.rpartition("::")[2])
    return stored_analyzer(transaction.session, database, name)


def stored_analyzer(session: Session, database: str, name: str) -> Analyzer | None:
    """Do the same inside a session; one of the system database keeps `_system::` in its name."""
    owner, separator, local = name.rpartition("::")
    owner = (owner or _SYSTEM) if separator else database
    if local in BUILT_IN:
        return BUILT_IN[local]
    if owner == database:
        return _read(session, local)
    if owner != _SYSTEM or session.system is None:
        return None
    with session.system.transaction() as transaction:
        found = _read(transaction.session, local)
    return None if found is None else replace(found, name=f"{_SYSTEM}::{local}")


def _read(session: Session, name: str) -> Analyzer | None:
    find = "SELECT id FROM collections WHERE name = ?"
    (number,) = session.execute(find, (_COLLECTION,)).fetchone()
    found = session.execute(statements(number, edge=False).find, (name,)).fetchone()
    return None if found is None else _restore(load(found[1]))


def list_analyzers(transaction: Transaction) -> list[Analyzer]:
    """Return all Analyzers, the built-in ones first."""
    return [*BUILT_IN.values(), *map(_restore, transaction.collection(_COLLECTION).scan())]


def save_analyzer(
    transaction: Transaction, database: str, definition: dict[str, Any]
) -> tuple[Analyzer, bool]:
    """Return the Analyzer of this definition and whether it had to be made.

    Raises:
        ArangoError: 10 for a bad definition or a name another definition has, 9 for a type that
            is not built, 11 for a name of another database.
    """
    given = definition.get("name")
    if isinstance(given, str):
        owner, separator, local = given.rpartition("::")
        if separator and (owner or _SYSTEM) != database:
            raise ArangoError(
                _FORBIDDEN, "Database in analyzer name does not match current database"
            )
        definition = {**definition, "name": local}
    analyzer = define(definition)
    known = find_analyzer(transaction, database, analyzer.name)
    if known is not None:
        if known == analyzer:
            return known, False
        raise ArangoError(
            _BAD_PARAMETER,
            f"name collision detected while registering an arangosearch analyzer"
            f" '{analyzer.name}': another definition has this name",
        )
    transaction.collection(_COLLECTION).insert(
        {
            "_key": analyzer.name,
            "name": analyzer.name,
            "type": analyzer.type,
            "properties": analyzer.properties,
            "features": list(analyzer.features),
        }
    )
    return analyzer, True


def remove_analyzer(transaction: Transaction, database: str, name: str) -> Analyzer:
    """Remove an Analyzer and return it; 1202 if there is none, 11 for a built-in one."""
    analyzer = find_analyzer(transaction, database, name)
    if analyzer is None:
        raise ArangoError(
            _NOT_FOUND, f"failure to find analyzer while removing arangosearch analyzer '{name}'"
        )
    if analyzer.name in BUILT_IN or "::" in analyzer.name:
        raise ArangoError(_FORBIDDEN, f"cannot remove an analyzer of all databases: '{name}'")
    transaction.collection(_COLLECTION).remove(analyzer.name)
    return analyzer


def _restore(stored: dict[str, Any]) -> Analyzer:
    return Analyzer(stored["name"], stored["type"], stored["properties"], tuple(stored["features"]))
