"""Processes killed at any moment of what writes: acknowledged work is there, and all fits together.

A nursery imports everything once and forks a victim per kill; each victim acknowledges what has
been committed. After each kill the folder is opened here and everything in it is checked.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.client import connect
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.check import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if not hasattr(os, "fork"):
    pytest.skip("this system cannot fork", allow_module_level=True)

NURSERY = """
import itertools, os, random, signal, sys
from pathlib import Path
from hades_mcp.embedded.client import connect
{victim}
folder, times = sys.argv[1], int(sys.argv[2])
chance = random.Random(times)
for attempt in range(times):
    get, put = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(get)
        client = connect(folder)
        client.db()
        os.write(put, b"begun\\n")
        work(client, lambda done: os.write(put, f"{{done}}\\n".encode()))
        os._exit(1)
    os.close(put)
    seen = b""
    for _ in range(chance.randint(1, 9)):
        seen += os.read(get, 1 << 16)
    for _ in range(chance.randrange(120_000)):
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(get, 1 << 16):
        seen += more
    os.close(get)
    print(seen.decode().split()[-1], flush=True)
    sys.stdin.readline()
"""

STREAMS = """
def work(client, acknowledge):
    db = client.db()
    while True:
        number = db.collection("sum").get("sum")["n"] + 1
        transaction = db.begin_transaction(write=["things", "ways", "sum"])
        transaction.collection("things").insert({"_key": str(number), "n": number})
        transaction.aql.execute(
            "INSERT {_from: CONCAT('things/', @n), _to: 'things/1'} INTO ways",
            bind_vars={"n": str(number)},
        )
        transaction.collection("sum").update({"_key": "sum", "n": number})
        transaction.commit_transaction()
        acknowledge(number)
"""

AQL = """
def work(client, acknowledge):
    db = client.db()
    while True:
        number = next(db.aql.execute("RETURN MAX(FOR t IN things RETURN t.n)")) // 10
        first = number * 10
        db.aql.execute(
            "FOR i IN 1..10 INSERT {n: @first + i, text: CONCAT('a word ', i), at: 4e9, p: [i, i],"
            " x: i, y: -i} INTO things",
            bind_vars={"first": first},
        )
        db.aql.execute(
            "FOR t IN things FILTER t.n <= @first"
            " UPDATE t WITH {text: 'changed', x: t.n} IN things",
            bind_vars={"first": first},
        )
        db.aql.execute(
            "FOR t IN things FILTER t.n <= @first - 100 REMOVE t IN things",
            bind_vars={"first": first},
        )
        acknowledge(first + 10)
"""

INDEXES = """
DEFINITIONS = [
    {"type": "persistent", "fields": ["n", "text"], "unique": True},
    {"type": "inverted", "fields": ["text"]},
    {"type": "geo", "fields": ["p"]},
    {"type": "ttl", "fields": ["at"], "expireAfter": 4000000000},
    {"type": "fulltext", "fields": ["text"], "minLength": 2},
    {"type": "mdi", "fields": ["x", "y"], "fieldValueTypes": "double"},
    {"type": "vector", "fields": ["p"], "params": {"metric": "l2", "dimension": 2, "nLists": 1}},
]
def work(client, acknowledge):
    things = client.db().collection("things")
    for number in itertools.count():
        for index in things.indexes():
            if index["type"] != "primary":
                things.delete_index(index["id"])
                acknowledge("none")
        definition = DEFINITIONS[(number + os.getpid()) % len(DEFINITIONS)]
        made = things.add_index(definition)
        acknowledge(made["type"])
"""

DDL = """
def work(client, acknowledge):
    system = client.db()
    for name in system.databases():
        if name != "_system":
            system.delete_database(name)
    acknowledge("empty")
    while True:
        for name in ("shop", "school"):
            system.create_database(name)
            acknowledge(f"+{name}")
            db = client.db(name)
            things = db.create_collection("things")
            things.insert_many([{"_key": str(n), "text": "a word"} for n in range(5)])
            db.create_arangosearch_view("view", {"links": {"things": {"includeAllFields": True}}})
            things.rename("items")
            db.create_collection("ways", edge=True).insert({"_from": "items/1", "_to": "items/2"})
            db.delete_collection("items")
            db.delete_view("view")
            acknowledge(f"={name}")
        for name in ("shop", "school"):
            system.delete_database(name)
            acknowledge(f"-{name}")
"""


def documents() -> list[dict[str, Any]]:
    return [
        {"_key": str(n), "n": n, "text": f"a word {n}", "at": 4e9, "p": [n % 90, 1], "x": n, "y": 1}
        for n in range(1, 301)
    ]


def kill(folder: Path, victim: str, times: int, verify: Callable[[str], None]) -> None:
    """Have a victim killed so often; after each time all is checked."""
    nursery = subprocess.Popen(
        [sys.executable, "-c", NURSERY.format(victim=victim), str(folder), str(times)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert nursery.stdout is not None
    assert nursery.stdin is not None
    with nursery:
        for _ in range(times):
            acknowledged = nursery.stdout.readline().strip()
            assert acknowledged, nursery.stderr and nursery.stderr.read()
            with Engine(folder, expire=False) as engine:
                # dropping a database ends with its files: those of one that is gone may be left
                assert all("belongs to no database" in each.text for each in check(engine))
                check(engine, mend=True)
                assert check(engine) == []
            verify(acknowledged)
            nursery.stdin.write("\n")
            nursery.stdin.flush()
        errors = nursery.communicate(timeout=60)[1]
    assert not errors, errors  # no victim ended by itself


def opened(folder: Path, use: Callable[[Any], None]) -> None:
    client = connect(folder)
    try:
        use(client.db())
    finally:
        client.close()


def streams(folder: Path, times: int) -> None:
    def prepare(db: Any) -> None:
        db.create_collection("things").add_index({"type": "persistent", "fields": ["n"]})
        db.create_collection("ways", edge=True)
        db.create_collection("sum").insert({"_key": "sum", "n": 0})

    def verify(acknowledged: str) -> None:
        least = 0 if acknowledged == "begun" else int(acknowledged)

        def fits(db: Any) -> None:
            total = db.collection("sum").get("sum")
            assert total["n"] >= least
            assert db.collection("things").count() == total["n"]
            assert db.collection("ways").count() == total["n"]

        opened(folder, fits)

    opened(folder, prepare)
    kill(folder, STREAMS, times, verify)


def modifications(folder: Path, times: int) -> None:
    def prepare(db: Any) -> None:
        things = db.create_collection("things")
        for definition in (
            {"type": "persistent", "fields": ["n"], "unique": True},
            {"type": "inverted", "fields": ["text"]},
            {"type": "geo", "fields": ["p"]},
            {"type": "ttl", "fields": ["at"], "expireAfter": 100},
            {"type": "mdi", "fields": ["x", "y"], "fieldValueTypes": "double"},
        ):
            things.add_index(definition)
        links = {"things": {"fields": {"text": {"analyzers": ["text_en"]}}}}
        db.create_arangosearch_view("view", {"links": links})
        things.insert({"n": 0, "text": "first", "x": 0, "y": 0})

    def verify(acknowledged: str) -> None:
        least = 0 if acknowledged == "begun" else int(acknowledged)

        def fits(db: Any) -> None:
            cursor = db.aql.execute("FOR t IN things SORT t.n RETURN t.n")
            numbers = list(cursor)
            assert numbers[-1] >= least
            assert numbers[-1] % 10 == 0
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            found = db.aql.execute(
                "FOR t IN view SEARCH ANALYZER(t.text IN TOKENS('word changed first', 'text_en'),"
                " 'text_en') COLLECT WITH COUNT INTO n RETURN n"
            )
            assert list(found) == [len(numbers)]

        opened(folder, fits)

    opened(folder, prepare)
    kill(folder, AQL, times, verify)


def index_making(folder: Path, times: int) -> None:
    def prepare(db: Any) -> None:
        db.create_collection("things").insert_many(documents())

    def verify(_: str) -> None:
        def fits(db: Any) -> None:
            things = db.collection("things")
            assert things.count() == 300
            listed = things.indexes()
            assert len(listed) in {1, 2}

        opened(folder, fits)

    opened(folder, prepare)
    kill(folder, INDEXES, times, verify)


def definitions(folder: Path, times: int) -> None:
    def verify(acknowledged: str) -> None:
        def fits(db: Any) -> None:
            names = db.databases()
            assert set(names) <= {"_system", "shop", "school"}
            if acknowledged[0] in "+=":
                assert acknowledged[1:] in names

        opened(folder, fits)

    kill(folder, DDL, times, verify)


@pytest.mark.parametrize("work", [streams, modifications, index_making, definitions])
def test_a_few_kills_leave_all_that_was_acknowledged_and_nothing_half(
    tmp_path: Path, work: Callable[[Path, int], None]
) -> None:
    work(tmp_path / "data", 4)


@pytest.mark.slow
@pytest.mark.parametrize("work", [streams, modifications, index_making, definitions])
def test_hundreds_of_kills_leave_all_that_was_acknowledged_and_nothing_half(
    tmp_path: Path, work: Callable[[Path, int], None]
) -> None:
    work(tmp_path / "data", 150)
