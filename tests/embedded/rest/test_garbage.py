"""The garbage collector rests while much is written, and only then."""

from __future__ import annotations

import gc
from contextlib import suppress
from threading import Barrier, Thread
from typing import Any

from hades_mcp.embedded.rest.garbage import postponed

LONG = b" " * 100_000


def test_it_rests_for_long_bodies_only() -> None:
    with postponed(b"{}"):
        assert gc.isenabled()
    with postponed(LONG):
        assert not gc.isenabled()
        with postponed(LONG):
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_runs_again_after_an_error() -> None:
    with suppress(KeyError), postponed(LONG):
        raise KeyError
    assert gc.isenabled()


def test_it_stays_off_where_somebody_has_switched_it_off() -> None:
    gc.disable()
    try:
        with postponed(LONG):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_it_runs_again_after_many_threads() -> None:
    begin = Barrier(4, timeout=60)

    def work() -> None:
        for _ in range(100):
            begin.wait()
            with postponed(LONG):
                pass

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert gc.isenabled()


def test_it_runs_again_after_many_documents(things: Any) -> None:
    documents = [{"_key": str(number % 900), "text": "a" * 100} for number in range(1000)]
    codes = things("POST /_api/document/things?silent=true", documents).headers
    assert codes["X-Arango-Error-Codes"] == '{"1210":100}'
    assert things("POST /_api/import?collection=things&type=list", documents).json["errors"] == 1000
    assert gc.isenabled()
