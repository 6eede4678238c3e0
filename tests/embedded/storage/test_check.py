"""Checking finds what was damaged behind the engine's back, and mends what derives."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.storage import Bound, Engine
from hades_mcp.embedded.storage.check import Finding, check
from hades_mcp.embedded.storage.views import create_view

if TYPE_CHECKING:
    from pathlib import Path

INDEXES: tuple[dict[str, Any], ...] = (
    {"type": "persistent", "fields": ["n"], "unique": True, "name": "by_n"},
    {"type": "persistent", "fields": ["tags[*]"], "sparse": True, "name": "by_tag"},
    {"type": "ttl", "fields": ["n"], "expireAfter": 10, "name": "by_age"},
    {
        "type": "vector",
        "fields": ["v"],
        "params": {"metric": "l2", "dimension": 2, "nLists": 1},
        "name": "by_vector",
    },
    {"type": "geo", "fields": ["v"], "name": "by_place"},
    {"type": "fulltext", "fields": ["text"], "minLength": 2, "name": "by_word"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Engine(tmp_path / "data") as engine:
        database = engine.create_database("school")
        with database.transaction(write=True) as tx:
            things = tx.create_collection("things")
            for definition in INDEXES:
                things.ensure_index(definition)
            things.insert_many(
                {"n": n, "tags": ["x", n, n], "v": [n, 1], "text": f"a word {n}"} for n in range(50)
            )
            things.remove(next(iter(things.scan()))["_key"])
            things.update(next(iter(things.scan()))["_key"], {"v": [0.5, 0.25], "text": "other"})
            ways = tx.create_collection("ways", edge=True)
            ways.insert_many({"_from": f"things/{n}", "_to": f"things/{n + 1}"} for n in range(9))
    return tmp_path / "data"


def findings(folder: Path, *, mend: bool = False) -> list[Finding]:
    with Engine(folder) as engine:
        return check(engine, mend=mend)


def file_of(folder: Path) -> Path:
    return next(folder.glob("school-*.sqlite"))


def number(connection: sqlite3.Connection, collection: str) -> int:
    row = connection.execute("SELECT id FROM collections WHERE name = ?", (collection,)).fetchone()
    return int(row[0])


def table_of(connection: sqlite3.Connection, index: str) -> str:
    """Return the name of an index's table."""
    (found,) = connection.execute(
        "SELECT t.name FROM sqlite_schema t JOIN indexes i ON t.type = 'table'"
        " AND t.name GLOB '[a-z]' || i.id AND i.definition LIKE ?",
        (f'%"name":"{index}"%',),
    ).fetchone()
    return str(found)


def damage(folder: Path, sql: str, index: str = "by_n") -> None:
    """Run SQL in which {t} is an index's table, {c} and {e} the collections'."""
    with closing(sqlite3.connect(file_of(folder), isolation_level=None)) as connection:
        sql = sql.format(
            t=table_of(connection, index),
            c=f"c{number(connection, 'things')}",
            e=f"c{number(connection, 'ways')}",
        )
        connection.execute(sql)


def test_a_whole_store_has_nothing_to_report(folder: Path) -> None:
    assert findings(folder) == []
    assert findings(folder, mend=True) == []


@pytest.mark.parametrize("index", [definition["name"] for definition in INDEXES])
def test_a_lost_index_row_is_found_and_mended(folder: Path, index: str) -> None:
    column = {"by_vector": "rid", "by_place": "rid", "by_word": "word"}.get(index, "k")
    where = " WHERE vec IS NOT NULL" if index == "by_vector" else ""
    one = f"SELECT {column}, rid FROM {{t}}{where} LIMIT 1"
    damage(folder, f"DELETE FROM {{t}} WHERE ({column}, rid) IN ({one})", index)
    expected = Finding("school", "things", "index", f"{index} lacks 1 entries and has 0 too many")
    assert findings(folder) == [expected]
    assert findings(folder) == [expected]  # looking changes nothing
    (mended,) = findings(folder, mend=True)
    assert mended.mended
    assert findings(folder) == []


def test_an_index_row_of_no_document_is_found_and_mended(folder: Path) -> None:
    damage(folder, "INSERT INTO {t} VALUES (x'0102', 4711)")
    damage(folder, "UPDATE {t} SET rid = 4712 WHERE rid = 7", "by_tag")
    texts = [finding.text for finding in findings(folder, mend=True)]
    assert texts == [
        "by_n lacks 0 entries and has 1 too many",
        "by_tag lacks 2 entries and has 2 too many",
    ]
    assert findings(folder) == []


def test_a_mended_index_answers_again(folder: Path) -> None:
    damage(folder, "DELETE FROM {t}")
    damage(folder, "DELETE FROM {t}", "by_vector")
    with Engine(folder) as engine:
        database = engine.database("school")
        with database.transaction() as tx:
            things = tx.collection("things")
            assert list(things.lookup(things.index("by_n"), None, None)) == []
            assert things.nearest(things.index("by_vector"), [9, 1], 1) == []
        assert all(finding.mended for finding in check(engine, mend=True))
        with database.transaction() as tx:
            things = tx.collection("things")
            found = things.lookup(things.index("by_n"), Bound((9,)), Bound((9,)))
            assert [document["n"] for document in found] == [9]
            nearest = things.nearest(things.index("by_vector"), [9, 1], 1)
            assert [document["n"] for document, _ in nearest] == [9]


def test_what_views_and_inverted_and_box_indexes_keep_is_checked_too(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine, engine.database("_system").transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.ensure_index({"type": "inverted", "name": "words", "fields": ["text"]})
        things.ensure_index(
            {"type": "mdi", "name": "boxes", "fields": ["n"], "fieldValueTypes": "double"}
        )
        links = {"things": {"fields": {"text": {"analyzers": ["text_en"]}}}}
        definition = {"name": "view", "type": "arangosearch", "links": links}
        create_view(tx, "_system", definition)
        things.insert_many({"_key": str(n), "n": n, "text": f"a word {n}"} for n in range(50))
        things.update("7", {"text": "other"})
        things.remove("8")
    with Engine(tmp_path) as engine:
        assert check(engine) == []
        path = engine.database("_system").path
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        kept = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 's[0-9]*'"
        for (name,) in connection.execute(kept).fetchall():
            connection.execute(f"DELETE FROM {name}")
        (boxes,) = connection.execute(
            "SELECT 'i' || id FROM indexes WHERE definition LIKE '%boxes%'"
        ).fetchone()
        connection.execute(f"DELETE FROM {boxes}")
    with Engine(tmp_path) as engine:
        found = check(engine, mend=True)
        assert len(found) == 3
        assert all("entries" in finding.text and finding.mended for finding in found)
        assert check(engine) == []


def test_a_table_nobody_knows_is_found_and_removed(folder: Path) -> None:
    damage(folder, "CREATE TABLE i4711(k BLOB, rid INTEGER)")
    (finding,) = findings(folder, mend=True)
    assert (finding.text, finding.mended) == ("table i4711 belongs to no collection or index", True)
    assert findings(folder) == []


def test_a_damaged_definition_of_a_view_is_reported(folder: Path) -> None:
    damage(folder, "INSERT INTO views VALUES (4711, 'broken', '[]')")
    (finding,) = findings(folder, mend=True)
    assert finding.text.startswith("the definition of a view cannot be read")
    assert not finding.mended


def test_wrong_bytes_are_found_and_mended(folder: Path) -> None:
    damage(folder, "UPDATE tallies SET bytes = 7 WHERE documents = 49")
    (finding,) = findings(folder)
    assert finding.text.startswith("7 bytes are counted, ")
    assert findings(folder, mend=True)[0].mended
    assert findings(folder) == []


def test_a_wrong_count_is_found_and_mended(folder: Path) -> None:
    damage(folder, "UPDATE tallies SET documents = 7 WHERE documents = 49")
    (finding,) = findings(folder)
    assert finding.part == "count"
    assert finding.text == "7 documents are counted, 49 are there"
    assert findings(folder, mend=True)[0].mended
    assert findings(folder) == []
    with Engine(folder) as engine, engine.database("school").transaction() as tx:
        assert tx.collection("things").count() == 49


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("UPDATE {c} SET body = '{{' WHERE rid = 7", "no JSON"),
        ("UPDATE {c} SET body = '[]' WHERE rid = 7", "no object"),
        ("UPDATE {c} SET key = 'other' WHERE rid = 7", "other has the key"),
        ("UPDATE {c} SET body = replace(body, 'things/', 'thongs/') WHERE rid = 7", "thongs/"),
        ("UPDATE {e} SET src = 'things/77' WHERE rid = 7", "filed under 'things/77'"),
        ("UPDATE {e} SET dst = 'nowhere', body = replace(body, 'things/7', 'nowhere')", "nowhere"),
    ],
)
def test_a_damaged_document_is_reported_and_left_as_it_is(
    folder: Path, sql: str, text: str
) -> None:
    damage(folder, sql)
    assert any(text in finding.text for finding in findings(folder))
    documents = [f for f in findings(folder, mend=True) if f.part == "document"]
    assert documents
    assert not any(finding.mended for finding in documents)
    assert any(text in finding.text for finding in findings(folder))


def test_an_index_that_documents_contradict_is_not_called_mended(folder: Path) -> None:
    damage(folder, """UPDATE {c} SET body = replace(body, '"n":9,', '"n":8,') WHERE rid = 10""")
    found = {f.text.split()[0]: f for f in findings(folder, mend=True)}
    assert "cannot be rebuilt: unique constraint violated" in found["by_n"].text
    assert not found["by_n"].mended
    assert found["by_age"].mended


def test_an_index_without_its_table_is_reported(folder: Path) -> None:
    damage(folder, "DROP TABLE {t}")
    (finding,) = findings(folder, mend=True)
    assert finding.text.startswith("by_n cannot be checked: its table")
    assert not finding.mended


def test_sqlites_own_indexes_are_checked_and_mended(folder: Path) -> None:
    with closing(sqlite3.connect(file_of(folder), isolation_level=None)) as connection:
        table = f"c{number(connection, 'ways')}"
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_schema WHERE name = ?", (f"{table}_src",))
    with closing(sqlite3.connect(file_of(folder), isolation_level=None)) as connection:
        # while SQLite does not know the index, it does not keep it: the index's root page is lost
        connection.execute(f"CREATE INDEX {table}_src ON {table}(src) WHERE 0")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE 0', '') WHERE name = ?",
            (f"{table}_src",),
        )
    found = findings(folder, mend=True)
    missing = [finding for finding in found if "missing from index" in finding.text]
    assert len(missing) == 9
    assert all(finding.mended for finding in missing)
    assert not any("missing from index" in finding.text for finding in findings(folder))


def test_a_damaged_page_is_reported_for_its_database_only(folder: Path) -> None:
    with Engine(folder) as engine:
        engine.create_database("whole")
    data = bytearray(file_of(folder).read_bytes())
    for place in range(4096 * 4, len(data), 4096):
        data[place : place + 200] = b"\xff" * 200
    file_of(folder).write_bytes(data)
    found = findings(folder, mend=True)
    assert {finding.database for finding in found} == {"school"}
    assert not any(finding.mended for finding in found)


def test_a_lost_write_ahead_log_is_found_and_mended(folder: Path) -> None:
    with closing(sqlite3.connect(file_of(folder))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    (finding,) = findings(folder)
    assert "write-ahead log" in finding.text
    assert findings(folder, mend=True)[0].mended
    assert findings(folder) == []


def test_the_file_of_a_database_that_was_half_dropped_is_removed(folder: Path) -> None:
    file_of(folder).rename(folder / "gone-4711.sqlite")
    with Engine(folder) as engine:
        (finding,) = check(engine, mend=True)
        assert (finding.part, finding.mended) == ("file", True)
        assert check(engine) == []
    assert not list(folder.glob("gone*"))


def test_a_file_of_no_database_is_reported(folder: Path) -> None:
    (folder / "old-7.sqlite").write_bytes(b"")
    (finding,) = findings(folder)
    assert finding.text == "old-7.sqlite belongs to no database and can be deleted"
