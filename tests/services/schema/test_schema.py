"""The schema tells a query writer what there is: compact, sampled, remembered, one part at will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded import connect
from hades_mcp.errors import UnknownName
from hades_mcp.services.layout import DOCUMENTS, EDGE_COLLECTIONS, PRIVATE, VERTEX_COLLECTIONS
from hades_mcp.services.schema.service import FARTHEST, SAMPLE, SPREAD, SchemaService
from hades_mcp.services.schema.text import schema_text
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.service import DocumentService


def types(schema: SchemaService, name: str) -> dict[str, str]:
    (described,) = schema.describe(name).collections
    return {attribute.path: attribute.described() for attribute in described.attributes}


def fill(db: StandardDatabase, name: str, documents: list[dict[str, Any]]) -> None:
    db.create_collection(name)
    db.collection(name).insert_many(documents)


def test_the_users_collections_are_shown_and_hades_own_only_when_asked_for_if_at_all(
    schema: SchemaService, db: StandardDatabase
) -> None:
    fill(db, "things", [{"a": 1}])
    assert [c.name for c in schema.describe().collections] == [DOCUMENTS, "things"]
    everything = {c.name for c in schema.describe("*").collections}
    assert everything == ({*VERTEX_COLLECTIONS, *EDGE_COLLECTIONS} - PRIVATE) | {"things"}
    assert [c.name for c in schema.describe("chunks").collections] == ["chunks"]
    for name in ("journal", "journal_images", "pages", "contexts", "outbox", "jour*"):
        with pytest.raises(UnknownName, match="no collection"):
            schema.describe(name)


def test_ingested_documents_and_the_edges_they_have_are_described(
    schema: SchemaService, documents: DocumentService, shop: Path
) -> None:
    documents.ingest([shop])
    described = schema.describe()
    by_name = {collection.name: collection for collection in described.collections}
    assert by_name["documents"].count > 5
    assert types(schema, "documents")["line"] == "number"
    assert "persistent(qualified_name)" in by_name["documents"].indexes
    assert by_name["inherits"].type == "edge"
    assert types(schema, "inherits")["_to"] == "documents/…"
    (graph,) = described.graphs
    assert graph.name == "knowledge"
    (line,) = graph.edges
    assert "calls" in line
    assert line.startswith("documents -")


def test_types_are_those_seen_with_their_shares_and_nested_paths_are_written_as_aql_does(
    schema: SchemaService, db: StandardDatabase
) -> None:
    lines = [{"sku": "x", "n": 1}, {"sku": "y"}]
    fill(
        db,
        "orders",
        [{"total": 1, "lines": lines, "to": {"city": None, "odd name": 1}}] * 9
        + [{"total": "?", "tags": ["a", 1, 2, 3], "to": None}],
    )
    assert types(schema, "orders") == {
        "_key": "string",
        "lines": "array 90%",
        "lines[*]": "object",
        "lines[*].n": "number 50%",
        "lines[*].sku": "string: x, y",
        "tags": "array 10%",
        "tags[*]": "number 75%|string 25%",
        "to": "object 90%|null 10%",
        "to.`odd name`": "number",
        "to.city": "null",
        "total": "number 90%|string 10%",
    }


def test_a_path_of_the_schema_is_a_path_a_query_may_use(
    schema: SchemaService, db: StandardDatabase
) -> None:
    fill(db, "odd", [{"a b": {"c": [{"d": 1}]}, "1x": 2}])
    for path in types(schema, "odd"):
        cursor = db.aql.execute(f"FOR d IN odd RETURN d.{path}")
        assert list(cursor) not in ([None], [[]])  # type: ignore[arg-type]


def test_vectors_are_named_and_never_shown(schema: SchemaService, db: StandardDatabase) -> None:
    fill(db, "things", [{"v": [0.5] * 384, "deep": {"v": [0.25] * 128}}])
    assert types(schema, "things")["v"] == "vector[384]"
    assert types(schema, "things")["deep.v"] == "vector[128]"
    shown = schema_text(schema.describe("things"))
    assert shown["example"]["v"] == "vector[384]"
    assert "0.5" not in str(shown)
    assert "0.25" not in str(shown)


def test_a_few_texts_that_come_again_are_listed_and_keys_and_long_texts_are_not(
    schema: SchemaService, db: StandardDatabase
) -> None:
    fill(
        db,
        "tickets",
        [
            {"state": "open" if i % 3 else "shut", "title": f"ticket {i}", "text": "long " * 50}
            for i in range(30)
        ],
    )
    assert types(schema, "tickets") == {
        "_key": "string",
        "state": "string: open, shut",
        "text": "string",
        "title": "string",
    }
    example = schema_text(schema.describe("tickets"))["example"]
    assert len(example["text"]) == 60


def test_an_object_whose_keys_are_data_is_one_line(
    schema: SchemaService, db: StandardDatabase
) -> None:
    fill(db, "counts", [{"by_day": {f"2026-{i}-{j}": j for j in range(10)}} for i in range(9)])
    found = types(schema, "counts")
    assert list(found) == ["_key", "by_day"]
    assert found["by_day"].startswith("object of ")


def test_the_sample_is_bounded_the_same_each_time_and_reaches_the_end(
    db: StandardDatabase,
) -> None:
    fill(db, "many", [{"a": i} for i in range(1000)] + [{"late": True}])
    first, second = (types(SchemaService(db), "many") for _ in range(2))
    assert first == second
    assert first["late"] == f"bool {round(100 / (SAMPLE + 2 * SPREAD))}%"
    assert FARTHEST >= 1000


class Counted(SchemaService):
    """Counts how often documents were looked at."""

    looked = 0

    def _sample(self, name: str, count: int) -> list[dict[str, Any]]:
        self.looked += 1
        return super()._sample(name, count)


def test_a_collection_is_looked_at_again_only_when_it_has_changed(db: StandardDatabase) -> None:
    fill(db, "things", [{"_key": "k", "a": 1}])
    schema = Counted(db)
    assert types(schema, "things") == types(schema, "things")
    assert schema.looked == 1
    db.collection("things").update({"_key": "k", "a": "text"})
    assert types(schema, "things")["a"] == "string"
    db.delete_collection("things")
    fill(db, "things", [{"_key": "k", "b": 1}])
    assert "b" in types(schema, "things")
    assert schema.looked == 3


def test_a_new_index_is_seen_at_once(schema: SchemaService, db: StandardDatabase) -> None:
    fill(db, "things", [{"a": 1}])
    assert schema.describe("things").collections[0].indexes == ()
    db.collection("things").add_index({"type": "persistent", "fields": ["a", "b[*].c"]})
    assert schema.describe("things").collections[0].indexes == ("persistent(a, b[*].c)",)


def test_a_pattern_shows_the_collections_that_fit_and_the_graphs_they_are_in(
    schema: SchemaService, db: StandardDatabase
) -> None:
    for name in ("order_lines", "orders", "users"):
        fill(db, name, [{"a": 1}])
    definition = {
        "edge_collection": "bought",
        "from_vertex_collections": ["users"],
        "to_vertex_collections": ["orders"],
    }
    db.create_graph("shop", edge_definitions=[definition])
    shown = schema.describe("order*")
    assert [c.name for c in shown.collections] == ["order_lines", "orders"]
    assert [(g.name, g.edges) for g in shown.graphs] == [("shop", ("users -bought-> orders",))]
    assert schema.describe("order_lines").graphs == []


def test_forty_collections_are_shown_in_less_than_two_thousand_tokens(
    schema: SchemaService, db: StandardDatabase
) -> None:
    words = "name city status total created_at customer_id description quantity price country"
    document = {word: word for word in words.split()} | {"nested": {"one": 1, "two": [{"x": 2}]}}
    for i in range(40):
        fill(db, f"collection_{i:02}", [document])
    shown = schema_text(schema.describe())
    assert len(shown["collections"]) == 41
    assert count_tokens(str(shown)) < 2000
    assert shown["collections"][0].startswith("collection_00 (1): city string")
    # a hundred more: names and counts are what is left, and the pattern finds the rest
    for i in range(40, 140):
        fill(db, f"collection_{i:02}", [document])
    assert "collection_77 (1)" in schema_text(schema.describe())["collections"]
    (few,) = [schema_text(schema.describe("collection_7*"))["collections"]]
    assert "nested.two[*].x number" in few[0]


def test_a_misspelt_collection_is_corrected(schema: SchemaService) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'documents'"):
        schema.describe("document")


def test_the_schema_of_one_database_shows_nothing_of_another() -> None:
    client = connect()
    for name in ("mine", "yours"):
        client.db("_system").create_database(name)
        fill(client.db(name), f"{name}_things", [{f"of_{name}": 1}])
    shown = schema_text(SchemaService(client.db("mine")).describe())
    client.close()
    assert "mine_things" in str(shown)
    assert "yours" not in str(shown)


def test_a_vector_with_whole_numbers_in_it_is_one(
    schema: SchemaService, db: StandardDatabase
) -> None:
    """ArangoDB writes 0.0 as 0."""
    fill(db, "things", [{"v": [0, 0.5] * 64, "n": [1] * 128}])
    found = types(schema, "things")
    assert found["v"] == "vector[128]"
    assert found["n"] == "array"
