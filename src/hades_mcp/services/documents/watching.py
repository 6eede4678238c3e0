"""Keeps the store in step with folders while they change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hades_mcp.errors import CallerError, Unavailable
from hades_mcp.services.documents.discovery import IGNORED, can_be_named, discover
from hades_mcp.services.documents.ingesting import IngestReport

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Sequence

    from hades_mcp.services.documents.ingesting import Progress
    from hades_mcp.services.documents.service import DocumentService

    Told = Callable[[IngestReport], None]

PULSE_MS = 500
"""How long the watcher waits before it says that nothing happened."""


def watch(
    documents: DocumentService,
    paths: Sequence[Path],
    told: Told,
    *,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Ingest paths, and again what changes in them, until stopped or interrupted.

    Files that were deleted are taken out of the store. What the store or a file refuses now is
    reported as skipped, and tried again with its next change.

    Args:
        documents: Where to.
        paths: Files and folders.
        told: Called after the first ingest, and after each batch of changes that made a difference.
        progress: Of the first ingest.
        stop: Ends the watch when set.

    Raises:
        NotFound: A path is not there.
        HadesError: The first ingest failed.
    """
    from watchfiles import watch as changes_in  # noqa: PLC0415  only who watches needs it

    roots = [path.expanduser().absolute() for path in paths]
    discover(roots)  # a path that is not there is refused before anything begins
    begun = False
    for batch in changes_in(
        *roots,
        stop_event=stop,
        rust_timeout=PULSE_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        if not begun:  # by now the watcher listens: nothing falls between it and the first ingest
            told(documents.ingest(roots, progress=progress))
            begun = True
            continue
        seen = {Path(name) for _, name in batch}
        report = _follow(documents, [path for path in seen if _is_wanted(path, roots)])
        if report is not None:
            told(report)


def _follow(documents: DocumentService, changed: Collection[Path]) -> IngestReport | None:
    """Store what is there, forget what is not; return None if that made no difference."""
    if not changed:
        return None
    try:
        report = documents.follow(sorted(changed))
    except (CallerError, Unavailable) as error:  # gone again meanwhile; a store that is busy
        report = IngestReport(skipped=[(str(path), str(error)) for path in sorted(changed)])
    return report if report.changed or report.skipped else None


def _is_wanted(path: Path, roots: Sequence[Path]) -> bool:
    """Return whether a walk from the roots would come by: nothing hidden, no caches."""
    if path in roots:
        return True
    if not can_be_named(path):
        return False
    root = next((root for root in roots if path.is_relative_to(root)), None)
    names = path.relative_to(root).parts if root is not None else ()
    return bool(names) and not any(name.startswith(".") or name in IGNORED for name in names)
