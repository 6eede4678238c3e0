"""What a query changed: found by comparing revisions, so that it holds for every statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.services.journal import Change
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import Overtaken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from arango.database import Database, StandardDatabase

_REVISIONS = "FOR d IN @@c RETURN [d._id, d._rev]"
_READ = "FOR d IN @@c FILTER d._key IN @keys RETURN d"
_BATCH = 1000

Revisions = dict[str, dict[str, str]]
"""Collection → `_id` → `_rev`."""


def revisions(db: Database, collections: Iterable[str]) -> Revisions:
    """Return the revisions of all documents of some collections.

    Args:
        db: The transaction that is going to write, or has written.
        collections: Their names.
    """
    return {name: dict(rows(db, _REVISIONS, {"@c": name})) for name in collections}


def changes(db: StandardDatabase, before: Revisions, after: Revisions) -> list[Change]:
    """Return what differs, with the documents as they were.

    A statement can't be asked for its `OLD` in general: there may be several, in subqueries, each
    with or without a RETURN. Until the transaction is committed, though, everybody else still
    reads what was there before: the images are read from outside of it.

    Args:
        db: The database, outside of the transaction.
        before: The revisions at its beginning.
        after: The revisions it has made.

    Raises:
        Overtaken: Somebody else changed one of the documents meanwhile.
    """
    found: list[Change] = []
    for name, old in before.items():
        new = after[name]
        made = [Change(each, None, new[each]) for each in new.keys() - old.keys()]
        touched = [each for each, revision in old.items() if new.get(each) != revision]
        images = {image["_id"]: image for image in _images(db, name, touched)}
        for each in touched:
            if each not in images or images[each]["_rev"] != old[each]:
                raise Overtaken
        found += [Change(each, images[each], new.get(each)) for each in touched]
        found += sorted(made, key=lambda change: change.id)
    return found


def _images(db: StandardDatabase, name: str, ids: list[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(ids), _BATCH):
        keys = [each.partition("/")[2] for each in ids[start : start + _BATCH]]
        yield from rows(db, _READ, {"@c": name, "keys": keys})
