"""What kind of server this is: version, engine, time, role."""

from __future__ import annotations

import sqlite3
import sys
import time

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok, plain, result
from hades_mcp.embedded.rest.rights import check_admin
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

VERSION = "3.12.10"
"""The ArangoDB release whose language and API this engine follows; clients branch on it."""

_FORBIDDEN = 11
_BAD_PARAMETER = 400
_OPTIONS = {
    "server.authentication": (False, "whether names without an account are turned away"),
    "query.tracking": (True, "whether running and slow queries are listed"),
    "query.cache-mode": ("off", "whether results of queries are cached"),
}
_INDEX_TYPES = ["primary", "edge", "hash", "skiplist", "ttl", "persistent"]
_INDEX_TYPES += ["geo", "fulltext", "mdi", "mdi-prefixed", "inverted"]
_INDEX_ALIASES = {"hash": "persistent", "skiplist": "persistent", "zkd": "mdi"}


@routes.add("GET PUT", "/_api/version")
def version(request: Request) -> Response:
    """Tell the version; `details.mode` tells that no server process is behind it."""
    body: dict[str, object] = {
        "server": "arango",
        "license": "community",
        "version": VERSION,
        "apiVersions": ["v0"],
        "deprecatedApiVersions": [],
        "requestedApiVersion": "v0",
    }
    if request.flag("details"):
        body["details"] = {
            "mode": "embedded",
            "role": "SINGLE",
            "host": "embedded",
            "architecture": f"{sys.maxsize.bit_length() + 1}bit",
            "platform": sys.platform,
            "server-version": VERSION,
            "sqlite-version": sqlite3.sqlite_version,
        }
    return plain(body)


@routes.add("GET", "/_api/engine")
def engine(_request: Request) -> Response:
    """Tell which storage engine's behaviour to expect: rocksdb's, the only one of 3.12.

    Clients take other names for those of old releases, without transactions and the like. That
    SQLite is behind it is told by `/_api/version?details=true`. The list is that of 3.12.10, whose
    vector indexes are not named in it either.
    """
    supports = {"indexes": _INDEX_TYPES, "aliases": {"indexes": _INDEX_ALIASES}}
    return plain({"name": "rocksdb", "endianness": "big", "supports": supports})


@routes.add("GET", "/_api/endpoint")
def endpoints(request: Request) -> Response:
    """List the addresses one can connect to; none inside a process."""
    return plain([{"endpoint": each} for each in request.state.endpoints])


@routes.add("GET", "/_admin/time")
def clock(_request: Request) -> Response:
    """Tell the time."""
    return ok({"time": time.time()})


@routes.add("GET", "/_admin/status")
def status(request: Request) -> Response:
    """Tell how the server is."""
    return plain(
        {
            "server": "arango",
            "license": "community",
            "version": VERSION,
            "mode": "server",
            "operationMode": "server",
            "foxxApi": False,
            "host": "embedded",
            "serverInfo": {
                "progress": {"phase": "up", "feature": "", "recoveryTick": 0},
                "role": "SINGLE",
                "writeOpsEnabled": not request.state.read_only,
                "readOnly": request.state.read_only,
                "maintenance": False,
            },
        }
    )


@routes.add("GET", "/_admin/server/role")
def role(request: Request) -> Response:
    """Tell the role in a cluster."""
    return ok({"role": "SINGLE", "mode": _mode(request)})


@routes.add("GET", "/_admin/server/mode")
def mode(request: Request) -> Response:
    """Tell whether writes are allowed."""
    return ok({"mode": _mode(request)})


@routes.add("PUT", "/_admin/server/mode")
def change_mode(request: Request) -> Response:
    """Refuse writes from now on (`readonly`), or no more (`default`), until the server ends."""
    check_admin(request.account)
    wanted = request.object().get("mode")
    if wanted not in ("default", "readonly"):
        raise ArangoError(_BAD_PARAMETER, "mode invalid")
    request.state.read_only = wanted == "readonly"
    request.state.engine.expiry.paused = request.state.read_only  # nothing expires either
    return ok({"mode": wanted})


@routes.add("GET", "/_admin/server/availability")
def availability(request: Request) -> Response:
    """Tell whether requests are served."""
    return ok({"mode": _mode(request)})


@routes.add("PUT", "/_admin/compact")
def compact(request: Request) -> Response:
    """Do nothing: SQLite reuses the space itself."""
    check_admin(request.account)
    return result({})


@routes.add("GET", "/_admin/database/target-version")
def target_version(_request: Request) -> Response:
    """Tell the version of the data format, as digits."""
    major, minor, patch = VERSION.split(".")
    return ok({"version": f"{int(major):d}{int(minor):02d}{int(patch):02d}"})


@routes.add("GET POST", "/_admin/server/jwt")
def secrets(_request: Request) -> Response:
    """Refuse: no one may see the secrets of tokens."""
    raise ArangoError(_FORBIDDEN, status=403)


@routes.add("GET POST", "/_admin/server/tls")
def tls(request: Request) -> Response:
    """Tell that there are no keys and certificates: connections are not encrypted."""
    check_admin(request.account)
    return result({})


@routes.add("GET", "/_admin/server/aql-queries")
def history(request: Request) -> Response:
    """List the last queries that were begun, in any database, the newest first."""
    check_admin(request.account)
    return result({"queries": request.state.queries.history()})


def _mode(request: Request) -> str:
    return "readonly" if request.state.read_only else "default"


@routes.add("GET", "/_admin/license")
def licence(_request: Request) -> Response:
    """Tell that there is no limit on the size of data."""
    return plain({"diskUsage": {"limitReached": False, "status": "good"}, "upgrading": False})


@routes.add("GET", "/_admin/options")
def options(request: Request) -> Response:
    """Tell the few start-up options that have a meaning here."""
    guarded = request.state.accounts.guarded
    told = {name: value for name, (value, _) in _OPTIONS.items()}
    return plain({**told, "server.authentication": guarded})


@routes.add("GET", "/_admin/options-description")
def option_descriptions(_request: Request) -> Response:
    """Tell what these options mean."""
    return plain(
        {
            name: {"default": value, "description": description, "section": name.split(".")[0]}
            for name, (value, description) in _OPTIONS.items()
        }
    )
