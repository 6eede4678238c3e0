"""Where weights come from: a known name, a model hub, an address, a file, or files in parts."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx2

from hades_mcp.errors import CallerError, ConfigError, Unavailable, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

HUB = "https://huggingface.co"
DEFAULT_QUANT = "q4_k_m"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPO = re.compile(r"(?:hf:)?([\w.-]+/[\w.-]+)(?::([\w./-]+))?")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file that can be downloaded.

    Args:
        url: Where it is.
        name: What it is called here.
        size: Its bytes; None when nobody said.
        sha256: 64 hex digits; empty when nobody said.
        token: Sent as bearer token to that address only.
    """

    url: str
    name: str
    size: int | None = None
    sha256: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A file here, or the parts of one in order.

    Args:
        paths: GGUF file, or its parts: plain pieces, or wheels that carry one `data/*.bin` each.
        name: What the whole is called.
        sha256: 64 hex digits; empty when nobody said.
    """

    paths: tuple[Path, ...]
    name: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class OllamaName:
    """A model of Ollama's library, which its server fetches itself."""

    name: str


Source: TypeAlias = RemoteFile | LocalFiles | OllamaName


@dataclass(frozen=True, slots=True)
class KnownModel:
    """Weights whose bytes are known: the official file, if and only if the hash is this."""

    repository: str
    file: str
    size: int
    sha256: str


KNOWN = {
    "qwen2.5-coder-0.5b": KnownModel(
        "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        491_400_064,
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
    "qwen2.5-coder-1.5b": KnownModel(
        "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        1_117_320_768,
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
}
"""Names that `hades models pull` and `serve` know by themselves."""


def find_source(text: str, *, sha256: str = "", name: str = "") -> Source:
    """Return what a person means by a source.

    Args:
        text: A known name; `ollama:NAME`; `OWNER/REPO` or `OWNER/REPO:QUANT` on the hub (an `hf:`
            before it is allowed); an address; a file; a folder of parts.
        sha256: What the file must be; without it the hub's own hash, or a known one, is taken.
        name: What to call the file; by default as it is called there.

    Raises:
        UnknownName: There is no such name, or the repository has no such file.
        Unavailable: The hub does not answer.
        ConfigError: The hash is no SHA-256.
    """
    wanted = sha256.lower().removeprefix("sha256:")
    if wanted and not _SHA256.fullmatch(wanted):
        raise ConfigError(f"{sha256!r} is no SHA-256.", hint="It has 64 hexadecimal digits.")
    if text in KNOWN:
        return _known(KNOWN[text], wanted, name)
    if text.startswith("ollama:"):
        return OllamaName(text.removeprefix("ollama:"))
    if text.startswith(("http://", "https://")):
        try:
            called = name or Path(httpx2.URL(text).path).name
        except httpx2.InvalidURL as error:
            raise CallerError(f"{text} is no address: {error}.") from None
        return RemoteFile(text, called, sha256=wanted)
    path = Path(text).expanduser()
    if path.exists():
        return _local(path, wanted, name)
    repository = _REPO.fullmatch(text)
    if repository is None:
        raise UnknownName("model or file", text, KNOWN)
    return _on_hub(repository[1], repository[2] or "", wanted, name)


def hub_address() -> str:
    """Return the hub's address: `HF_ENDPOINT`, as its own tools have it, or the public one."""
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def _known(model: KnownModel, sha256: str, name: str) -> RemoteFile:
    url = f"{hub_address()}/{model.repository}/resolve/main/{model.file}"
    return RemoteFile(url, name or model.file, model.size, sha256 or model.sha256, _token())


def _token() -> str:
    return os.environ.get("HF_TOKEN", "")


def _on_hub(repository: str, wanted: str, sha256: str, name: str) -> RemoteFile:
    files = [one for one in _listed(repository) if str(one.get("path", "")).endswith(".gguf")]
    chosen = _choose(files, repository, wanted or DEFAULT_QUANT)
    path = str(chosen["path"])
    large: dict[str, Any] = chosen.get("lfs") or {}
    return RemoteFile(
        f"{hub_address()}/{repository}/resolve/main/{path}",
        name or Path(path).name,
        large.get("size") or chosen.get("size"),
        sha256 or str(large.get("oid", "")),
        _token(),
    )


def _listed(repository: str) -> list[dict[str, Any]]:
    """Return the hub's list of a repository's files; a large one's `lfs.oid` is its SHA-256."""
    url = f"{hub_address()}/api/models/{repository}/tree/main?recursive=true"
    headers = {"Authorization": f"Bearer {_token()}"} if _token() else {}
    try:
        response = httpx2.get(url, headers=headers, timeout=30, follow_redirects=True)
    except httpx2.TransportError as error:
        raise Unavailable(
            f"The hub at {hub_address()} does not answer: {error}.",
            hint="Name a file or another address, or set HF_ENDPOINT to a mirror.",
        ) from error
    if response.status_code in {401, 403, 404}:
        raise CallerError(
            f"The hub shows no repository {repository} ({response.status_code}).",
            hint="Check the name; HF_TOKEN opens what is not public.",
        )
    if not response.is_success:
        raise Unavailable(f"The hub failed ({response.status_code}).", hint="Try again.")
    found: list[dict[str, Any]] = response.json()
    return found


def _choose(files: Sequence[dict[str, Any]], repository: str, wanted: str) -> dict[str, Any]:
    paths = {str(one["path"]): one for one in files}
    if wanted in paths:
        return paths[wanted]
    fit = [path for path in paths if wanted.lower() in path.lower()]
    if len(fit) == 1:
        return paths[fit[0]]
    if not fit and len(paths) == 1 and wanted == DEFAULT_QUANT:
        return next(iter(paths.values()))
    raise UnknownName(f"GGUF file in {repository}", wanted, fit or paths)


def _local(path: Path, sha256: str, name: str) -> LocalFiles:
    if path.is_file():
        known = next((one.sha256 for one in KNOWN.values() if one.file == path.name), "")
        return LocalFiles((path,), name or path.name, sha256 or known)
    parts = sorted(
        (one for one in path.iterdir() if one.is_file() and not one.name.startswith(".")),
        key=_natural,
    )
    if not parts:
        raise CallerError(f"There are no parts in {path}.")
    return LocalFiles(tuple(parts), name or f"{path.name}.gguf", sha256)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort part2 before part10."""
    return [
        (int(piece), "") if piece.isdigit() else (0, piece)
        for piece in re.split(r"(\d+)", path.name)
    ]
