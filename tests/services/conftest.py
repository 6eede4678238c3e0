"""A real embedded database in memory, and the toy embedder where meaning does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded import connect
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.contexts.service import ContextService
from hades_mcp.services.documents.service import DocumentService
from hades_mcp.services.graphs.service import GraphService
from hades_mcp.services.layout import ensure_layout
from hades_mcp.services.queries.limits import QueryLimits
from hades_mcp.services.queries.service import QueryService
from hades_mcp.services.schema.service import SchemaService
from hades_mcp.services.search.service import SearchService
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Progress, Vectors

SHOP = {
    "shop/__init__.py": '"""Sells things."""\n\nfrom shop.till import Till\n',
    "shop/till.py": '''
"""Where one pays."""

from shop.stock import Shelf


class Till(Shelf):
    """Takes money and gives change."""

    def pay(self, amount: int) -> int:
        """Return the change for a payment."""
        return change(amount)


def change(amount: int) -> int:
    """Count coins."""
    return amount
''',
    "shop/stock.py": '''
"""What is for sale."""


class Shelf:
    """Holds boxes of tea."""

    def take(self) -> None:
        """Remove one box."""
''',
    "README.md": "# The shop\n\nSee [hours](hours.md#sunday).\n\n## Address\n\nMain street\n",
    "hours.md": "# Hours\n\n## Monday\n\nNine to five.\n\n## Sunday\n\nClosed all day.\n",
}
"""A small project in which everything refers to something."""


class CountingEmbedder(HashEmbedder):
    """The toy, remembering what it was asked for."""

    def __init__(self) -> None:
        super().__init__(32)
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.asked.extend(texts)
        return super().embed(texts, progress=progress)


@pytest.fixture
def db() -> Iterator[StandardDatabase]:
    client = connect()
    client.db("_system").create_database("test")
    database = client.db("test")
    ensure_layout(database)
    yield database
    client.close()


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def documents(db: StandardDatabase, embedder: CountingEmbedder) -> DocumentService:
    return DocumentService(db, embedder, ArangoVectorIndex(db))


@pytest.fixture
def search(db: StandardDatabase, embedder: CountingEmbedder) -> SearchService:
    return SearchService(db, embedder, ArangoVectorIndex(db))


@pytest.fixture
def contexts(db: StandardDatabase, embedder: CountingEmbedder) -> ContextService:
    return ContextService(db, embedder)


@pytest.fixture
def graphs(db: StandardDatabase) -> GraphService:
    return GraphService(db)


@pytest.fixture
def queries(db: StandardDatabase) -> QueryService:
    return QueryService(db, QueryLimits(max_rows=100, max_runtime=10))


@pytest.fixture
def schema(db: StandardDatabase) -> SchemaService:
    return SchemaService(db)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in SHOP.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
