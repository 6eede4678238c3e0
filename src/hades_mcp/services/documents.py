"""Documents: ingest files and folders, get one, delete one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import NotFound
from hades_mcp.services.discovery import Found, discover
from hades_mcp.services.layout import CHUNKS
from hades_mcp.services.ledger import all_paths, key_of, read_entry
from hades_mcp.services.names import document_id
from hades_mcp.services.planning import Plan, passages_of, plan
from hades_mcp.services.projection import without_vectors
from hades_mcp.services.readers.parsed import Parsed, Unreadable
from hades_mcp.services.readers.registry import load, parse
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.vectors.base import VectorIndex

    Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class IngestReport:
    """What an ingest did, in files.

    Args:
        added: Files that were new.
        updated: Files whose content or edges had changed.
        unchanged: Files stored already as they are.
        removed: Stored files below an ingested folder that are no longer on disk.
        skipped: Files not read, each with the reason; an earlier version stays stored.
        documents: Documents these files consist of now.
        chunks: Passages they have, each with a vector.
        edges: Edges that begin in them.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    documents: int = 0
    chunks: int = 0
    edges: int = 0


class DocumentService:
    """What is known: files, the documents they consist of, and how they hang together.

    Args:
        db: The database, with its layout made.
        embedder: Gives passages their vectors.
        vectors: Told when there are new ones.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder, vectors: VectorIndex) -> None:
        self._db = db
        self._embedder = embedder
        self._vectors = vectors
        self._writer = Writer(db, embedder)

    @translated
    def ingest(
        self, paths: Iterable[str | Path], *, progress: Progress | None = None
    ) -> IngestReport:
        """Store files, folders with all that is in them; again is cheap and changes nothing.

        Each file is stored whole or not at all, also if the process is killed.

        Args:
            paths: Files and folders.
            progress: Called with (passages done, passages in all, the file at hand).

        Raises:
            NotFound: A path is not there; nothing has been stored.
            Unavailable: The embedder or the store is not there; files before that are stored.
        """
        found = discover(paths)
        report = IngestReport(skipped=found.skipped)
        self._remove_deleted(found, report)  # first: nothing may be linked to what is gone
        plans = plan(self._db, _read(found.files, report))
        self._store(plans, report, progress or _silent)
        if report.added or report.updated:
            self._vectors.ensure(CHUNKS, self._embedder.dimension)
        return report

    @translated
    def get(self, name: str) -> dict[str, Any]:
        """Return one document, whole, without vectors.

        Args:
            name: Its `_id`, title or qualified name.

        Raises:
            UnknownName: There is none; the nearest is suggested.
        """
        found = rows(self._db, "RETURN DOCUMENT(@id)", {"id": document_id(self._db, name)})
        document: dict[str, Any] = without_vectors(found[0])
        return document

    @translated
    def delete(self, name: str) -> int:
        """Delete a file with all its documents, or one part of a file; return how many documents.

        Args:
            name: Path of an ingested file, or `_id`, title or qualified name of a document; the
                document that stands for a file takes the file with it.

        Raises:
            UnknownName: There is no such document.
            NotFound: It belongs to no file: HADES did not ingest it.
        """
        entry = read_entry(self._db, key_of(str(Path(name).expanduser().absolute())))
        document = None
        if entry is None:
            document = self.get(name)
            entry = read_entry(self._db, key_of(document.get("source", "")))
        if entry is None:
            raise NotFound(f"{name!r} was not ingested from a file.", hint="Remove it by AQL.")
        if document is None or document["_key"] == entry.root:
            self._writer.remove(entry.key)
            return len(entry.parts)
        self._writer.remove_part(entry.key, document["_key"])
        return 1

    def _remove_deleted(self, found: Found, report: IngestReport) -> None:
        folders = [f"{folder}/" for folder in found.folders]
        for path in all_paths(self._db) if folders else ():
            inside = any(path.startswith(folder) for folder in folders)
            if inside and not Path(path).exists():
                report.removed += self._writer.remove(key_of(path))

    def _store(self, plans: list[Plan], report: IngestReport, progress: Progress) -> None:
        total = passages_of(plans)
        done = 0
        for file in plans:
            path = file.entry.path
            progress(done, total, path)
            outcome = self._writer.store(file, partial(_report, progress, done, total, path))
            done += passages_of([file])
            match outcome:
                case "added":
                    report.added += 1
                case "updated":
                    report.updated += 1
                case "unchanged":
                    report.unchanged += 1
            report.documents += len(file.documents)
            report.edges += sum(map(len, file.edges.values()))
        report.chunks = total
        progress(total, total, "")


def _read(files: Iterable[Path], report: IngestReport) -> dict[str, Parsed]:
    read: dict[str, Parsed] = {}
    for path in files:
        try:
            read[path.as_posix()] = parse(path, load(path))
        except Unreadable as reason:
            report.skipped.append((str(path), str(reason)))
    return read


def _report(progress: Progress, before: int, total: int, path: str, count: int) -> None:
    progress(before + count, total, path)


def _silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""
