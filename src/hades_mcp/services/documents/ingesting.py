"""One run of an ingest: reads files, plans them together, stores them one by one, and reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hades_mcp.services.documents.discovery import is_gone
from hades_mcp.services.documents.ledger import all_paths, key_of, segments
from hades_mcp.services.documents.planning import Plan, passages_in, passages_of, plan
from hades_mcp.services.documents.readers.parsed import Parsed, Unreadable
from hades_mcp.services.documents.readers.registry import check, is_table, read
from hades_mcp.services.documents.readers.rows import read_rows, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.discovery import Found
    from hades_mcp.services.documents.writing import Outcome, Writer

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

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.added or self.updated or self.removed)

    def count(self, outcome: Outcome) -> None:
        """Count one file."""
        match outcome:
            case "added":
                self.added += 1
            case "updated":
                self.updated += 1
            case "unchanged":
                self.unchanged += 1


class Ingestion:
    """One run.

    Args:
        db: The database.
        writer: Stores what is planned.
        progress: Called with (passages done, passages in all, the file at hand).
    """

    def __init__(self, db: StandardDatabase, writer: Writer, progress: Progress) -> None:
        self._db = db
        self._writer = writer
        self._progress = progress
        self._done = 0
        self._total = 0
        self.report = IngestReport()

    def run(self, found: Found) -> IngestReport:
        """Store what was found, after taking out what is gone."""
        self.report.skipped += found.skipped
        self._remove_deleted(found)  # first: nothing may be linked to what is gone
        tables = {
            path: rows for path in filter(is_table, found.files) if (rows := self._size(path))
        }
        plans = plan(self._db, self._read(path for path in found.files if not is_table(path)))
        self._total = passages_of(plans) + sum(tables.values())
        for file in plans:
            self.report.count(self.store(file))
        for path in tables:
            self._table(path)
        self.report.chunks = self._total
        self._progress(self._total, self._total, "")
        return self.report

    def store(self, file: Plan) -> Outcome:
        """Store one file, or a thousand rows of one; return what was done."""
        path = file.entry.path
        before = self._done
        self._progress(before, self._total, path)
        outcome, _ = self._writer.store(
            file, lambda count: self._progress(before + count, self._total, path)
        )
        self._done += passages_of([file])
        self.report.documents += len(file.documents)
        self.report.edges += sum(map(len, file.edges.values()))
        return outcome

    def _remove_deleted(self, found: Found) -> None:
        folders = [f"{folder}/" for folder in found.folders]
        gone: dict[str, list[str]] = {}
        for path in all_paths(self._db) if folders else ():
            inside = any(path.startswith(folder) for folder in folders)
            if inside and is_gone(Path(table_of(path))):
                gone.setdefault(table_of(path), []).append(key_of(path))
        for keys in gone.values():
            self.report.removed += bool(self._writer.remove(keys))

    def _read(self, files: Iterable[Path]) -> dict[str, Parsed]:
        parsed: dict[str, Parsed] = {}
        for path in files:
            try:
                parsed[path.as_posix()] = read(path)
            except Unreadable as reason:
                self.report.skipped.append((str(path), str(reason)))
        return parsed

    def _size(self, path: Path) -> int:
        """Read a table to its end before any of it is stored; return its passages, 0 if bad."""
        try:
            check(path)
            return sum(
                len(passages_in(part)) for _, parsed in read_rows(path) for part in parsed.parts
            )
        except Unreadable as reason:
            self.report.skipped.append((str(path), str(reason)))
            return 0

    def _table(self, path: Path) -> None:
        """Store a table a thousand rows at a time, and take out those beyond its end."""
        outcomes: set[Outcome] = set()
        stored: set[str] = set()
        try:
            for name, parsed in read_rows(path):
                for file in plan(self._db, {name: parsed}):
                    outcomes.add(self.store(file))
                stored.add(key_of(name))
        except Unreadable as reason:
            self.report.skipped.append((str(path), f"changed while it was read: {reason}"))
            return
        left = [key for key in segments(self._db, path.as_posix()) if key not in stored]
        if self._writer.remove(left):
            outcomes.add("updated")
        self.report.count(outcomes.pop() if len(outcomes) == 1 else "updated")


def silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""
