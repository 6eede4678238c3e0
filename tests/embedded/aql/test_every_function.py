"""Each function and operation of the manual, called at least once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from arango.exceptions import AQLQueryExecuteError

from hades_mcp.embedded import connect
from hades_mcp.embedded.aql.functions import FUNCTIONS

FIXTURES = Path(__file__).parent / "fixtures"
NOT_IN_THE_MANUAL = {"NOEVAL", "WARN"}  # it names them beside NOOPT and ASSERT
PLACES = [
    {"_key": "bonn", "location": [50.73, 7.1], "text": "Bonn on the Rhine"},
    {"_key": "koeln", "location": [50.94, 6.96], "text": "Cologne on the Rhine"},
    {"_key": "frankfurt", "location": [50.11, 8.68], "text": "Frankfurt on the Main"},
]
ARTICLES = [
    {"_key": "fox", "text": "The quick brown fox", "word": "quick"},
    {"_key": "dog", "text": "A lazy dog", "word": "lazy"},
]
COMPASS = {"east": [1, 0], "north": [0, 1], "west": [-1, 0], "south": [0, -1]}


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIXTURES / name).read_text("utf-8").splitlines()]


EVERY_FUNCTION, EVERY_OPERATION = _rows("functions.jsonl"), _rows("operations.jsonl")


@pytest.fixture(scope="module")
def db() -> Iterator[Any]:
    client = connect(None)
    db: Any = client.db("_system")
    people, knows = db.create_collection("people"), db.create_collection("knows", edge=True)
    people.insert_many([{"_key": "ann", "name": "Ann"}, {"_key": "bob", "name": "Bob"}])
    knows.insert({"_from": "people/ann", "_to": "people/bob", "since": 2020})
    for name in ("likes", "scratch", "log"):
        db.create_collection(name, edge=name == "likes")
    friends = {"edge_collection": "knows", "from_vertex_collections": ["people"]}
    db.create_graph("friends", [friends | {"to_vertex_collections": ["people"]}])
    places = db.create_collection("places")
    places.insert_many(PLACES)
    places.add_index({"type": "geo", "fields": ["location"]})
    places.add_index({"type": "fulltext", "fields": ["text"], "minLength": 3})
    _add_vectors(db)
    _add_view(db)
    yield db
    client.close()


def _add_vectors(db: Any) -> None:
    vectors = db.create_collection("vectors")
    for key, place in COMPASS.items():
        vectors.insert({"_key": key, "cosine": place, "inner": place, "l2": place})
    for field, metric in (("cosine", "cosine"), ("inner", "innerProduct"), ("l2", "l2")):
        parameters = {"metric": metric, "dimension": 2, "nLists": 1}
        vectors.add_index({"type": "vector", "fields": [field], "params": parameters})


def _add_view(db: Any) -> None:
    db.create_collection("articles").insert_many(
        {**article, "offsets": article["text"], "hash": article["text"]} for article in ARTICLES
    )
    all_features = ["frequency", "norm", "position", "offset"]
    sizes = {"min": 2, "max": 2, "preserveOriginal": False}
    words = {"locale": "en", "stopwords": [], "stemming": False}
    text = {"type": "text", "properties": words}
    for name, kind, properties, features in (
        ("bigram", "ngram", sizes, ["frequency", "position"]),
        ("minhash", "minhash", {"analyzer": text, "numHashes": 10}, ["frequency"]),
        ("offsets", "text", words, all_features),
    ):
        db.create_analyzer(name, kind, properties, features)
    fields = {
        "text": {"analyzers": ["text_en"]},
        "word": {"analyzers": ["bigram"]},
        "hash": {"analyzers": ["minhash"]},
        "offsets": {"analyzers": ["offsets"]},
    }
    db.create_arangosearch_view(
        "texts", {"links": {"articles": {"fields": fields, "storeValues": "id"}}}
    )


def _named(row: dict[str, Any]) -> str:
    return str(row["name"])


def test_the_table_names_each_function_once_and_the_engine_no_other() -> None:
    names = [row["name"] for row in EVERY_FUNCTION]
    assert len(names) == len(set(names)) == 255
    assert set(FUNCTIONS) - set(names) == NOT_IN_THE_MANUAL
    assert all(f"{row['name']}(" in row["query"] for row in EVERY_FUNCTION)


@pytest.mark.parametrize("row", EVERY_FUNCTION, ids=_named)
def test_functions_answer_their_example(db: Any, row: dict[str, Any]) -> None:
    cursor = db.aql.execute(row["query"])
    assert list(cursor) == row["answer"]
    assert cursor.warnings() == []


@pytest.mark.parametrize("row", EVERY_OPERATION, ids=_named)
def test_operations_answer_their_example(db: Any, row: dict[str, Any]) -> None:
    if "error" in row:
        with pytest.raises(AQLQueryExecuteError) as caught:
            db.aql.execute(row["query"])
        assert caught.value.error_code == row["error"]
    else:
        assert list(db.aql.execute(row["query"])) == row["answer"]
