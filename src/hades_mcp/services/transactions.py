"""Runs work in one stream transaction: all or nothing, again if another writer was in the way."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from arango.exceptions import ArangoError, ArangoServerError

from hades_mcp.services.refusals import LOCKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from arango.database import StandardDatabase, TransactionDatabase

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds to keep trying while other writers hold the lock."""


class Overtaken(Exception):
    """Work found that another writer changed what it was planned on: plan again."""


def atomically(
    db: StandardDatabase,
    write: Sequence[str],
    work: Callable[[TransactionDatabase], T],
    *,
    exclusive: bool = False,
    read: Sequence[str] | None = None,
) -> T:
    """Return what `work` returns after its writes are committed together.

    Args:
        db: The database.
        write: Names of all collections that `work` writes.
        work: Called with the transaction; called again, from the start, after a lock conflict.
        exclusive: Wait until nobody else writes these collections, and let nobody meanwhile.
        read: Names of all other collections that `work` may read; by default any.

    Raises:
        ArangoServerError: The store refused, or was still locked after `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    pause = 0.01
    while True:
        try:
            return _once(db, write, work, exclusive=exclusive, read=read)
        except ArangoServerError as error:
            if error.error_code not in LOCKED or time.monotonic() > deadline:
                raise
        # spread, so that two writers do not meet again at once
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  no secret
        pause = min(pause * 2, 1.0)


def _once(
    db: StandardDatabase,
    write: Sequence[str],
    work: Callable[[TransactionDatabase], T],
    *,
    exclusive: bool,
    read: Sequence[str] | None,
) -> T:
    names: dict[str, Any] = {"exclusive" if exclusive else "write": list(write)}
    if read is not None:
        names |= {"read": list(read), "allow_implicit": False}
    transaction = db.begin_transaction(**names)
    try:
        result = work(transaction)
        transaction.commit_transaction()
    except BaseException:
        _abort(transaction)
        raise
    return result


@contextmanager
def snapshot(db: StandardDatabase, read: Sequence[str]) -> Iterator[TransactionDatabase]:
    """Give a transaction that can only read, and only these collections.

    Args:
        db: The database.
        read: Names of the collections; whatever else is touched is refused by the store.
    """
    transaction = db.begin_transaction(read=list(read), allow_implicit=False)
    try:
        yield transaction
    finally:
        _abort(transaction)


def _abort(transaction: TransactionDatabase) -> None:
    try:
        transaction.abort_transaction()
    except ArangoError:
        return  # it is gone already, which is what abort wants
