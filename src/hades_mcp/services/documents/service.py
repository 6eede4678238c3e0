"""Documents: ingest files and folders, add a text, get one, delete one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import InvalidArgument, LimitReached, NotFound
from hades_mcp.services.documents.discovery import discover, is_gone
from hades_mcp.services.documents.ingesting import Ingestion, IngestReport, silent
from hades_mcp.services.documents.ledger import key_of, read_entry, segments, segments_below
from hades_mcp.services.documents.planning import plan
from hades_mcp.services.documents.readers.note import note_path, read_note
from hades_mcp.services.documents.readers.parsed import well_formed
from hades_mcp.services.documents.readers.registry import MOST_BYTES
from hades_mcp.services.documents.readers.rows import table_of
from hades_mcp.services.documents.writing import Writer
from hades_mcp.services.layout import CHUNKS, DOCUMENTS
from hades_mcp.services.names import document_id
from hades_mcp.services.projection import without_vectors
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.documents.ingesting import Progress
    from hades_mcp.services.documents.ledger import Entry
    from hades_mcp.services.documents.planning import Plan
    from hades_mcp.services.documents.writing import Outcome, Removed
    from hades_mcp.vectors.base import VectorIndex


@dataclass(frozen=True, slots=True)
class Added:
    """A text that was stored.

    Args:
        id: `_id` of its document.
        title: What it is called.
        outcome: added, updated (there was another text by that title) or unchanged.
        documents: How many documents it consists of: itself, and its sections.
        undo: Handle of the journal by which it is as before; "" if nothing was recorded.
    """

    id: str
    title: str
    outcome: Outcome
    documents: int
    undo: str = ""


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

        Each file is stored whole or not at all, also if the process is killed; a table of more
        than a thousand rows by the thousand, after all of it has been read once.

        Args:
            paths: Files and folders.
            progress: Called with (passages done, passages in all, the file at hand).

        Raises:
            NotFound: A path is not there; nothing has been stored.
            Unavailable: The embedder or the store is not there; files before that are stored.
            ConfigError: The store's vectors are another model's.
        """
        report = Ingestion(self._db, self._writer, progress or silent).run(discover(paths))
        self._settle(grown=bool(report.added or report.updated), changed=report.changed)
        return report

    @translated
    def add_text(
        self,
        text: str,
        title: str = "",
        name: str = "",
        *,
        origin: str = "user",
        action: str = "",
    ) -> Added:
        """Store a text that came without a file; the same name or title again replaces it.

        Args:
            text: Plain text or Markdown.
            title: What it is called; by default its first heading or line.
            name: What it is known by; by default the title, else a hash of the text.
            origin: Whose words they are: a source of trust.
            action: Name of the tool; if given, the write is recorded so that it can be undone.

        Raises:
            InvalidArgument: There are no words in it.
            LimitReached: It is too long.
            ConfigError: The store's vectors are another model's.
        """
        text, title, name = map(well_formed, (text, title, name))
        if not text.strip():
            raise InvalidArgument("The text is empty.", hint="Give the words to be stored.")
        if len(text) > MOST_BYTES:
            raise LimitReached(
                f"The text has {len(text):,} characters, at most {MOST_BYTES:,}.",
                hint="Add it in parts, each with a title.",
            )
        path = note_path(text, title, name)
        (note,) = plan(self._db, {path: read_note(path, text, title.strip())}, origin)
        outcome, undo = self._writer.store(note, _unseen, action=action)
        self._settle(grown=outcome != "unchanged", changed=outcome != "unchanged")
        root = note.documents[0]
        identifier = f"{DOCUMENTS}/{root['_key']}"
        return Added(identifier, root["title"], outcome, len(note.documents), undo)

    def store(self, file: Plan) -> Outcome:
        """Store a file as it was read elsewhere: by a world's export.

        Args:
            file: What its reader made of it.

        Raises:
            ConfigError: The store's vectors are another model's.
        """
        outcome, _ = self._writer.store(file, _unseen)
        self._settle(grown=outcome != "unchanged", changed=outcome != "unchanged")
        return outcome

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
    def delete(self, name: str) -> Removed:
        """Delete a file with all its documents, or one part of a file; it can be undone.

        Args:
            name: Path of an ingested file, or `_id`, title or qualified name of a document; the
                document that stands for a file takes the file with it.

        Raises:
            UnknownName: There is no such document.
            NotFound: It belongs to no file: HADES did not ingest it.
        """
        entry = self._entry(name)
        document = None
        if entry is None:
            document = self.get(name)
            entry = read_entry(self._db, key_of(str(document.get("source"))))
            if entry is not None and document["_id"] not in entry.ids():
                entry = None
        if entry is None:
            raise NotFound(f"{name!r} was not ingested from a file.", hint="Remove it by AQL.")
        if document is None or document["_key"] == entry.root:
            keys = segments(self._db, table_of(entry.path))
            removed = self._writer.remove(keys, action="document_delete")
        else:
            removed = self._writer.remove_part(
                entry.key, document["_key"], action="document_delete"
            )
        self._vectors.settle()
        return removed

    @translated
    def follow(self, paths: Iterable[Path]) -> IngestReport:
        """Store those of some paths that are there, and take out of the store those that are not.

        Args:
            paths: Files and folders that changed, absolute.

        Raises:
            NotFound: A path went away meanwhile; what came before it is stored.
        """
        there: list[Path] = []
        gone: list[Path] = []
        for path in paths:
            (gone if is_gone(path) else there).append(path)
        report = self.ingest(there) if there else IngestReport()
        for path in gone:
            for keys in segments_below(self._db, path.as_posix()):
                report.removed += bool(self._writer.remove(keys))
        if report.removed:
            self._vectors.settle()
        return report

    def _entry(self, name: str) -> Entry | None:
        path = str(Path(name).expanduser().absolute())
        return read_entry(self._db, key_of(path)) or read_entry(self._db, key_of(name))

    def _settle(self, *, grown: bool, changed: bool) -> None:
        if grown:
            self._vectors.ensure(CHUNKS, self._embedder.dimension)
        if changed:
            self._vectors.settle()


def _unseen(_passages: int) -> None:
    """A note is embedded too fast to tell of it."""
