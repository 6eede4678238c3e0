"""Several real processes on one folder, and processes killed in the middle of a write."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Bound, Engine

if TYPE_CHECKING:
    from pathlib import Path

OPEN = """
import sys
from pathlib import Path
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine
sys.stdin.readline()  # all start at the same moment
with Engine(Path(sys.argv[1])) as engine:
    made = 0
    for name in ("shop", "school"):
        try:
            engine.create_database(name)
            made += 1
        except ArangoError as error:
            assert error.number == 1207, error
    with engine.database("shop").transaction(write=True) as tx:
        if not tx.has_collection("things"):
            tx.create_collection("things")
        tx.collection("things").insert({"_key": sys.argv[2]})
    print(made)
"""

INSERT = """
import sys
from pathlib import Path
from hades_mcp.embedded.storage import Engine
sys.stdin.readline()
with Engine(Path(sys.argv[1])) as engine:
    database = engine.database("_system")
    for number in range(40):
        with database.transaction(write=True) as tx:
            things = tx.collection("things")
            things.insert({"by": sys.argv[2], "number": number})
            things.insert_many([{"by": sys.argv[2]} for _ in range(4)])
            things.update("sum", {"n": things.get("sum")["n"] + 1})
"""

# acknowledges on stdout what has been committed; the parent kills it at any moment
VICTIM = """
import os, sys
from pathlib import Path
from hades_mcp.embedded.storage import Engine
engine = Engine(Path(sys.argv[1]))
database = engine.database("_system")
batch = int(sys.argv[2])
with database.transaction() as tx:
    number = tx.collection("things").count()
while True:
    with database.transaction(write=True) as tx:
        things = tx.collection("things")
        rows = [{"n": number + i, "tags": ["x", i], "v": [number + i, 1]} for i in range(batch)]
        if batch == 1:
            things.insert(rows[0])
        else:
            things.insert_many(rows)
    number += batch
    os.write(1, f"{number}\\n".encode())
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def together(script: str, folder: Path, count: int) -> list[str]:
    """Start processes, let them go at once, and return what each printed."""
    processes = [start(script, folder, number) for number in range(count)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in processes]
    assert [error for _, error in answers] == [""] * count
    return [output.strip() for output, _ in answers]


def test_processes_that_make_the_same_fresh_folder_at_once_all_succeed(tmp_path: Path) -> None:
    for attempt in range(2):
        folder = tmp_path / str(attempt)
        made = together(OPEN, folder, 4)
        assert sum(map(int, made)) == 2  # each database was made exactly once
        with Engine(folder) as engine:
            assert engine.databases() == ["_system", "school", "shop"]
            with engine.database("shop").transaction() as tx:
                assert len(list(tx.collection("things").scan())) == 4


def test_processes_that_write_at_once_lose_nothing_and_share_no_key(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        database = engine.database("_system")
        with database.transaction(write=True) as tx:
            tx.create_collection("things").insert({"_key": "sum", "n": 0})
        together(INSERT, tmp_path, 3)
        with database.transaction() as tx:
            things = tx.collection("things")
            rows = list(things.scan())
            assert things.count() == len(rows) == len({row["_key"] for row in rows}) == 601
            assert (things.get("sum") or {})["n"] == 120
            for worker in "012":
                numbers = [
                    row["number"] for row in rows if row.get("by") == worker and "number" in row
                ]
                assert numbers == list(range(40))


def check_whole(folder: Path, acknowledged: int, batch: int) -> int:
    """Open after a crash and check that everything fits together; return the number of rows."""
    with Engine(folder) as engine, engine.database("_system").transaction() as tx:
        things = tx.collection("things")
        rows = list(things.scan())
        numbers = [row["n"] for row in rows]
        assert numbers == list(range(len(rows)))
        assert len(rows) >= acknowledged
        assert len(rows) % batch == 0
        assert things.count() == len(rows)
        _, by_number, by_tag, vectors = things.indexes()
        assert [row["n"] for row in things.lookup(by_number, None, None)] == numbers
        tagged = things.lookup(by_tag, Bound(("x",)), Bound(("x",)))
        assert sum(1 for _ in tagged) == len(rows)
        assert len(things.nearest(vectors, [0, 0], len(rows) + 1)) == len(rows)
        checked = tx.session.execute("PRAGMA integrity_check").fetchone()
        assert checked == ("ok",)
        return len(rows)


def kill_again_and_again(folder: Path, times: int, batch: int) -> None:
    with Engine(folder) as engine, engine.database("_system").transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.ensure_index({"type": "persistent", "fields": ["n"], "unique": True})
        things.ensure_index({"type": "persistent", "fields": ["tags[*]"]})
        params = {"metric": "l2", "dimension": 2, "nLists": 1}
        things.ensure_index({"type": "vector", "fields": ["v"], "params": params})
    total = 0
    for attempt in range(times):
        victim = start(VICTIM, folder, batch)
        assert victim.stdout is not None
        wait_for = 1 + attempt * 7 % 23
        for _ in range(wait_for):
            line = victim.stdout.readline()
            assert line, victim.communicate(timeout=60)[1]
        for _ in range(attempt * 997 % 5 * 20_000):
            pass  # the kill falls into another place of a write each time
        victim.kill()
        rest, _ = victim.communicate(timeout=60)
        acknowledged = int((line + rest).split()[-1])
        assert acknowledged > total
        total = check_whole(folder, acknowledged, batch)


def test_a_killed_writer_loses_no_acknowledged_row(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=12, batch=1)


def test_a_batch_is_there_wholly_or_not_at_all_after_a_kill(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=12, batch=40)


@pytest.mark.slow
def test_many_more_kills_lose_nothing(tmp_path: Path) -> None:
    for batch in (1, 17, 200):
        kill_again_and_again(tmp_path / str(batch), times=40, batch=batch)


def test_a_writer_killed_inside_its_transaction_holds_nobody_up(tmp_path: Path) -> None:
    holder = start(
        """
import sys, time
from pathlib import Path
from hades_mcp.embedded.storage import Engine
tx = Engine(Path(sys.argv[1])).database("_system").begin(write=True)
tx.create_collection("half").insert({})
print("holding", flush=True)
time.sleep(600)
""",
        tmp_path,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    with Engine(tmp_path, lock_timeout=0.1) as engine:
        database = engine.database("_system")
        with pytest.raises(ArangoError, match="another process") as raised:
            database.begin(write=True)
        assert raised.value.number == 18
        holder.kill()
        holder.communicate(timeout=60)
        with database.transaction(write=True) as tx:
            assert not tx.has_collection("half")
            tx.create_collection("whole")
