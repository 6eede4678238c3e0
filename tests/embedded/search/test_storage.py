"""Postings in the file: one with the documents in transactions, processes, crashes and repairs."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from arango.database import StandardDatabase

from hades_mcp.embedded import connect
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.check import check
from hades_mcp.embedded.storage.migrations import MIGRATIONS

COUNT = "FOR d IN v SEARCH d.x == 'one' COLLECT WITH COUNT INTO n RETURN n"
WRITER = """
import sys
from hades_mcp.embedded import connect

things = connect(sys.argv[1]).db("_system").collection("things")
for number in range(10**6):
    things.insert_many([{"x": "one", "n": number}, {"x": "two"}])
    things.update_match({"n": number - 1}, {"x": "three"})
    print(number, flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def db(folder: Path) -> Iterator[StandardDatabase]:
    client = connect(folder)
    db = client.db("_system")
    things: Any = db.create_collection("things")
    things.insert_many([{"_key": "a", "x": "one"}, {"_key": "b", "x": "two"}])
    db.create_arangosearch_view("v", {"links": {"things": {"includeAllFields": True}}})
    things.add_index({"type": "inverted", "name": "inv", "fields": ["x"]})
    yield db
    client.close()


def first(db: Any, query: str = COUNT) -> Any:
    return next(iter(db.aql.execute(query)))


def test_a_transaction_searches_its_own_writes_and_others_only_when_it_ends(db, folder):
    other = connect(folder)
    transaction = db.begin_transaction(read="things", write="things")
    transaction.collection("things").insert({"x": "one"})
    assert first(transaction) == 2
    assert first(db) == first(other.db("_system")) == 1
    transaction.commit_transaction()
    assert first(db) == first(other.db("_system")) == 2
    transaction = db.begin_transaction(write="things")
    transaction.collection("things").truncate()
    assert first(transaction) == 0
    transaction.abort_transaction()
    assert first(db) == 2
    other.close()


def test_a_query_that_fails_leaves_no_posting(db):
    query = "FOR x IN ['one', 'one'] INSERT {_key: 'same', x} INTO things"
    with pytest.raises(Exception, match="unique constraint"):
        db.aql.execute(query)
    assert first(db) == 1


def test_documents_and_postings_survive_a_killed_writer_together(db, folder):
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(3):
                writer.stdout.readline()
            time.sleep(0.01)  # the kill falls into another place of a write each time
            writer.kill()
        assert first(db) == first(db, "RETURN LENGTH(FOR d IN things FILTER d.x == 'one' RETURN 1)")
    with Engine(folder) as engine:
        assert check(engine) == []


def test_a_check_finds_and_mends_postings_that_do_not_fit(db, folder):
    (file,) = folder.glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        tables = "SELECT name FROM sqlite_schema WHERE name GLOB 's[0-9]*'"
        for (table,) in connection.execute(tables).fetchall():
            connection.execute(f"UPDATE {table} SET norm = 7 WHERE term = ?", (b"one",))
            connection.execute(f"DELETE FROM {table} WHERE term = ?", (b"two",))
        connection.commit()
    with Engine(folder) as engine:
        assert {finding.part for finding in check(engine, mend=True)} == {"index"}
        assert check(engine) == []
    assert first(db, "FOR d IN v SEARCH d.x == 'two' RETURN d._key") == "b"


def test_views_of_an_older_file_get_their_postings_when_it_is_opened(db, folder):
    (file,) = folder.glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        tables = "SELECT name FROM sqlite_schema WHERE name GLOB 's[0-9]*' OR name GLOB 'sf[0-9]*'"
        for (table,) in connection.execute(tables).fetchall():
            connection.execute(f"DROP TABLE {table}")
        connection.execute(
            "DELETE FROM indexes WHERE json_extract(definition, '$.type') = 'arangosearch'"
        )
        before = next(at for at, step in enumerate(MIGRATIONS) if step.__name__ == "_postings")
        connection.execute(f"PRAGMA user_version = {before}")
        connection.commit()
    client = connect(folder)
    again = client.db("_system")
    assert first(again) == 1
    again.collection("things").insert({"x": "one"})
    assert first(again) == 2
    hint = "FOR d IN things OPTIONS {indexHint: 'inv', forceIndexHint: true} FILTER d.x == 'one'"
    assert first(again, f"{hint} COLLECT WITH COUNT INTO n RETURN n") == 2
    client.close()
    with Engine(folder) as engine:
        assert check(engine) == []


def test_a_long_search_can_be_stopped(db):
    things = db.collection("things")
    things.insert_many([{"x": f"word{number}"} for number in range(3000)])
    query = "FOR d IN v SEARCH LEVENSHTEIN_MATCH(d.x, 'nothingmuch', 3) RETURN d"
    with pytest.raises(Exception, match="query killed"):
        db.aql.execute(query, max_runtime=0.0001)
