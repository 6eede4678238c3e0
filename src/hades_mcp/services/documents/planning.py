"""Plans an ingest: what each file read should look like in the store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.chunking import OVERLAP, chunks
from hades_mcp.services.documents.ledger import (
    Entry,
    StoredPart,
    entries_named,
    entries_offering,
    key_of,
)
from hades_mcp.services.documents.linking import Linker, Names, Target
from hades_mcp.services.documents.readers.citations import is_identity
from hades_mcp.services.documents.readers.metadata import beside
from hades_mcp.services.layout import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.readers.parsed import Parsed, Part

FORMAT = "2"
"""Part of every hash: raise it when what is stored for the same file changes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One file as it should be stored.

    Args:
        entry: Its new ledger entry.
        documents: Its documents as stored.
        passages: Document key → texts of its chunks.
        edges: Edge collection → edges as stored.
        origin: Whose words they are: a source of trust.
    """

    entry: Entry
    documents: list[dict[str, Any]]
    passages: dict[str, list[str]]
    edges: dict[str, list[dict[str, Any]]]
    origin: str = "file"


def plan(db: StandardDatabase, read: Mapping[str, Parsed], origin: str = "file") -> list[Plan]:
    """Return a plan per file, its edges resolved among these files and those stored before.

    Args:
        db: Where earlier files are.
        read: Path → what its reader made of it.
        origin: Whose words they are: a source of trust.
    """
    mine = [_names(path, parsed) for path, parsed in read.items()]
    others = [entry.names() for entry in _referred(db, read) if entry.path not in read]
    linker = Linker([*others, *mine])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return [_plan(path, parsed, linker, now, origin) for path, parsed in read.items()]


def _plan(path: str, parsed: Parsed, linker: Linker, now: str, origin: str) -> Plan:
    passages = {key_of(path, part.name): passages_in(part) for part in parsed.parts}
    parts = {
        key_of(path, part.name): StoredPart(
            name=part.name,
            kind=part.kind,
            text_hash=hash_of(part.title, part.text),
            chunks=len(passages[key_of(path, part.name)]),
        )
        for part in parsed.parts
    }
    documents = [_document(path, part, parts) for part in parsed.parts]
    edges = _edges(path, parsed, linker)
    names = _names(path, parsed)
    entry = Entry(
        path=path,
        package=_package(parsed),
        fingerprint=hash_of(repr(documents), repr(sorted(edges.items()))),
        ingested_at=now,
        root=key_of(path, parsed.parts[0].name),
        parts=parts,
        edges={name: [edge["_key"] for edge in found] for name, found in edges.items()},
        aliases=dict(names.aliases),
        bases=dict(names.bases),
    )
    return Plan(entry, documents, passages, edges, origin)


def _document(path: str, part: Part, parts: Mapping[str, StoredPart]) -> dict[str, Any]:
    key = key_of(path, part.name)
    return {
        **beside(part.metadata),
        "_key": key,
        "kind": part.kind,
        "title": part.title,
        "qualified_name": part.name,
        "source": path,
        "line": part.line,
        "end_line": part.end_line,
        "text": part.text,
        "content_hash": parts[key].text_hash,
    }


def _edges(path: str, parsed: Parsed, linker: Linker) -> dict[str, list[dict[str, Any]]]:
    found: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for reference in parsed.references:
        ends = linker.edge(path, reference)
        if ends is not None:
            origin, target = (_id(end) for end in ends)
            key = key_of(reference.kind, origin, target)
            edge = {"_key": key, "_from": origin, "_to": target, "source": key_of(path)}
            found[reference.kind][key] = edge
    return {kind: list(edges.values()) for kind, edges in found.items()}


def _id(end: Target) -> str:
    return f"{DOCUMENTS}/{key_of(end.path, end.name)}"


def _names(path: str, parsed: Parsed) -> Names:
    bases: defaultdict[str, list[str]] = defaultdict(list)
    for reference in parsed.references:
        if reference.kind == "inherits":
            bases[reference.origin].append(reference.targets[0])
    kinds = {part.name: part.kind for part in parsed.parts}
    return Names(path, kinds, parsed.aliases, bases)


def _referred(db: StandardDatabase, read: Mapping[str, Parsed]) -> list[Entry]:
    """Return the stored files that these may refer to: same top package, or named by path."""
    named = {
        name
        for parsed in read.values()
        for reference in parsed.references
        for name in (reference.origin, *reference.targets)
    }
    packages = {_top(name) for name in named if not name.startswith("/")}
    packages.update(parsed.package for parsed in read.values() if parsed.package)
    packages.update(name.partition("#")[0] for name in named if name.startswith("dir:"))
    paths = {name.partition("#")[0] for name in named if "/" in name}
    identities = {name for name in named if is_identity(name)}
    return [
        *entries_named(db, sorted(packages), sorted(paths - read.keys())),
        *(entries_offering(db, sorted(identities)) if identities else ()),
    ]


def _package(parsed: Parsed) -> str:
    if parsed.package:
        return parsed.package
    root = parsed.parts[0]
    return _top(root.name) if root.kind == "module" else ""


def _top(name: str) -> str:
    return name.partition(".")[0]


def hash_of(*parts: str) -> str:
    """Return the hash by which what is stored is recognised again."""
    return blake2b("\0".join((FORMAT, *parts)).encode(), digest_size=16).hexdigest()


def changed(fresh: Plan, stored: Entry | None) -> list[dict[str, Any]]:
    """Return the documents whose text is new: those to be embedded."""
    before = stored.parts if stored else {}
    return [
        document
        for document in fresh.documents
        if document["_key"] not in before
        or before[document["_key"]].text_hash != document["content_hash"]
    ]


def passages_in(part: Part) -> list[str]:
    """Return the texts of a document's chunks; one without words has an empty one."""
    return chunks(part.text, overlap=OVERLAP) or [""]


def passages_of(plans: Iterable[Plan]) -> int:
    """Return how many passages these files have in all: the work ahead."""
    return sum(len(texts) for plan in plans for texts in plan.passages.values())


def chunk_keys(key: str, count: int) -> Sequence[str]:
    """Return the keys of a document's chunks."""
    return [f"{key}-{position}" for position in range(count)]
