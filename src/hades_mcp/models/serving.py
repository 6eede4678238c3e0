"""Starts llama-server the way HADES needs it: our chat template, embeddings, a known window."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hades_mcp import assets
from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.models.gguf import read_metadata
from hades_mcp.models.sources import KNOWN
from hades_mcp.prompts.chat import SERVING_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hades_mcp.config import Settings

INSTALL = (
    "Install llama.cpp (https://github.com/ggml-org/llama.cpp: brew, winget, or its releases) so "
    "that llama-server is on PATH, or name it in HADES_LLAMA_SERVER."
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ARCHITECTURE = "qwen2"
"""Of Qwen2, Qwen2.5 and Qwen2.5-Coder: what our own chat template is for."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What is to be served, and how.

    Args:
        weights: A GGUF file, or a folder of them from which models are loaded when asked.
        alias: What the model is called; empty calls it as its file.
        host: Address to listen on.
        port: Port to listen on.
        context: Tokens of prompt and reply that each conversation has room for.
        slots: Conversations at the same time.
        threads: CPU threads; 0 leaves it to the server.
        adapters: LoRA files, each to be asked for by its name.
        template: Chat template file; None takes the model's own.
        embeddings: Whether it embeds too.
    """

    weights: Path
    alias: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    context: int = 8192
    slots: int = 1
    threads: int = 0
    adapters: tuple[Path, ...] = ()
    template: Path | None = None
    embeddings: bool = True


def find_server(settings: Settings) -> Path:
    """Return the llama-server to start.

    Raises:
        ConfigError: There is none.
    """
    named = settings.llama_server or "llama-server"
    found = shutil.which(Path(named).expanduser())
    if found is None:
        raise ConfigError(f"There is no {named} here.", hint=INSTALL)
    return Path(found)


def find_weights(settings: Settings, name: str) -> Path:
    """Return a GGUF file by its path, its name in the model folder, or a known name.

    Raises:
        UnknownName: There is none; the nearest is suggested.
    """
    folder = model_folder(settings)
    known = KNOWN.get(name)
    for path in (
        Path(name).expanduser(),
        folder / name,
        folder / f"{name}.gguf",
        folder / (known.file if known else name),
    ):
        if path.is_file():
            return path
    here = [path.name for path in weights_in(folder)]
    hint = f"Fetch it with: hades models pull {name}"
    raise UnknownName("weights file", name, here, otherwise=hint)


def weights_in(folder: Path) -> list[Path]:
    """Return the GGUF files in a folder, by name."""
    return sorted(folder.glob("*.gguf")) if folder.is_dir() else []


def model_folder(settings: Settings) -> Path:
    """Return the folder that weights are kept in."""
    if settings.model_folder:
        return Path(settings.model_folder).expanduser()
    from platformdirs import user_cache_path  # noqa: PLC0415  only commands need it

    return user_cache_path("hades", appauthor=False) / "models"


def our_template(settings: Settings, weights: Path) -> Path | None:
    """Return our chat template where it is right for a model, or for all in a folder; else None.

    With the template in its file Qwen2.5-Coder never calls a tool natively: its markers are tokens
    that were never trained (see prompts/README.md).

    Raises:
        ConfigError: The file is no GGUF file.
    """
    files = weights_in(weights) if weights.is_dir() else [weights]
    kinds = {read_metadata(file).get("general.architecture") for file in files}
    if kinds != {ARCHITECTURE}:
        return None
    return Path(str(assets.find(settings.home, "prompts", SERVING_TEMPLATE)))


def command_line(server: Path, serving: Serving, *, known: str) -> list[str]:
    """Return the command that serves.

    Args:
        server: The llama-server.
        serving: What and how.
        known: Its `--help`: flags that came or went between versions are given only if it has them.

    Raises:
        ConfigError: It would listen to everybody without a key.
    """
    many = serving.weights.is_dir()
    weights = "--models-dir" if many else "--model"
    command = [str(server), weights, str(serving.weights), "--jinja"]
    if serving.alias and not many:
        command += ["--alias", serving.alias]
    if serving.template is not None:
        command += ["--chat-template-file", str(serving.template)]
    command += ["--host", serving.host, "--port", str(serving.port)]
    # llama-server shares its context out: each conversation is to have what was asked for.
    command += [
        "--ctx-size",
        str(serving.context * serving.slots),
        "--parallel",
        str(serving.slots),
    ]
    if serving.threads:
        command += ["--threads", str(serving.threads)]
    for adapter in serving.adapters:
        command += ["--lora", str(adapter)]
    if serving.embeddings:
        command += ["--embeddings", "--pooling", "mean"]
    return (
        command + [flag for flag in ("--slots", "--no-ui", "--no-webui") if _has(known, flag)][:2]
    )


def environment(settings: Settings, host: str) -> Mapping[str, str]:
    """Return the server's environment: a key goes there, where no list of processes shows it.

    Raises:
        ConfigError: It would listen to everybody without a key.
    """
    key = settings.model_api_key.get_secret_value()
    if host not in LOOPBACK and not key:
        raise ConfigError(
            f"On {host} anybody who reaches this machine could use the model.",
            hint="Set HADES_MODEL_API_KEY, or listen on 127.0.0.1.",
        )
    return {**os.environ, **({"LLAMA_API_KEY": key} if key else {})}


def help_of(server: Path) -> str:
    """Return a llama-server's help.

    Raises:
        ConfigError: It does not start.
    """
    try:
        done = subprocess.run(  # noqa: S603  the person names the server
            [server, "--help"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(f"{server} does not start: {error}.", hint=INSTALL) from None
    return done.stdout


def _has(known: str, flag: str) -> bool:
    return flag in known.replace(",", " ").split()


def replace_process(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Become the server: signals and the exit code are then its own. Returns only on Windows."""
    if os.name != "nt":
        os.execve(command[0], list(command), dict(environment))  # noqa: S606  no shell is wanted
    return subprocess.run(command, env=dict(environment), check=False).returncode  # noqa: S603
