"""The schema tells a query writer what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import UnknownName
from hades_mcp.services.layout import EDGE_COLLECTIONS, VERTEX_COLLECTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents import DocumentService
    from hades_mcp.services.schema import SchemaService


def test_all_collections_and_the_graph_are_described(
    schema: SchemaService, documents: DocumentService, shop: Path
) -> None:
    documents.ingest([shop])
    described = schema.describe()
    by_name = {collection.name: collection for collection in described.collections}
    assert set(by_name) == {*VERTEX_COLLECTIONS, *EDGE_COLLECTIONS}
    assert (by_name["documents"].type, by_name["documents"].count) == ("document", 13)
    assert by_name["documents"].attributes["line"] == "number"
    assert by_name["documents"].indexes == ["persistent(qualified_name)"]
    assert (by_name["inherits"].type, by_name["inherits"].count) == ("edge", 1)
    assert by_name["inherits"].attributes["_to"] == "string"
    (graph,) = described.graphs
    assert graph.name == "knowledge"
    assert "documents -calls-> documents" in graph.edges


def test_types_are_those_seen_and_vectors_are_named_not_shown(
    schema: SchemaService, db: StandardDatabase
) -> None:
    db.create_collection("things")
    db.collection("things").insert_many(
        [
            {"a": 1, "v": [0.5] * 128},
            {"a": 2.5},
            {"a": "x", "b": None, "c": [1], "d": {}, "e": True},
        ]
    )
    (described,) = schema.describe("things").collections
    assert described.attributes == {
        "_id": "string",
        "_key": "string",
        "a": "number|string",
        "b": "null",
        "c": "array",
        "d": "object",
        "e": "bool",
        "v": "vector[128]",
    }
    assert schema.describe("things").graphs == []


def test_a_misspelt_collection_is_corrected(schema: SchemaService) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'documents'"):
        schema.describe("document")
