"""The contestants of the document benchmark: one class each, one method per task."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import duckdb
from mongita import MongitaClientMemory

from hades_mcp.embedded import connect

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]
BATCH = 10_000


class Hades:
    """The embedded ArangoDB through python-arango."""

    def __init__(self, folder: Path, documents: list[Document], cities: list[Document]) -> None:
        self.client = connect(folder / "hades")
        self.db: Any = self.client.db("_system")
        self.db.create_collection("things")
        self.db.create_collection("cities")
        self.things = self.db.collection("things")
        self.things.add_index({"type": "persistent", "fields": ["team"]})
        self.db.create_collection("bulk")
        self.db.collection("cities").insert_many(cities, silent=True)
        for start in range(0, len(documents), BATCH):
            self.things.insert_many(documents[start : start + BATCH], silent=True)

    def write(self) -> None:
        """Write one document: what is remembered of all has to be mended then."""
        self.things.update({"_key": "0", "written": True}, silent=True)

    def _run(self, query: str, **bind: Any) -> list[Any]:
        return list(self.db.aql.execute(query, bind_vars=bind, batch_size=10**7))

    def scan(self, age: int) -> list[Any]:
        """Give the keys of a few percent of all documents."""
        return self._run("FOR t IN things FILTER t.age > @age RETURN t._key", age=age)

    def narrow(self, city: str) -> list[Any]:
        """Give a few whole documents by two conditions."""
        rows = self._run(
            "FOR t IN things FILTER t.city == @city AND t.score > 0.9 RETURN t", city=city
        )
        return [(row["_key"], row["address"]["zip"]) for row in rows]

    def indexed(self, team: int) -> list[Any]:
        """Give ten documents by an index."""
        rows = self._run("FOR t IN things FILTER t.team == @team RETURN t", team=team)
        return [(row["_key"], row["address"]["zip"]) for row in rows]

    def best(self, least: int) -> list[Any]:
        """Give the ten highest."""
        query = "FOR t IN things FILTER t.age >= @least SORT t.score DESC LIMIT 10 RETURN t._key"
        return self._run(query, least=least)

    def order(self, least: int) -> list[Any]:
        """Give all in order."""
        query = "FOR t IN things FILTER t.age >= @least SORT t.score RETURN t._key"
        return self._run(query, least=least)

    def group(self, least: int) -> list[Any]:
        """Count and average by city."""
        query = """FOR t IN things FILTER t.age >= @least COLLECT city = t.city
            AGGREGATE count = COUNT(1), score = AVG(t.score) RETURN [city, count, score]"""
        return self._run(query, least=least)

    def join(self, age: int) -> list[Any]:
        """Pair documents with their cities, without an index."""
        query = """FOR t IN things FILTER t.age == @age FOR c IN cities FILTER c.name == t.city
            RETURN [t._key, c.land]"""
        return self._run(query, age=age)

    def read(self, key: str) -> list[Any]:
        """Read one document by its key."""
        row = self.things.get(key)
        return [(row["_key"], row["address"]["zip"])]

    def insert(self, documents: list[Document]) -> list[Any]:
        """Insert documents into an empty collection."""
        bulk = self.db.collection("bulk")
        bulk.truncate()
        bulk.insert_many(documents, silent=True)
        return [bulk.count()]

    def close(self) -> None:
        """Close the files."""
        self.client.close()


class Duck:
    """DuckDB with a typed column per attribute."""

    def __init__(self, folder: Path, documents: list[Document], cities: list[Document]) -> None:
        self.folder = folder
        self.db = duckdb.connect(str(folder / "duck.db"))
        columns = (
            "_key VARCHAR PRIMARY KEY, name VARCHAR, age INTEGER, city VARCHAR, score DOUBLE,"
            " team INTEGER, tags VARCHAR[], address STRUCT(zip INTEGER, street VARCHAR)"
        )
        self.db.execute(f"CREATE TABLE things({columns})")
        self.db.execute(f"CREATE TABLE bulk({columns})")
        self.db.execute("CREATE TABLE cities(_key VARCHAR, name VARCHAR, land INTEGER)")
        self._fill("things", documents)
        self._fill("cities", cities)
        self.db.execute("CREATE INDEX teams ON things(team)")

    def _fill(self, table: str, documents: list[Document]) -> None:
        file = self.folder / "rows.json"
        file.write_text("\n".join(map(json.dumps, documents)))
        self.db.execute(f"INSERT INTO {table} BY NAME SELECT * FROM read_json('{file}')")

    def _run(self, query: str, *bind: Any) -> list[Any]:
        return self.db.execute(query, bind).fetchall()

    def scan(self, age: int) -> list[Any]:
        """Give the keys of a few percent of all documents."""
        return [key for (key,) in self._run("SELECT _key FROM things WHERE age > ?", age)]

    def narrow(self, city: str) -> list[Any]:
        """Give a few whole documents by two conditions."""
        rows = self._run("SELECT * FROM things WHERE city = ? AND score > 0.9", city)
        return [(row[0], row[7]["zip"]) for row in rows]

    def indexed(self, team: int) -> list[Any]:
        """Give ten documents by an index."""
        rows = self._run("SELECT * FROM things WHERE team = ?", team)
        return [(row[0], row[7]["zip"]) for row in rows]

    def best(self, least: int) -> list[Any]:
        """Give the ten highest."""
        query = "SELECT _key FROM things WHERE age >= ? ORDER BY score DESC LIMIT 10"
        return [key for (key,) in self._run(query, least)]

    def order(self, least: int) -> list[Any]:
        """Give all in order."""
        query = "SELECT _key FROM things WHERE age >= ? ORDER BY score"
        return [key for (key,) in self._run(query, least)]

    def group(self, least: int) -> list[Any]:
        """Count and average by city."""
        query = "SELECT city, count(*), avg(score) FROM things WHERE age >= ? GROUP BY city"
        return self._run(query, least)

    def join(self, age: int) -> list[Any]:
        """Pair documents with their cities, without an index."""
        query = """SELECT t._key, c.land FROM things t JOIN cities c ON c.name = t.city
            WHERE t.age = ?"""
        return self._run(query, age)

    def read(self, key: str) -> list[Any]:
        """Read one document by its key."""
        (row,) = self._run("SELECT * FROM things WHERE _key = ?", key)
        return [(row[0], row[7]["zip"])]

    def insert(self, documents: list[Document]) -> list[Any]:
        """Insert documents into an empty table."""
        self.db.execute("DELETE FROM bulk")
        self._fill("bulk", documents)
        return [self._run("SELECT count(*) FROM bulk")[0][0]]

    def close(self) -> None:
        """Close the file."""
        self.db.close()


class Sqlite:
    """SQLite with JSON text, an index on one attribute of it, and its own JSON functions."""

    def __init__(self, folder: Path, documents: list[Document], cities: list[Document]) -> None:
        self.db = sqlite3.connect(folder / "json.sqlite", isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        for table, rows in (("things", documents), ("cities", cities), ("bulk", [])):
            self.db.execute(f"CREATE TABLE {table}(key TEXT PRIMARY KEY, body TEXT)")
            self._fill(table, rows)
        self.db.execute("CREATE INDEX teams ON things(json_extract(body, '$.team'))")

    def _fill(self, table: str, documents: list[Document]) -> None:
        self.db.execute("BEGIN")
        rows = ((each["_key"], json.dumps(each)) for each in documents)
        self.db.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
        self.db.execute("COMMIT")

    def _run(self, query: str, *bind: Any) -> list[Any]:
        # J(name) stands for an attribute
        return self.db.execute(query, bind).fetchall()

    def scan(self, age: int) -> list[Any]:
        """Give the keys of a few percent of all documents."""
        query = "SELECT key FROM things WHERE json_extract(body, '$.age') > ?"
        return [key for (key,) in self._run(query, age)]

    def narrow(self, city: str) -> list[Any]:
        """Give a few whole documents by two conditions."""
        query = """SELECT body FROM things WHERE json_extract(body, '$.city') = ?
            AND json_extract(body, '$.score') > 0.9"""
        rows = [json.loads(body) for (body,) in self._run(query, city)]
        return [(row["_key"], row["address"]["zip"]) for row in rows]

    def indexed(self, team: int) -> list[Any]:
        """Give ten documents by an index."""
        query = "SELECT body FROM things WHERE json_extract(body, '$.team') = ?"
        rows = [json.loads(body) for (body,) in self._run(query, team)]
        return [(row["_key"], row["address"]["zip"]) for row in rows]

    def best(self, least: int) -> list[Any]:
        """Give the ten highest."""
        query = """SELECT key FROM things WHERE json_extract(body, '$.age') >= ?
            ORDER BY json_extract(body, '$.score') DESC LIMIT 10"""
        return [key for (key,) in self._run(query, least)]

    def order(self, least: int) -> list[Any]:
        """Give all in order."""
        query = """SELECT key FROM things WHERE json_extract(body, '$.age') >= ?
            ORDER BY json_extract(body, '$.score')"""
        return [key for (key,) in self._run(query, least)]

    def group(self, least: int) -> list[Any]:
        """Count and average by city."""
        query = """SELECT json_extract(body, '$.city') AS city, count(*),
            avg(json_extract(body, '$.score')) FROM things
            WHERE json_extract(body, '$.age') >= ? GROUP BY city"""
        return self._run(query, least)

    def join(self, age: int) -> list[Any]:
        """Pair documents with their cities, without an index."""
        query = """SELECT t.key, json_extract(c.body, '$.land') FROM things t JOIN cities c
            ON json_extract(c.body, '$.name') = json_extract(t.body, '$.city')
            WHERE json_extract(t.body, '$.age') = ?"""
        return self._run(query, age)

    def read(self, key: str) -> list[Any]:
        """Read one document by its key."""
        (row,) = self._run("SELECT body FROM things WHERE key = ?", key)
        found = json.loads(row[0])
        return [(found["_key"], found["address"]["zip"])]

    def insert(self, documents: list[Document]) -> list[Any]:
        """Insert documents into an empty table."""
        self.db.execute("DELETE FROM bulk")
        self._fill("bulk", documents)
        return [self._run("SELECT count(*) FROM bulk")[0][0]]

    def close(self) -> None:
        """Close the file."""
        self.db.close()


class Mongita:
    """Mongita, a MongoDB in Python, in memory; it neither groups nor joins."""

    def __init__(self, _: Path, documents: list[Document], __: list[Document]) -> None:
        self.client = MongitaClientMemory()
        self.things = self.client.db.things
        self.things.insert_many([dict(each) for each in documents])
        self.things.create_index("team")
        self.things.create_index("_key")

    def scan(self, age: int) -> list[Any]:
        """Give the keys of a few percent of all documents."""
        return [row["_key"] for row in self.things.find({"age": {"$gt": age}})]

    def narrow(self, city: str) -> list[Any]:
        """Give a few whole documents by two conditions."""
        rows = self.things.find({"city": city, "score": {"$gt": 0.9}})
        return [(row["_key"], row["address"]["zip"]) for row in rows]

    def indexed(self, team: int) -> list[Any]:
        """Give ten documents by an index."""
        return [(row["_key"], row["address"]["zip"]) for row in self.things.find({"team": team})]

    def best(self, least: int) -> list[Any]:
        """Give the ten highest."""
        found = self.things.find({"age": {"$gte": least}}).sort("score", -1).limit(10)
        return [row["_key"] for row in found]

    def order(self, least: int) -> list[Any]:
        """Give all in order."""
        return [row["_key"] for row in self.things.find({"age": {"$gte": least}}).sort("score", 1)]

    def read(self, key: str) -> list[Any]:
        """Read one document by its key."""
        row = self.things.find_one({"_key": key})
        return [(row["_key"], row["address"]["zip"])]

    def insert(self, documents: list[Document]) -> list[Any]:
        """Insert documents into an empty collection."""
        bulk = self.client.db.bulk
        bulk.delete_many({})
        bulk.insert_many([dict(each) for each in documents])
        return [bulk.count_documents({})]

    def close(self) -> None:
        """Forget everything."""
        self.client.close()
