"""`hades db`: the embedded database served, backed up, restored and checked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hades_mcp.cli.app import settings
from hades_mcp.errors import CallerError, ConfigError, Unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

PORT = 8529
_IN_USE = frozenset({18, 28})


@click.group("db")
def command() -> None:
    """Serve, back up, restore and check the embedded database."""


@command.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="0 takes any that is free.",
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int) -> None:
    """Serve the database over ArangoDB's HTTP API to clients on this machine.

    Any user name and password will do: everybody who can log in to this machine can read and
    change the data while it is served.
    """
    from hades_mcp.embedded.asgi import is_loopback

    if not is_loopback(host):
        raise CallerError(
            f"{host} can be reached from other machines, and the embedded database asks nobody"
            " for a password.",
            hint="Serve on 127.0.0.1, and reach it through an SSH tunnel, or use an ArangoDB"
            " server (HADES_ARANGO_URL).",
        )
    folder = _folder(ctx)
    with _translated(), _listen(host, port) as listener:
        _serve(folder, listener)


def _serve(folder: Path, listener: socket.socket) -> None:
    import signal

    import uvicorn

    from hades_mcp.embedded.asgi import Application
    from hades_mcp.embedded.rest import Server
    from hades_mcp.embedded.storage import Engine

    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn ends in order, then raises the signal again: it must not cut off the closing
        signal.signal(number, _leave)
    with Engine(folder) as engine:
        server = Server(engine)
        try:
            config = uvicorn.Config(
                Application(server),
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            click.echo(f"hades: serving {folder} at http://{shown}:{port}", err=True)
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            server.close()


def _leave(*_: object) -> None:
    raise SystemExit(0)


def _listen(host: str, port: int) -> socket.socket:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)  # whoever connects from now on is answered
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"{host}:{port} cannot be listened on: {error.strerror}.",
            hint="Another ArangoDB may be running there: choose another --port.",
        ) from error
    return listener


def _folder(ctx: click.Context) -> Path:
    """Return the folder of the embedded database; ConfigError if a server is used instead."""
    loaded = settings(ctx)
    if loaded.arango_url:
        raise ConfigError(
            f"HADES keeps its data in the ArangoDB at {loaded.arango_url}, not in the embedded"
            " database.",
            hint="Use the server's own tools (arangodump), or unset HADES_ARANGO_URL.",
        )
    return loaded.home / "databases"


@contextmanager
def _translated() -> Iterator[None]:
    """Say whose turn it is when the embedded database refuses something."""
    from hades_mcp.embedded.errors import ArangoError

    try:
        yield
    except ArangoError as error:
        kind = Unavailable if error.number in _IN_USE else ConfigError
        raise kind(f"{error.message}.") from error
    except (FileExistsError, FileNotFoundError) as error:
        raise CallerError(f"{error.args[0] if error.errno is None else error}.") from error
    except OSError as error:
        raise ConfigError(f"{error}.", hint="Check the disk and the permissions.") from error
