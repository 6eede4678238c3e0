"""Processes that write, define and read at once: refusals in ArangoDB's words, nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded.client import connect
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.check import check

if TYPE_CHECKING:
    from pathlib import Path

COMMON = """
import json, sys
from collections import Counter
from pathlib import Path
from arango import ArangoClient
from arango.exceptions import ArangoServerError
from hades_mcp.embedded.client import EmbeddedHTTPClient
from hades_mcp.embedded.storage import Engine
folder, who, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
client = ArangoClient(
    hosts="embedded://local", http_client=EmbeddedHTTPClient(Engine(folder, lock_timeout=0.01))
)
db = client.db()
seen = Counter()
sys.stdin.readline()
for number in range(rounds):
    try:
        work(number)
        seen["done"] += 1
    except ArangoServerError as error:
        seen[str(error.error_code)] += 1
client.close()
print(json.dumps(seen))
"""

WRITER = """
def work(number):
    if number % 3:
        db.aql.execute(
            "FOR i IN 1..20 INSERT {by: @who, n: i} INTO things", bind_vars={"who": who}
        )
        db.aql.execute("FOR t IN things FILTER t.by == @who LIMIT 5 UPDATE t WITH {x: 1} IN things",
                       bind_vars={"who": who})
        return
    transaction = db.begin_transaction(write=["things", "sum"])
    try:
        total = transaction.collection("sum").get("sum")
        transaction.collection("sum").update({"_key": "sum", "n": total["n"] + 1})
        transaction.collection("things").insert({"by": who})
        transaction.commit_transaction()
    except ArangoServerError:
        transaction.abort_transaction()
        raise
    seen["summed"] += 1
"""

DEFINER = """
def work(number):
    name = f"index{number % 2}"
    for index in db.collection("things").indexes():
        if index["name"] == name:
            db.collection("things").delete_index(index["id"])
    db.collection("things").add_index({"type": "persistent", "fields": ["n", "by"], "name": name})
    if number % 4 == 0:
        db.create_collection(f"made{number}")
        db.delete_collection(f"made{number}")
"""

READER = """
def work(number):
    found = db.aql.execute(
        "LET every = (FOR t IN things RETURN t.n)"
        " LET some = (FOR t IN things FILTER t.n >= 1 RETURN 1)"
        " RETURN [LENGTH(every[* FILTER CURRENT >= 1]), LENGTH(some)]"
    ).next()
    assert found[0] == found[1], found
"""


def start(folder: Path, script: str, who: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script + COMMON, str(folder), who, str(rounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def contend(folder: Path, rounds: int) -> dict[str, Counter[str]]:
    client = connect(folder)
    client.db().create_collection("things")
    client.db().create_collection("sum").insert({"_key": "sum", "n": 0})  # type: ignore[union-attr]
    client.close()
    processes = {
        "one": start(folder, WRITER, "one", rounds),
        "two": start(folder, WRITER, "two", rounds),
        "definer": start(folder, DEFINER, "definer", rounds // 3),
        "reader": start(folder, READER, "reader", rounds),
    }
    for process in processes.values():
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {name: process.communicate(timeout=600) for name, process in processes.items()}
    assert {name: error for name, (_, error) in answers.items()} == dict.fromkeys(processes, "")
    seen = {name: Counter(json.loads(output)) for name, (output, _) in answers.items()}
    assert seen["reader"] == {"done": rounds}  # readers are never refused, and never wait
    for name in ("one", "two", "definer"):
        assert seen[name].keys() <= {"done", "summed", "18", "1200"}, seen
    with Engine(folder) as engine:
        assert check(engine) == []
        with engine.database("_system").transaction() as tx:
            total = tx.collection("sum").get("sum") or {}
            assert total["n"] == seen["one"]["summed"] + seen["two"]["summed"]
    return seen


def test_writers_definers_and_readers_get_along(tmp_path: Path) -> None:
    contend(tmp_path, 40)


@pytest.mark.slow
def test_they_get_along_for_longer(tmp_path: Path) -> None:
    seen = contend(tmp_path, 1500)
    assert all(each["done"] for each in seen.values())
    assert sum(each["18"] for each in seen.values())  # somebody had to wait too long
