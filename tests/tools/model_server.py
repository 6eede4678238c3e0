"""Starts a real llama-server with our chat template on a free loopback port, and stops it surely.

    python tests/tools/model_server.py                    # prints the URL, serves until interrupted
    python tests/tools/model_server.py -- hades ask "…"   # HADES_MODEL_URL set for one command

In Python: `with model_server() as url: …`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that it also runs as a script

from tests.tools.fetch_model import (
    CANNOT,
    WEIGHTS,
    FetchImpossible,
    fetch_model,
    fetch_server,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FetchImpossible", "model_server"]

TEMPLATE = Path(__file__).parents[2] / "prompts" / "qwen2_5.serving.jinja"
CONTEXT = 8192
PATIENCE = 120.0
"""Seconds a server may take until it is ready (a cold disk, a busy machine)."""


@contextlib.contextmanager
def model_server(
    size: str = "0.5b", *, template: Path | None = TEMPLATE, extra: tuple[str, ...] = ()
) -> Iterator[str]:
    """Serve a model while the block runs, and yield its OpenAI-compatible base URL.

    Args:
        size: Which Qwen2.5-Coder: "0.5b" or "1.5b".
        template: The chat template to serve with; None takes the model's own.
        extra: More arguments for llama-server, `--lora` say.

    Raises:
        FetchImpossible: The model or a working server cannot be had here.
    """
    command = [
        str(fetch_server()),
        *("-m", str(fetch_model(size)), "--alias", f"qwen2.5-coder-{size}"),
        *("--jinja", *(("--chat-template-file", str(template)) if template else ())),
        *("--host", "127.0.0.1", "--no-ui", "--embeddings", "--pooling", "mean"),
        # One thread for tokens and passive waiting: llama.cpp's barriers collapse on busy cores.
        *("-c", str(CONTEXT), "-np", "1", "-t", "1", "-tb", "2"),
        *extra,
    ]
    folder = Path(tempfile.mkdtemp(prefix="hades-llama-"))
    port = free_port()
    try:
        with started([*command, "--port", str(port)], folder / "log") as process:
            wait_until_ready(process, port, folder / "log")
            yield f"http://127.0.0.1:{port}/v1"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in a group of its own, and end the whole group whatever happens."""
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=5)
                    break


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when /health answers; a server that died tells its last words."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return
        time.sleep(0.05)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
    raise FetchImpossible(f"llama-server did not become ready on port {port}:\n{last}")


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> int:
    """Serve until interrupted, or while one command runs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=sorted(WEIGHTS), default="0.5b")
    parser.add_argument("--template", type=Path, default=TEMPLATE)
    parser.add_argument("command", nargs="*", help="run this with HADES_MODEL_URL set")
    options = parser.parse_args()
    # A supervisor's SIGTERM must unwind the block above, or the server would outlive us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with model_server(options.size, template=options.template) as url:
            if options.command:
                environment = {**os.environ, "HADES_MODEL_URL": url}
                return subprocess.run(options.command, env=environment, check=False).returncode
            print(url, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except (FetchImpossible, OSError) as error:
        say(f"No model server: {error}")
        return CANNOT
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
