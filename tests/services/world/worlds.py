"""A database with the world's service over it, and all of it to compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from tests.services.conftest import CountingEmbedder

from hades_mcp.services.documents.service import DocumentService
from hades_mcp.services.layout import ensure_layout
from hades_mcp.services.search.service import SearchService
from hades_mcp.services.world.service import WorldService
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.world.writing import WorldReport


class World:
    """One database with the service over it."""

    def __init__(self, db: StandardDatabase, folder: Path) -> None:
        ensure_layout(db)
        self.db = db
        self.folder = folder
        self.embedder = CountingEmbedder()
        vectors = ArangoVectorIndex(db)
        self.documents = DocumentService(db, self.embedder, vectors)
        self.search = SearchService(db, self.embedder, vectors)
        self.service = WorldService(db, self.documents, self.embedder, folder / "temporary")

    def load(self, world: object, **options: Any) -> WorldReport:
        path = self.folder / "in.json"
        text = world if isinstance(world, str) else json.dumps(world)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return self.service.load(path, **options)

    def dump(self) -> dict[str, Any]:
        path = self.folder / "out.json"
        self.service.dump(path, force=True)
        return cast("dict[str, Any]", json.loads(path.read_bytes()))

    def plain(self) -> dict[str, Any]:
        """Return the export as anybody may write it: without what only HADES reads."""
        exported = self.dump()
        for text in exported["documents"]:
            assert text.pop("hades")["evidence"]
        return exported

    def state(self) -> object:
        """Return everything there is, HADES's own collections too, but for `_rev`."""
        names = sorted(c["name"] for c in cast("list[Any]", self.db.collections()))
        graphs = sorted(graph["name"] for graph in cast("list[Any]", self.db.graphs()))
        mine = [name for name in names if not name.startswith("_")]
        held = {
            name: sorted(
                (
                    {key: value for key, value in document.items() if key != "_rev"}
                    for document in cast("Any", self.db.collection(name).all())
                ),
                key=lambda document: document["_key"],
            )
            for name in mine
        }
        return held, graphs
