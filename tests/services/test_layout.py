"""The layout is made once, and completed when whoever made it was killed in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from hades_mcp.embedded import connect
from hades_mcp.services.layout import GRAPH, INDEXES, ensure_layout

if TYPE_CHECKING:
    from arango.database import StandardDatabase


def indexed(db: StandardDatabase, name: str) -> list[list[str]]:
    indexes = cast("list[dict[str, Any]]", db.collection(name).indexes())
    return [index["fields"] for index in indexes if index["type"] == "persistent"]


def test_a_layout_cut_short_before_its_indexes_is_completed() -> None:
    client = connect(None)
    db = client.db("_system")
    db.create_collection("documents")
    ensure_layout(db)
    assert [(name, fields) for name in dict(INDEXES) for fields in indexed(db, name)] == [*INDEXES]
    assert db.has_graph(GRAPH)
    ensure_layout(db)
    client.close()
