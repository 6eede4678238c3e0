"""The reference library: every example does what it says, and the right one is found."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from arango.exceptions import ArangoServerError

from hades_mcp.assets import shipped
from hades_mcp.embedded import connect
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.errors import ConfigError, InvalidArgument, Unavailable, UnknownName
from hades_mcp.services.library.files import Example, library_names, read_library
from hades_mcp.services.library.service import SHOWN, TOKENS, LibraryService
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arango.cursor import Cursor
    from arango.database import StandardDatabase
    from arango.graph import Graph

    from hades_mcp.embedders.base import Progress, Vectors

NOWHERE = Path("nowhere")
TOPICS = read_library(NOWHERE, "aql")
EXAMPLES = [example for topic in TOPICS for example in topic.examples]
MISTAKES = [example for example in EXAMPLES if example.wrong]


class Away(HashEmbedder):
    """An embedder whose server does not answer."""

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        raise Unavailable("The embedder is away.")


def named(example: Example) -> str:
    return f"{example.topic}: {example.question}"


@pytest.fixture(scope="module")
def world() -> Iterator[StandardDatabase]:
    """The library's own data; every query that writes is taken back."""
    text = shipped("prompts").joinpath("library", "aql", "data.json").read_text(encoding="utf-8")
    data = json.loads(text)
    client = connect()
    client.db("_system").create_database("library")
    db = client.db("library")
    for section, edge in (("collections", False), ("edgeCollections", True)):
        for name, documents in data[section].items():
            db.create_collection(name, edge=edge)
            db.collection(name).insert_many(documents)
    for name, definitions in data["graphs"].items():
        graph = cast("Graph", db.create_graph(name))
        for one in definitions:
            graph.create_edge_definition(one["edge_collection"], one["from"], one["to"])
    yield db
    client.close()


def answer(db: StandardDatabase, aql: str, bind: dict[str, Any]) -> Any:
    names = [one["name"] for one in cast("list[Any]", db.collections()) if not one["system"]]
    transaction = db.begin_transaction(write=names)
    try:
        return list(cast("Cursor", transaction.aql.execute(aql, bind_vars=bind)))
    except ArangoServerError as error:
        return error
    finally:
        transaction.abort_transaction()


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_every_example_gives_the_rows_it_says(world: StandardDatabase, example: Example) -> None:
    assert answer(world, example.aql, example.bind_vars) == example.expected
    assert example.expected, "an example without rows shows nothing"


@pytest.mark.parametrize("example", MISTAKES, ids=named)
def test_every_mistake_fails_or_gives_other_rows(world: StandardDatabase, example: Example) -> None:
    assert example.why
    assert answer(world, example.wrong, example.bind_vars) != example.expected


def test_the_examples_cover_every_operation_and_the_common_functions() -> None:
    assert len(EXAMPLES) >= 60
    assert len({example.question for example in EXAMPLES}) == len(EXAMPLES)
    written = "\n".join(example.aql for example in EXAMPLES)
    operations = (
        "FOR FILTER SORT LIMIT LET RETURN DISTINCT COLLECT AGGREGATE INTO WINDOW INSERT UPDATE "
        "REPLACE REMOVE UPSERT OLD NEW OPTIONS PRUNE OUTBOUND INBOUND ANY GRAPH SHORTEST_PATH "
        "K_SHORTEST_PATHS ALL_SHORTEST_PATHS K_PATHS"
    )
    functions = (
        "DOCUMENT LENGTH SUM AVERAGE COUNT_DISTINCT MEDIAN CONCAT SPLIT SUBSTITUTE LIKE CONTAINS "
        "REGEX_TEST ROUND DATE_DIFF DATE_ADD DATE_FORMAT FLATTEN INTERSECTION PUSH MERGE UNSET "
        "ATTRIBUTES HAS NOT_NULL TYPENAME FIRST COSINE_SIMILARITY GEO_DISTANCE TOKENS "
        "LEVENSHTEIN_DISTANCE PARSE_IDENTIFIER"
    )
    missing = [word for word in f"{operations} {functions}".split() if word not in written]
    assert not missing


def test_every_topic_has_a_note_of_a_few_sentences() -> None:
    assert {"filtering", "graphs", "grouping", "joins", "performance", "binding"} <= {
        topic.name for topic in TOPICS
    }
    for topic in TOPICS:
        assert 40 <= count_tokens(topic.note) <= 220, topic.name


QUESTIONS = [
    ("How many orders does each customer have?", ("GROUP", "COLLECT", "LENGTH(FOR")),
    ("friends of friends", ("2..2", "knows")),
    ("shortest route between two towns by distance", ("SHORTEST_PATH", "weightAttribute")),
    ("average salary per department", ("AVERAGE", "COLLECT")),
    ("who bought nothing at all", ("== 0",)),
    ("change the price of some products", ("UPDATE",)),
    ("delete old log entries", ("REMOVE",)),
    ("insert or update a record", ("UPSERT",)),
    ("documents created in March 2024", ('>= "2025-02-01"', "DATE_YEAR")),
    ("names that start with B", ("LIKE(",)),
    ("SELECT COUNT(*) FROM users GROUP BY country", ("COLLECT",)),
]


@pytest.mark.parametrize(("question", "any_of"), QUESTIONS, ids=[q for q, _ in QUESTIONS])
@pytest.mark.parametrize("installed", [False, True], ids=["files", "installed"])
def test_a_question_finds_an_example_of_the_same_kind(
    question: str,
    any_of: tuple[str, ...],
    found_by: dict[bool, LibraryService],
    *,
    installed: bool,
) -> None:
    found = found_by[installed].examples(question)
    written = "\n".join(example.aql for example in found.examples)
    assert any(part in written for part in any_of), written


@pytest.fixture(scope="module")
def found_by() -> Iterator[dict[bool, LibraryService]]:
    """The service over an empty collection and over an installed library; the real embedder."""
    client = connect()
    embedder = OnnxEmbedder()
    made = {}
    for installed in (False, True):
        client.db("_system").create_database(f"db{installed}")
        db = client.db(f"db{installed}")
        db.create_collection("library")
        made[installed] = LibraryService(db, embedder, NOWHERE)
    assert made[True].install("aql") == len(EXAMPLES) + len(TOPICS)
    yield made
    embedder.close()
    client.close()


def test_the_answer_is_three_examples_within_few_tokens_with_the_topics_note(
    found_by: dict[bool, LibraryService],
) -> None:
    for service in found_by.values():
        found = service.examples("How many people live in each city?")
        assert found.examples[0].question == "How many people live in each city?"
        assert len(found.examples) == SHOWN
        assert found.note.startswith("COLLECT replaces")
        assert count_tokens(str(asdict(found))) <= TOKENS + 60


def test_without_the_library_examples_come_from_its_files_and_the_command_is_said(
    db: StandardDatabase,
) -> None:
    service = LibraryService(db, HashEmbedder(), NOWHERE)
    found = service.examples("count people per city")
    assert found.examples
    assert "hades library install aql" in found.hint
    service.install("aql")
    found = service.examples("count people per city")
    assert (found.hint, found.examples[0].id.partition("/")[0]) == ("", "library")


def test_installing_again_changes_nothing_and_leaves_others_alone(db: StandardDatabase) -> None:
    service = LibraryService(db, HashEmbedder(), NOWHERE)
    own = {"kind": "example", "library": "own", "topic": "own", "question": "Whose turn is it?"}
    db.collection("library").insert({"_key": "mine", "aql": "RETURN 1", "shows": "x"} | own)
    first = service.install("aql")
    assert service.install("aql") == first
    assert db.collection("library").count() == first + 1
    found = service.examples("Whose turn is it?").examples
    assert "library/mine" in [example.id for example in found]
    (info,) = service.list()
    assert (info.name, info.examples, info.installed) == ("aql", len(EXAMPLES), first)


def test_examples_stored_for_another_embedder_are_found_by_words_and_this_is_said(
    db: StandardDatabase,
) -> None:
    LibraryService(db, HashEmbedder(16), NOWHERE).install("aql")
    found = LibraryService(db, HashEmbedder(32), NOWHERE).examples("friends of friends")
    assert found.examples
    assert "another embedder" in found.hint


def test_the_users_own_library_is_installed_by_its_folders_name(
    db: StandardDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "prompts" / "library" / "ours"
    folder.mkdir(parents=True)
    (folder / "zoo.toml").write_text(
        '[[examples]]\nquestion = "Feed the lion"\naql = "RETURN 1"\nshows = "feeding"\n'
    )
    assert library_names(tmp_path) == ["aql", "ours"]
    service = LibraryService(db, HashEmbedder(), tmp_path)
    service.install("ours")
    assert service.examples("feed lion").examples[0].question == "Feed the lion"
    (folder / "zoo.toml").write_text('[[examples]]\nquestion = "Feed"\naqll = "RETURN 1"\n')
    with pytest.raises(ConfigError, match=r"zoo\.toml, example 1 has the key 'aqll'"):
        service.install("ours")


def test_a_wrong_name_and_an_empty_question_are_refused_with_what_to_do(
    db: StandardDatabase,
) -> None:
    service = LibraryService(db, HashEmbedder(), NOWHERE)
    with pytest.raises(UnknownName, match="Did you mean 'aql'"):
        service.install("aqll")
    with pytest.raises(InvalidArgument, match="question is empty"):
        service.examples(" ")


def test_without_the_embedder_examples_are_found_by_words_and_this_is_said(
    db: StandardDatabase,
) -> None:
    LibraryService(db, HashEmbedder(16), NOWHERE).install("aql")
    db.collection("library").insert(
        {"_key": "mine", "library": "mine", "topic": "mine", "kind": "example"}
        | {"question": "Whose turn is it?", "aql": "RETURN 1", "shows": "turns"}
    )
    found = LibraryService(db, Away(16), NOWHERE).examples("Whose turn is it?")
    assert "library/mine" in [example.id for example in found.examples]
    assert found.hint == "Found by words alone, not by meaning: The embedder is away."
