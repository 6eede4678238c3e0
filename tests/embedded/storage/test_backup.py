"""Backups of databases that are being written, and what restoring them refuses."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage import swap as swapping
from hades_mcp.embedded.storage.backup import back_up
from hades_mcp.embedded.storage.check import check
from hades_mcp.embedded.storage.restore import Hold, restore

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

# writes the same number to two databases, first to one, then to the other, on and on
WRITER = """
import os, sys
from pathlib import Path
from hades_mcp.embedded.storage import Engine
with Engine(Path(sys.argv[1])) as engine:
    number = 0
    while True:
        number += 1
        for name in ("first", "second"):
            with engine.database(name).transaction(write=True) as tx:
                tx.collection("things").insert({"_key": str(number), "tags": ["x", number]})
        os.write(1, b"x")
"""

# puts one backup in the place of the other, on and on
RESTORER = """
import itertools, os, sys
from pathlib import Path
from hades_mcp.embedded.storage.restore import restore
folder, *backups = map(Path, sys.argv[1:])
for backup in itertools.cycle(backups):
    restore(backup, folder, replace=True)
    os.write(1, b"x")
"""

# makes one backup after the other, in folders and files that it then renames
BACKER = """
import itertools, os, sys
from pathlib import Path
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.backup import back_up
data, safe = map(Path, sys.argv[1:])
with Engine(data) as engine:
    for number in itertools.count():
        name = ("it", "it.zip")[number % 2]
        back_up(engine, safe / name)
        (safe / name).rename(safe / f"{number}{(safe / name).suffix}")
        os.write(1, b"x")
"""

# opens the folder, says so, and writes when it is told to
HOLDER = """
import sys
from pathlib import Path
from hades_mcp.embedded.storage import Engine
with Engine(Path(sys.argv[1])) as engine:
    print("open", flush=True)
    sys.stdin.readline()
"""


def fill(folder: Path, names: tuple[str, ...] = ("first", "second")) -> None:
    with Engine(folder) as engine:
        for name in names:
            with engine.create_database(name).transaction(write=True) as tx:
                things = tx.create_collection("things")
                things.ensure_index({"type": "persistent", "fields": ["tags[*]"]})
                tx.create_collection("ways", edge=True)


def insert(folder: Path, database: str, key: str) -> None:
    with Engine(folder) as engine, engine.database(database).transaction(write=True) as tx:
        tx.collection("things").insert({"_key": key})


def content(folder: Path) -> dict[str, Any]:
    """Return all documents of all databases."""
    with Engine(folder) as engine:
        found = {}
        for name in engine.databases():
            with engine.database(name).transaction() as tx:
                for info in tx.collections():
                    found[f"{name}/{info.name}"] = list(tx.collection(info.name).scan())
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "data")
    insert(tmp_path / "data", "first", "one")
    return tmp_path / "data"


@pytest.fixture(params=["backup", "backup.zip"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made: Path = tmp_path / "safe" / request.param
    return made


def save(folder: Path, target: Path) -> None:
    with Engine(folder) as engine:
        back_up(engine, target)


def test_what_is_restored_is_what_was_backed_up(folder: Path, target: Path, tmp_path: Path) -> None:
    before = content(folder)
    save(folder, target)
    insert(folder, "first", "two")
    restore(target, tmp_path / "new")
    assert content(tmp_path / "new") == before
    assert content(folder) != before
    assert sorted(path.name for path in target.parent.iterdir()) == [target.name]
    for path in (tmp_path / "new").glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_backup_while_others_write_is_one_moment_of_all_databases(tmp_path: Path) -> None:
    fill(tmp_path / "data")
    command = [sys.executable, "-c", WRITER, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        try:
            for attempt in range(6):
                assert writer.stdout.read(25)  # it has gone on meanwhile
                save(tmp_path / "data", tmp_path / f"{attempt}")
        finally:
            writer.kill()
    counts = []
    for attempt in range(6):
        restore(tmp_path / f"{attempt}", tmp_path / f"restored{attempt}")
        found = content(tmp_path / f"restored{attempt}")
        first, second = len(found["first/things"]), len(found["second/things"])
        assert first - second in {0, 1}  # nothing later without what came before
        counts.append(first)
        with Engine(tmp_path / f"restored{attempt}") as engine:
            assert check(engine) == []
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_a_backup_overwrites_nothing(folder: Path, target: Path) -> None:
    save(folder, target)
    with pytest.raises(FileExistsError, match="choose a new name"):
        save(folder, target)


def test_a_backup_in_memory_can_be_restored_to_disk(tmp_path: Path) -> None:
    with Engine(None) as engine:
        with engine.database("_system").transaction(write=True) as tx:
            tx.create_collection("things").insert({"_key": "a"})
        back_up(engine, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "data")
    assert content(tmp_path / "data")["_system/things"][0]["_key"] == "a"


def test_a_writer_that_does_not_finish_stops_the_backup_and_leaves_nothing(
    folder: Path, target: Path, refused: Callable[..., AbstractContextManager[None]]
) -> None:
    with Engine(folder, lock_timeout=0.1) as engine:
        with engine.database("second").transaction(write=True), refused(18):
            back_up(engine, target)
        assert list(target.parent.iterdir()) == []
        back_up(engine, target)  # and it has let go of all locks


def test_databases_are_replaced_only_when_told(folder: Path, target: Path) -> None:
    before = content(folder)
    save(folder, target)
    insert(folder, "first", "two")
    with Engine(folder) as engine:
        engine.create_database("third")
    now = content(folder)
    with pytest.raises(FileExistsError, match="holds databases already"):
        restore(target, folder)
    assert content(folder) == now
    restore(target, folder, replace=True)
    assert content(folder) == before
    assert sorted(path.name for path in folder.parent.iterdir()) == ["data", "safe"]


def test_a_folder_of_other_things_is_never_replaced(
    folder: Path, target: Path, tmp_path: Path
) -> None:
    save(folder, target)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(FileExistsError, match=r"letter\.txt"):
        restore(target, tmp_path / "home", replace=True)
    assert (tmp_path / "home" / "letter.txt").read_text() == "dear"


def test_databases_another_process_has_open_are_not_replaced(
    folder: Path, target: Path, refused: Callable[..., AbstractContextManager[None]]
) -> None:
    save(folder, target)
    now = content(folder)
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with refused(28, "another process"):
            restore(target, folder, replace=True)
        holder.communicate("\n")
    assert content(folder) == now
    restore(target, folder, replace=True)


def test_whoever_waited_for_replaced_databases_learns_that_they_are_gone(
    folder: Path, refused: Callable[..., AbstractContextManager[None]]
) -> None:
    now = content(folder)
    with Hold(folder), refused(18):
        Engine(folder, lock_timeout=0)
    assert content(folder) == now
    with Hold(folder) as hold:
        hold.give_up()
    with refused(1228, "dropped"):
        Engine(folder)


def kill_restores(folder: Path, times: int) -> None:
    data, one, two = folder / "data", folder / "one", folder / "two"
    fill(data)
    contents = [content(data)]
    save(data, one)
    insert(data, "first", "a")
    contents.append(content(data))
    save(data, two)
    for attempt in range(times):
        command = [sys.executable, "-c", RESTORER, *map(str, (data, one, two))]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as restorer:
            assert restorer.stdout is not None
            assert restorer.stdout.read(1 + attempt % 8)
            for _ in range(attempt * 40_000 % 300_000):
                pass  # the kill falls into another place of a restore each time
            restorer.kill()
        assert content(data) in contents
        with Engine(data) as engine:
            check(engine, mend=True)
            assert check(engine) == []
    restore(one, data, replace=True)
    # one that was killed before it had put its lock into its folder is left alone for an hour
    left = {path.name for path in folder.iterdir() if not _is_stillborn(path)}
    assert left == {"data", "one", "two"}


def _is_stillborn(path: Path) -> bool:
    return path.name.startswith(".") and not (path / ".alive").exists()


def test_a_restore_that_is_killed_leaves_the_old_databases_or_the_new(tmp_path: Path) -> None:
    kill_restores(tmp_path, 8)


@pytest.mark.slow
def test_a_hundred_killed_restores_leave_the_old_databases_or_the_new(tmp_path: Path) -> None:
    kill_restores(tmp_path, 100)


def kill_backups(folder: Path, times: int) -> None:
    data = folder / "data"
    fill(data)
    for number in range(50):
        insert(data, "first", f"a{number}")
    expected = content(data)
    whole = 0
    for attempt in range(times):
        safe = folder / f"safe{attempt}"
        command = [sys.executable, "-c", BACKER, str(data), str(safe)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as backer:
            assert backer.stdout is not None
            assert backer.stdout.read(1 + attempt % 5)
            for _ in range(attempt * 40_000 % 300_000):
                pass  # the kill falls into another place of a backup each time
            backer.kill()
        made = [path for path in safe.iterdir() if not path.name.startswith(".")]
        for path in made[-2:]:
            restore(path, folder / "new", replace=True)
            assert content(folder / "new") == expected
        whole += len(made)
        for name in ("it", "it.zip"):
            if (safe / name).exists():  # killed before it could give it its number
                (safe / name).rename(safe / f"last{(safe / name).suffix}")
            save(data, safe / name)
            assert all(_is_stillborn(path) for path in safe.glob(f".{name}-*"))
            (shutil.rmtree if name == "it" else Path.unlink)(safe / name)
    assert whole >= times


def test_a_backup_that_is_killed_is_whole_or_not_there(tmp_path: Path) -> None:
    kill_backups(tmp_path, 3)


@pytest.mark.slow
def test_a_hundred_killed_backups_are_whole_or_not_there(tmp_path: Path) -> None:
    kill_backups(tmp_path, 100)


def test_a_damaged_store_is_replaced_by_its_backup(folder: Path, target: Path) -> None:
    before = content(folder)
    save(folder, target)
    for path in folder.glob("*.sqlite"):
        path.write_bytes(b"not a database any more")
    restore(target, folder, replace=True)
    assert content(folder) == before


def test_where_folders_cannot_be_exchanged_at_once_the_old_one_is_moved_aside(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(folder)
    save(folder, target)
    insert(folder, "first", "two")
    monkeypatch.setattr(swapping, "_exchange_at_once", lambda *_: False)
    restore(target, folder, replace=True)
    assert content(folder) == before
    assert sorted(path.name for path in folder.parent.iterdir()) == ["data", "safe"]


def _flip(path: Path) -> None:
    """Change a byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _swap_database(backup: Path) -> None:
    """Put a file of another database, with its right checksum, in a database's place."""
    manifest = json.loads((backup / "backup.json").read_text())
    system, first = manifest["databases"][:2]
    shutil.copy(backup / system["file"], backup / first["file"])
    first["sha256"] = system["sha256"]
    manifest["databases"].pop()
    (backup / "backup.json").write_text(json.dumps(manifest))


def _edit(backup: Path, **changes: Any) -> None:
    manifest = json.loads((backup / "backup.json").read_text())
    (backup / "backup.json").write_text(json.dumps({**manifest, **changes}))


def _escape(backup: Path) -> None:
    manifest = json.loads((backup / "backup.json").read_text())
    manifest["databases"][0]["file"] = "../_system.sqlite"
    _edit(backup, databases=manifest["databases"])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a changed byte": lambda backup: _flip(next(backup.glob("first*"))),
    "a missing file": lambda backup: next(backup.glob("first*")).unlink(),
    "no manifest": lambda backup: (backup / "backup.json").unlink(),
    "half a manifest": lambda backup: (backup / "backup.json").write_text('{"format"'),
    "another manifest": lambda backup: (backup / "backup.json").write_text("[]"),
    "a newer format": lambda backup: _edit(backup, format=2),
    "another list": _swap_database,
    "a path outside": _escape,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_backup_is_refused_and_nothing_is_changed(
    folder: Path,
    tmp_path: Path,
    damage: str,
    packed: bool,
    refused: Callable[..., AbstractContextManager[None]],
) -> None:
    backup = tmp_path / "backup"
    save(folder, backup)
    DAMAGE[damage](backup)
    if packed:
        shutil.make_archive(str(backup), "zip", backup)
        backup = tmp_path / "backup.zip"
    now = content(folder)
    with refused(1100):
        restore(backup, folder, replace=True)
    assert content(folder) == now
    with refused(1100):
        restore(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_zip_file_with_a_changed_byte_is_refused(folder: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.zip"
    save(folder, backup)
    size = backup.stat().st_size
    for place in range(0, size, size // 23):
        data = bytearray(backup.read_bytes())
        data[place] ^= 0xFF
        (tmp_path / "broken.zip").write_bytes(data)
        # a byte may mean nothing, a date say: then all is as it was
        with suppress(ArangoError):
            restore(tmp_path / "broken.zip", tmp_path / "new")
            assert content(tmp_path / "new") == content(folder)
            shutil.rmtree(tmp_path / "new")
        assert not (tmp_path / "new").exists()


def test_what_is_no_backup_is_refused(
    tmp_path: Path, refused: Callable[..., AbstractContextManager[None]]
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with refused(1100, "no backup"):
        restore(tmp_path / "letter.txt", tmp_path / "new")
    with pytest.raises(FileNotFoundError):
        restore(tmp_path / "nothing", tmp_path / "new")
    with pytest.raises(FileNotFoundError):
        restore(tmp_path / "nothing.zip", tmp_path / "new")


def test_a_zip_backup_is_smaller_and_names_its_databases(folder: Path, tmp_path: Path) -> None:
    save(folder, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        manifest = json.loads(packed.read("backup.json"))
        assert [each["name"] for each in manifest["databases"]] == ["_system", "first", "second"]
        assert (
            sum(each["size"] for each in manifest["databases"])
            > 3 * (tmp_path / "b.zip").stat().st_size
        )
