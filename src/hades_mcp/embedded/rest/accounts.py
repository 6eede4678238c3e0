"""The users of a server: kept in `_users` of `_system`, and who is asking.

Unless a server is told to ask everybody who they are, those who name no account may do all: an
embedded database is guarded by the permissions of its folder. Who names an account is held to its
password and its rights either way, so that what works here works on a server.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from functools import lru_cache
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.rights import ROOT, SYSTEM, USERS, Account
from hades_mcp.embedded.rest.tokens import (
    Tokens,
    access_token,
    digest,
    opens,
    owner,
    told,
    unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage import Engine

_NOT_FOUND, _DUPLICATE, _INVALID_NAME = 1703, 1702, 1700
_BAD_PARAMETER, _NO_SUCH_TOKEN, _CONFLICT = 400, 404, 409
_FRESH_SECONDS = 1.0


class Accounts:
    """The accounts of one server; safe to call from several threads.

    Args:
        engine: Where they are kept.
        clock: Seconds, monotonic; accounts another process made are seen after a second.
        guarded: Whether nobody is answered who does not prove to be one of the accounts.
        tokens: Issues and checks JSON web tokens.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float],
        *,
        guarded: bool = False,
        tokens: Tokens | None = None,
    ) -> None:
        self.guarded = guarded
        self._tokens = tokens or Tokens()
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
                with self._engine.database(SYSTEM).transaction() as transaction:
                    found = transaction.collection(USERS).scan()
                    self._known = {each["user"]: each for each in found if _is_whole(each)}
                self._read_at = now
            return self._known

    def get(self, name: str) -> Account:
        """Return an account; ArangoError 1703 if there is none."""
        return _found(self.all().get(name), name)

    def create(self, name: str, body: dict[str, Any]) -> Account:
        """Make an account; ArangoError 1702 if there is one, 1700 for an empty name."""
        if not name:
            raise ArangoError(_INVALID_NAME)

        def new(before: Account | None) -> Account:
            if before is not None or name == ROOT:
                raise ArangoError(_DUPLICATE)
            return _new(name, None, body)

        return self._change(name, new)

    def change(self, name: str, body: dict[str, Any], *, replace: bool) -> Account:
        """Change an account, or make it anew but for its rights."""

        def changed(before: Account | None) -> Account:
            old = _found(before, name)
            if replace:
                return _new(name, old, body)
            after = {**old, "active": body.get("active", old["active"])}
            after["extra"] = {**old["extra"], **(body.get("extra") or {})}
            if "passwd" in body:
                after["authData"] = {"simple": _hashed(body["passwd"] or "")}
            return after

        return self._change(name, changed)

    def remove(self, name: str) -> None:
        """Forget an account; ArangoError 1703 if there is none."""
        with self._engine.database(SYSTEM).transaction(write=True) as transaction:
            accounts = transaction.collection(USERS)
            if accounts.get(name) is None:
                raise ArangoError(_NOT_FOUND)
            accounts.remove(name)
        self._read_at = None

    def grant(self, name: str, database: str, collection: str | None, level: str | None) -> None:
        """Set a right, or take it back (None)."""

        def granted(before: Account | None) -> Account:
            account = _found(before, name)
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
            return {**account, "databases": rights}

        self._change(name, granted)

    def set_first_password(self, password: str | None) -> None:
        """Make root's account, unless there is one; ArangoError 1703 if no password is given."""
        if ROOT in self.all():
            return
        if password is None:
            raise ArangoError(_NOT_FOUND, "root has no password yet")
        self._change(ROOT, lambda before: before or _new(ROOT, None, {"passwd": password}))

    # ---------------------------------------------------------- who is asking

    def identify(self, authorization: str | None) -> Account | None:
        """Return the account a request comes from; None for one that may do all.

        Raises:
            ArangoError: 11 with status 401 for a wrong password, a token that is not ours or has
                ended, an account that is not active, and where everybody must name an account, for
                those who do not.
        """
        kind, _, given = (authorization or "").strip().partition(" ")
        match kind.lower():
            case "basic":
                return self._by_password(*_name_and_password(given))
            case "bearer" if (claims := self._tokens.claims(given.strip())) is not None:
                name = self._tokens.user(claims)
                return None if name is None else self._by_name(name)
            case _ if self.guarded:
                raise unauthorized()
            case _:  # a token of another server's names no account of ours
                return None

    def log_in(self, name: str, password: str) -> str:
        """Return a JSON web token for a name and a password or access token; 401 if wrong."""
        self._by_password(name, password)
        return self._tokens.issue(name or owner(password) or ROOT)

    def _by_password(self, name: str, password: str) -> Account | None:
        name = name or owner(password) or ""
        known = self.all().get(name)
        if known is not None and not _matches(known, password):
            raise unauthorized()
        return self._active(name, known)

    def _by_name(self, name: str) -> Account | None:
        return self._active(name, self.all().get(name))

    def _active(self, name: str, account: Account | None) -> Account | None:
        if account is None:
            if self.guarded:
                raise unauthorized()
            return None
        if not account["active"]:
            raise unauthorized()
        return None if name == ROOT else account

    # ---------------------------------------------------------- access tokens

    def access_tokens(self, name: str) -> list[dict[str, Any]]:
        """Return what is told of an account's access tokens; ArangoError 1703 for no account."""
        return [told(each) for each in self.get(name).get("accessTokens", ())]

    def add_access_token(self, name: str, label: str, valid_until: int) -> dict[str, Any]:
        """Make an access token and tell it, this once; 409 if the label is taken."""
        made: dict[str, Any] = {}

        def added(before: Account | None) -> Account:
            account = _found(before, name)
            kept = account.get("accessTokens", [])
            if any(each["name"] == label for each in kept):
                raise ArangoError(_CONFLICT, f"an access token named '{label}' exists already")
            number = max((each["id"] for each in kept), default=0) + 1
            entry, token = access_token(name, number, label, valid_until)
            made.update(told(entry), token=token)
            return {**account, "accessTokens": [*kept, entry]}

        if not label:
            raise ArangoError(_BAD_PARAMETER, "expecting a name for the access token")
        self._change(name, added)
        return made

    def remove_access_token(self, name: str, number: str) -> None:
        """Make an access token worthless; 404 if the account has none of this id."""

        def without(before: Account | None) -> Account:
            account = _found(before, name)
            kept = account.get("accessTokens", [])
            left = [each for each in kept if str(each["id"]) != number]
            if len(left) == len(kept):
                raise ArangoError(_NO_SUCH_TOKEN, f"access token '{number}' not found")
            return {**account, "accessTokens": left}

        self._change(name, without)

    def _change(self, name: str, change: Callable[[Account | None], Account]) -> Account:
        """Replace what is kept of an account, read again: another process may have changed it."""
        with self._engine.database(SYSTEM).transaction(write=True) as transaction:
            accounts = transaction.collection(USERS)
            kept = accounts.get(name)
            after = change(kept if kept is not None and _is_whole(kept) else None)
            stored = {key: value for key, value in after.items() if key not in {"_id", "_rev"}}
            accounts.insert(stored, overwrite_mode="replace")
        self._read_at = None
        return after


def _found(account: Account | None, name: str) -> Account:
    """Return an account; root's need not be kept; ArangoError 1703 if there is none."""
    if account is None and name == ROOT:
        return _new(ROOT, None, {})
    if account is None:
        raise ArangoError(_NOT_FOUND)
    return account


def _is_whole(account: Account) -> bool:
    """Tell whether a document is an account: others can be written into `_users` too."""
    try:
        simple, rights = account["authData"]["simple"], account["databases"]
        texts = (account["user"], simple["salt"], simple["hash"])
        tokens = [(each["name"], each["hash"]) for each in account.get("accessTokens", [])]
        ends = [each["valid_until"] + each["id"] for each in account.get("accessTokens", [])]
        return (
            all(isinstance(text, str) for text in (*texts, *chain(*tokens)))
            and all(isinstance(each["collections"], dict) for each in rights.values())
            and all(isinstance(end, int) for end in ends)
            and isinstance(account["active"], bool)
            and isinstance(account["extra"], dict)
        )
    except (LookupError, TypeError, AttributeError):
        return False


@lru_cache(maxsize=16)
def _name_and_password(given: str) -> tuple[str, str]:
    """Return what a header of the scheme Basic holds (RFC 7617)."""
    try:
        name, _, password = base64.b64decode(given).decode().partition(":")
    except ValueError as error:  # a bad encoding is a ValueError too
        raise unauthorized() from error
    return name, password


def _new(name: str, before: Account | None, body: dict[str, Any]) -> Account:
    return {
        "_key": name,
        "user": name,
        "active": body.get("active", True) is not False,
        "extra": body.get("extra") or {},
        "authData": {"simple": _hashed(body.get("passwd") or "")},
        "databases": {} if before is None else before["databases"],
        "accessTokens": [] if before is None else before.get("accessTokens", []),
    }


def _hashed(password: str) -> dict[str, str]:
    salt = secrets.token_hex(8)
    return {"method": "sha256", "salt": salt, "hash": digest(salt + password)}


def _matches(account: Account, password: str) -> bool:
    kept = account["authData"]["simple"]
    if hmac.compare_digest(digest(kept["salt"] + password), kept["hash"]):
        return True
    return opens(account.get("accessTokens", []), password)
