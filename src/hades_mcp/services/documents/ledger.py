"""The ledger of ingest: for each file, what was stored of it and how to recognise it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.linking import Names
from hades_mcp.services.documents.readers.rows import SEGMENT
from hades_mcp.services.layout import DOCUMENTS, SOURCES
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arango.database import Database

    from hades_mcp.services.documents.readers.parsed import Kind


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One document of a file.

    Args:
        name: Its qualified name.
        kind: Its kind.
        text_hash: Hash of what was embedded.
        chunks: How many chunks it has.
    """

    name: str
    kind: Kind
    text_hash: str
    chunks: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the ledger.

    Args:
        path: Absolute path of the file.
        package: First component of a Python module's name; the folder of other source code.
        fingerprint: Hash over content and resolved edges; empty means: look again.
        ingested_at: When, ISO 8601, UTC.
        root: Key of the document that stands for the whole file.
        parts: Its documents by key.
        edges: Keys of its edges by collection.
        aliases: Names it offers for things defined elsewhere.
        bases: Its classes and their bases, by name.
        rev: `_rev` of the ledger's document, to notice another writer.
    """

    path: str
    package: str
    fingerprint: str
    ingested_at: str
    root: str
    parts: dict[str, StoredPart]
    edges: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)
    rev: str = ""

    @property
    def key(self) -> str:
        """Its `_key`."""
        return key_of(self.path)

    def ids(self) -> set[str]:
        """Return the `_id`s of its documents."""
        return {f"{DOCUMENTS}/{key}" for key in self.parts}

    def names(self) -> Names:
        """Return what the linker needs of it."""
        kinds = {part.name: part.kind for part in self.parts.values()}
        return Names(self.path, kinds, self.aliases, self.bases)

    def document(self) -> dict[str, Any]:
        """Return it as stored."""
        plain = {"_key": self.key, **asdict(self)}
        del plain["rev"]
        return plain


def key_of(*names: str) -> str:
    """Return the key that stands for these names, the same on every machine."""
    return blake2b("\n".join(names).encode(), digest_size=10).hexdigest()


def read_entry(db: Database, key: str) -> Entry | None:
    """Return one file's entry; `db` may be a transaction."""
    found = rows(db, "FOR s IN @@c FILTER s._key == @key RETURN s", {"@c": SOURCES, "key": key})
    return _entry(found[0]) if found else None


def all_paths(db: Database) -> list[str]:
    """Return the paths of all files stored."""
    return rows(db, "FOR s IN @@c RETURN s.path", {"@c": SOURCES})


def segments(db: Database, path: str) -> list[str]:
    """Return the keys under which a file is stored: one, or several for the rows of a table."""
    query = """
    FOR s IN @@c
      FILTER s.path == @path OR STARTS_WITH(s.path, @segment)
      RETURN s._key
    """
    return rows(db, query, {"@c": SOURCES, "path": path, "segment": f"{path}{SEGMENT}"})


def segments_below(db: Database, path: str) -> list[list[str]]:
    """Return, per stored file at or below a path, the keys under which it is stored."""
    query = """
    FOR s IN @@c
      FILTER s.path == @path OR STARTS_WITH(s.path, @segment) OR STARTS_WITH(s.path, @folder)
      RETURN s.path
    """
    bind = {"@c": SOURCES, "path": path, "segment": f"{path}{SEGMENT}", "folder": f"{path}/"}
    files: dict[str, list[str]] = {}
    for stored in rows(db, query, bind):
        files.setdefault(stored.partition(SEGMENT)[0], []).append(key_of(stored))
    return list(files.values())


def entries_named(db: Database, packages: Iterable[str], paths: Iterable[str]) -> list[Entry]:
    """Return the entries of these Python packages, and those at these paths."""
    query = "FOR s IN @@c FILTER s.package IN @packages OR s._key IN @keys RETURN s"
    keys = [key_of(path) for path in paths]
    found = rows(db, query, {"@c": SOURCES, "packages": list(packages), "keys": keys})
    return [_entry(row) for row in found]


def entries_offering(db: Database, names: Iterable[str]) -> list[Entry]:
    """Return the entries of files that offer one of these names for something of theirs."""
    query = "FOR s IN @@c FILTER LENGTH(INTERSECTION(ATTRIBUTES(s.aliases), @names)) RETURN s"
    return [_entry(row) for row in rows(db, query, {"@c": SOURCES, "names": list(names)})]


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        path=row["path"],
        package=row["package"],
        fingerprint=row["fingerprint"],
        ingested_at=row["ingested_at"],
        root=row["root"],
        parts={key: StoredPart(**part) for key, part in row["parts"].items()},
        edges=row["edges"],
        aliases=row["aliases"],
        bases=row["bases"],
        rev=row["_rev"],
    )
