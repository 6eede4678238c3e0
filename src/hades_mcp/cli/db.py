"""`hades db`: the embedded database served, backed up, restored and checked."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hades_mcp.cli.app import settings
from hades_mcp.errors import CallerError, ConfigError, Unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

PORT = 8529
_IN_USE = frozenset({18, 28})
_NO_ACCOUNT = 1703
_CONNECTIONS = 1000  # more are answered with 503: each takes a file descriptor


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
@click.option("--auth", is_flag=True, help="Answer nobody without the password of an account.")
@click.option(
    "--trusted-origin",
    "trusted",
    multiple=True,
    metavar="URL",
    help="Answer web pages of this origin too, with passwords; several times, or * for all.",
)
@click.pass_context
def serve(
    ctx: click.Context, host: str, port: int, trusted: tuple[str, ...], *, auth: bool
) -> None:
    """Serve the database over ArangoDB's HTTP API to clients on this machine.

    Without --auth any user name and password will do, unless it is an account's: everybody who can
    log in to this machine can read and change the data while it is served. With --auth, the account
    root gets its first password from the variable ARANGO_ROOT_PASSWORD; root makes the others.

    Web pages of this machine are answered; those of other sites if --trusted-origin names them.
    """
    from hades_mcp.embedded.asgi import is_loopback

    if not is_loopback(host):
        raise CallerError(
            f"{host} can be reached from other machines, and the embedded database does not"
            " encrypt what it says, nor passwords.",
            hint="Serve on 127.0.0.1, and reach it through an SSH tunnel, or use an ArangoDB"
            " server (HADES_ARANGO_URL).",
        )
    folder = _folder(ctx)
    with _translated(), _listen(host, port) as listener:
        _serve(folder, listener, trusted, auth=auth)


@command.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@click.pass_context
def backup(ctx: click.Context, target: Path) -> None:
    """Back up all databases to TARGET: a new folder, or one file if it ends in .zip.

    Others may go on reading and writing. Traces and your own agents, tools and prompts are not
    part of it.
    """
    from hades_mcp.embedded.storage import Engine
    from hades_mcp.embedded.storage.backup import back_up

    folder = _existing(ctx)
    with _translated(), Engine(folder, expire=False) as engine:
        manifest = back_up(engine, target)
    size = sum(copy.size for copy in manifest.databases)
    click.echo(f"{len(manifest.databases)} databases, {size:,} bytes, as of {manifest.made}")


@command.command("restore")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Throw away the databases that are there now.")
@click.pass_context
def restore(ctx: click.Context, source: Path, *, replace: bool) -> None:
    """Put the databases of a backup (SOURCE) into the data folder.

    Nothing is changed before the backup has proved whole. No other process may have the databases
    open.
    """
    from hades_mcp.embedded.storage.restore import restore as put_back

    folder = _folder(ctx)
    with _translated("--replace throws away what is there now."):
        manifest = put_back(source, folder, replace=replace)
    click.echo(f"{len(manifest.databases)} databases, as they were at {manifest.made}")


@command.command("check")
@click.option("--mend", is_flag=True, help="Rebuild indexes and counts that are wrong.")
@click.option("--json", "as_json", is_flag=True, help="One JSON finding a line.")
@click.pass_context
def check(ctx: click.Context, *, mend: bool, as_json: bool) -> int:
    """Check that files, documents, edges, counts and indexes agree.

    Exit code 1 if something is wrong and has not been mended.
    """
    from dataclasses import asdict

    from hades_mcp.cli.output import echo_json
    from hades_mcp.embedded.storage import Engine
    from hades_mcp.embedded.storage.check import check as check_all

    folder = _existing(ctx)
    with _translated(), Engine(folder, expire=False) as engine:
        names = engine.databases()
        findings = check_all(engine, mend=mend)
    for finding in findings:
        if as_json:
            echo_json(asdict(finding))
        else:
            where = "/".join(filter(None, (finding.database, finding.collection)))
            mark = "mended" if finding.mended else "wrong"
            click.echo(f"{mark:<7} {where or folder.name}: {finding.text}")
    left = [finding for finding in findings if not finding.mended]
    click.echo(
        f"hades: {len(names)} databases checked, {len(findings)} wrong,"
        f" {len(findings) - len(left)} mended.",
        err=True,
    )
    if left and not mend:
        click.echo("hades: --mend rebuilds indexes and counts; for the rest, a backup.", err=True)
    return 1 if left else 0


def _serve(folder: Path, listener: socket.socket, trusted: tuple[str, ...], *, auth: bool) -> None:
    import os
    import signal

    import uvicorn

    from hades_mcp.embedded.asgi import Application
    from hades_mcp.embedded.errors import ArangoError
    from hades_mcp.embedded.rest import Server
    from hades_mcp.embedded.storage import Engine

    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn ends in order, then raises the signal again: it must not cut off the closing
        signal.signal(number, _leave)
    with Engine(folder) as engine:
        host, port = listener.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        password = os.environ.get("ARANGO_ROOT_PASSWORD")
        try:
            server = Server(engine, guarded=auth, root_password=password, endpoints=(url,))
        except ArangoError as error:
            if error.number != _NO_ACCOUNT:
                raise
            raise ConfigError(
                "The account root has no password yet.",
                hint="Set ARANGO_ROOT_PASSWORD to its first one.",
            ) from error
        try:
            config = uvicorn.Config(
                Application(server, trusted=trusted),
                log_level="warning",
                access_log=False,
                server_header=False,
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=5,
            )
            click.echo(f"hades: serving {folder} at {url}", err=True)
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            server.close()


def _leave(*_: object) -> None:
    raise SystemExit(0)


def _listen(host: str, port: int) -> socket.socket:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named, or asyncio does not see TCP and each answer waits 40 ms for Nagle
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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


def _existing(ctx: click.Context) -> Path:
    """Return the folder of the embedded database; CallerError if there is nothing in it."""
    folder = _folder(ctx)
    if not (folder / "_system.sqlite").exists():
        raise CallerError(f"There is no database in {folder} yet.", hint="Is HADES_HOME right?")
    return folder


@contextmanager
def _translated(hint: str = "") -> Iterator[None]:
    """Say whose turn it is when the embedded database refuses something."""
    from hades_mcp.embedded.errors import ArangoError

    try:
        yield
    except ArangoError as error:
        kind = Unavailable if error.number in _IN_USE else ConfigError
        raise kind(f"{error.message}.") from error
    except FileExistsError as error:
        raise CallerError(f"{error}.", hint=hint) from error
    except FileNotFoundError as error:
        raise CallerError(f"There is no {error.filename}.") from error
    except OSError as error:
        raise ConfigError(f"{error}.", hint="Check the disk and the permissions.") from error
