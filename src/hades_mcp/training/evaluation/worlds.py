"""Builds the worlds of HADES-Bench once, and hands out copies that a run may change."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.services.names import document_id
from hades_mcp.training.evaluation.tasks import world_text
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.config import Settings
    from hades_mcp.embedders.base import Embedder
    from hades_mcp.workspace import Workspace


class Worlds:
    """The worlds, each built when it is first asked for.

    They lie in `bench/` of the data folder, so that ids (hashes of paths) and with them the bytes
    of prompts are the same in every run.

    Args:
        settings: Whose data folder, limits and embedder; the store is always an embedded one.
        embedder: By default the one that the settings name.
    """

    def __init__(self, settings: Settings, *, embedder: Embedder | None = None) -> None:
        self._settings = settings
        self._embedder = embedder

    @contextmanager
    def copy(self, world: str) -> Iterator[Workspace]:
        """Open a copy of a world; it is gone afterwards."""
        source = self.built(world)
        with tempfile.TemporaryDirectory(prefix="hades-bench-") as folder:
            home = Path(folder) / "home"
            shutil.copytree(source, home)
            with self._open(home) as workspace:
                yield workspace

    @contextmanager
    def empty(self) -> Iterator[Workspace]:
        """Open a store with nothing in it; it is gone afterwards."""
        with (
            tempfile.TemporaryDirectory(prefix="hades-bench-") as folder,
            self._open(Path(folder)) as workspace,
        ):
            yield workspace

    def built(self, world: str) -> Path:
        """Return the data folder of a world, and build it if need be."""
        text = world_text(self._settings.home, world)
        who = self._embedder.model_id if self._embedder else self._settings.embedder
        digest = hashlib.sha256(text + who.encode()).hexdigest()[:12]
        place = self._settings.home / "bench" / f"{world}-{digest}"
        home = place / "home"
        if not home.is_dir():
            self._build(orjson.loads(text), place, home)
        return home

    def _build(self, world: dict[str, Any], place: Path, home: Path) -> None:
        fresh = place / f"home-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        files = place / "files"
        for name, text in world.get("files", {}).items():
            path = files / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        with self._open(fresh) as workspace:
            if "files" in world:
                workspace.documents.ingest([files])
            _fill(workspace, world)
        try:
            fresh.rename(home)
        except OSError:  # another process was first
            shutil.rmtree(fresh)

    def _open(self, home: Path) -> Workspace:
        home.mkdir(parents=True, exist_ok=True)
        settings = self._settings.model_copy(
            update={"home": home, "arango_url": "", "vectors": "arango", "database": "hades"}
        )
        return open_workspace(settings, embedder=self._embedder, preload=False)


def _fill(workspace: Workspace, world: dict[str, Any]) -> None:
    db = workspace.db
    for title, text in world.get("texts", {}).items():
        workspace.documents.add_text(text, title, origin="file")
    for start, target, kind in world.get("relations", []):
        workspace.graphs.relate(start, target, kind)
    for name, pairs in world.get("document_edges", {}).items():
        db.create_collection(name, edge=True)
        ends = [(document_id(db, start), document_id(db, end)) for start, end in pairs]
        db.collection(name).insert_many([{"_from": start, "_to": end} for start, end in ends])
    for kind in ("collections", "edges"):
        for name, documents in world.get(kind, {}).items():
            db.create_collection(name, edge=kind == "edges")
            db.collection(name).insert_many(documents)
    for name, entries in world.get("contexts", {}).items():
        for entry in entries:
            workspace.contexts.add(name, entry, role="note")
