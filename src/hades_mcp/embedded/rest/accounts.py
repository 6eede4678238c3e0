"""The users of a server: kept in `_users` of `_system`, their rights, and who is asking.

Source of the levels and their order: ArangoDB 3.12 manual, "Managing Users". Names that no account
bears, and `root`, may do all: an embedded database is guarded by the permissions of its folder.
An account is held to its password and its rights, so that what works here works on a server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage import Engine

ROOT = "root"
LEVELS = ("none", "ro", "rw")
_SYSTEM = "_system"
_USERS = "_users"
_NOT_FOUND, _DUPLICATE, _INVALID_NAME = 1703, 1702, 1700
_FORBIDDEN, _READ_ONLY = 11, 1004
_FRESH_SECONDS = 1.0

Account = dict[str, Any]


class Accounts:
    """The accounts of one server; safe to call from several threads.

    Args:
        engine: Where they are kept.
        clock: Seconds, monotonic; accounts another process made are seen after a second.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = Lock()
        self._known: dict[str, Account] = {}
        self._read_at: float | None = None

    def all(self) -> dict[str, Account]:
        """Return the accounts by name."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or now - self._read_at > _FRESH_SECONDS:
                with self._engine.database(_SYSTEM).transaction() as transaction:
                    found = transaction.collection(_USERS).scan()
                    self._known = {each["user"]: each for each in found if "user" in each}
                self._read_at = now
            return self._known

    def get(self, name: str) -> Account:
        """Return an account; ArangoError 1703 if there is none."""
        found = self.all().get(name)
        if found is None and name == ROOT:
            return _new(ROOT, None, {})
        if found is None:
            raise ArangoError(_NOT_FOUND)
        return found

    def create(self, name: str, body: dict[str, Any]) -> Account:
        """Make an account; ArangoError 1702 if there is one, 1700 for an empty name."""
        if not name:
            raise ArangoError(_INVALID_NAME)
        if name in self.all() or name == ROOT:
            raise ArangoError(_DUPLICATE)
        return self._keep(_new(name, None, body))

    def change(self, name: str, body: dict[str, Any], *, replace: bool) -> Account:
        """Change an account, or make it anew but for its rights."""
        before = self.get(name)
        if replace:
            after = _new(name, before, body)
        else:
            after = {**before, "active": body.get("active", before["active"])}
            after["extra"] = {**before["extra"], **(body.get("extra") or {})}
            if "passwd" in body:
                after["authData"] = {"simple": _hashed(str(body["passwd"] or ""))}
        return self._keep(after)

    def remove(self, name: str) -> None:
        """Forget an account; ArangoError 1703 if there is none."""
        if name not in self.all():
            raise ArangoError(_NOT_FOUND)
        with self._engine.database(_SYSTEM).transaction(write=True) as transaction:
            transaction.collection(_USERS).remove(name)
        self._read_at = None

    def grant(self, name: str, database: str, collection: str | None, level: str | None) -> None:
        """Set a right, or take it back (None)."""
        account = self.get(name)
        rights = {each: dict(given) for each, given in account["databases"].items()}
        entry = rights.setdefault(database, {"permission": None, "collections": {}})
        if collection is None:
            entry["permission"] = level
        else:
            entry["collections"] = {**entry["collections"], collection: level}
            if level is None:
                del entry["collections"][collection]
        if entry["permission"] is None and not entry["collections"]:
            del rights[database]
        self._keep({**account, "databases": rights})

    def _keep(self, account: Account) -> Account:
        with self._engine.database(_SYSTEM).transaction(write=True) as transaction:
            stored = {name: v for name, v in account.items() if name not in {"_id", "_rev"}}
            transaction.collection(_USERS).insert(stored, overwrite_mode="replace")
        self._read_at = None
        return account

    def identify(self, authorization: str | None) -> Account | None:
        """Return the account a request comes from; None for one that may do all.

        Raises:
            ArangoError: 11 with status 401 for a wrong password or an account that is not active.
        """
        if not authorization:
            return None
        name, password = _credentials(authorization)
        account = self.all().get(name)
        if account is None:
            return None
        if not account["active"] or (password is not None and not _matches(account, password)):
            raise ArangoError(_FORBIDDEN, "not authorized to execute this request", status=401)
        return None if name == ROOT else account


def _credentials(authorization: str) -> tuple[str, str | None]:
    """Return the name, and the password where the header has one; tokens are believed."""
    kind, _, rest = authorization.partition(" ")
    try:
        if kind.lower() == "basic":
            name, _, password = base64.b64decode(rest).decode().partition(":")
            return name, password
        payload = rest.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError):  # a bad encoding is a ValueError too
        return "", None
    if not isinstance(claims, dict):
        return "", None
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires < time.time():
        raise ArangoError(_FORBIDDEN, "the token has expired", status=401)
    return str(claims.get("preferred_username", "")), None


def _new(name: str, before: Account | None, body: dict[str, Any]) -> Account:
    return {
        "_key": name,
        "user": name,
        "active": body.get("active", True) is not False,
        "extra": body.get("extra") or {},
        "authData": {"simple": _hashed(str(body.get("passwd") or ""))},
        "databases": {} if before is None else before["databases"],
    }


def _hashed(password: str) -> dict[str, str]:
    salt = secrets.token_hex(8)
    digest = hashlib.sha256((salt + password).encode()).hexdigest()
    return {"method": "sha256", "salt": salt, "hash": digest}


def _matches(account: Account, password: str) -> bool:
    kept = account["authData"]["simple"]
    digest = hashlib.sha256((kept["salt"] + password).encode()).hexdigest()
    return hmac.compare_digest(digest, kept["hash"])


def database_level(account: Account, database: str) -> str:
    """Return what an account may do in a database: its own right, or that for `*`, or none."""
    if account["user"] == ROOT:
        return "rw"
    for name in (database, "*"):
        level = account["databases"].get(name, {}).get("permission")
        if level is not None:
            return str(level)
    return "none"


def collection_level(account: Account, database: str, collection: str) -> str:
    """Return what an account may do with a collection; nobody may see `_users`."""
    if account["user"] == ROOT:
        return "rw"
    if collection == _USERS:
        return "none"
    for name in (database, "*"):
        given = account["databases"].get(name, {}).get("collections", {})
        for each in (collection, "*"):
            if each in given:
                return str(given[each])
    return database_level(account, database)


def check_database(account: Account, database: str, method: str, parts: list[str]) -> None:
    """Refuse what an account may not do in a database.

    Raises:
        ArangoError: 11, with status 401 where it may do nothing, 403 where it may only read.
    """
    level = database_level(account, database)
    if level == "none":
        raise ArangoError(_FORBIDDEN, "not authorized to execute this request", status=401)
    changes_schema = parts[:2] == ["_api", "collection"] and method in {"POST", "DELETE"}
    if level == "ro" and changes_schema:
        raise ArangoError(_FORBIDDEN, "forbidden", status=403)


def check_collection(account: Account, database: str, collection: str, *, write: bool) -> None:
    """Refuse what an account may not do with a collection.

    Raises:
        ArangoError: 11, with status 403; 1004 for a write where it may read.
    """
    level = collection_level(account, database, collection)
    if level == "none":
        message = f"insufficient rights to access collection '{collection}'"
        raise ArangoError(_FORBIDDEN, message, status=403)
    if write and level != "rw":
        raise ArangoError(_READ_ONLY, "read only", status=403)
