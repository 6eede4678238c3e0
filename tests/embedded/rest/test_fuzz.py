"""Whatever is sent, the answer is ArangoDB's: a success or a numbered error, never a crash."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.embedded.rest.fuzz_requests import Asked, Chance

from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.check import check
from hades_mcp.embedded.storage.views import list_views

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


RESOURCE_LIMIT = 32
SERIES = 8
"""Requests of one example: the later ones meet what the earlier ones left."""


def furnish(server: Server, headers: Mapping[str, str] | None = None) -> None:
    """Make what the requests name, as far as it is not there (any more)."""
    definition = [{"collection": "joins", "from": ["things"], "to": ["things"]}]
    for line, body in (
        ("PUT /_admin/server/mode", {"mode": "default"}),
        ("POST /_api/collection", {"name": "things"}),
        ("POST /_api/gharial", {"name": "g", "edgeDefinitions": definition}),
        ("POST /_api/document/things", {"_key": "1", "a": 1}),
        ("POST /_api/document/joins", {"_key": "1", "_from": "things/1", "_to": "things/1"}),
        (
            "POST /_api/index?collection=things",
            {"type": "persistent", "fields": ["a"], "name": "by_a"},
        ),
        ("POST /_api/view", {"name": "v", "type": "arangosearch"}),
        ("POST /_api/user", {"user": "ada", "passwd": "x"}),
        ("POST /_api/database", {"name": "other"}),
    ):
        method, _, path = line.partition(" ")
        server.handle(method, path, headers=headers, body=json.dumps(body).encode())


def end_transactions(server: Server) -> None:
    """Abort what an example began: the next ones would wait for its locks."""
    for database in ("", "/_db/other"):
        answer = server.handle("GET", f"{database}/_api/transaction")
        for each in json.loads(answer.body).get("transactions", ()):
            server.handle("DELETE", f"{database}/_api/transaction/{each['id']}")


def judge(server: Server, request: Asked) -> None:
    """Ask, and check that the answer is one that ArangoDB might give."""
    method, path, params, headers, body = request
    answer = server.handle(method, path, params, headers, body)
    assert 200 <= answer.status < 600, request
    if answer.status == 500:  # what ArangoDB answers for a limit on memory too
        assert json.loads(answer.body)["errorNum"] == RESOURCE_LIMIT, (request, answer.body)
    if answer.status >= 400 and method.upper() != "HEAD":
        error = json.loads(answer.body)
        if isinstance(error, dict):
            assert error["error"] is True, request
            assert error["code"] == answer.status, request
            assert isinstance(error["errorNum"], int), request
            assert error["errorMessage"], request
    elif answer.body and answer.headers["Content-Type"].startswith("application/json"):
        json.loads(answer.body)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(tmp_path_factory.mktemp("fuzz"), lock_timeout=0.02) as engine:
        yield engine


def fuzz(engine: Engine, examples: int) -> None:
    """Send that many series of requests to one server; its files must be whole in the end."""
    server = Server(engine)
    furnish(server)

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**64))
    def ask(seed: int) -> None:
        chance = Chance(seed)
        furnish(server)
        try:
            for _ in range(SERIES):
                judge(server, chance.request())
        finally:
            end_transactions(server)

    try:
        ask()
    finally:
        server.close()
    assert check(engine) == []


def test_any_request_is_answered_in_arangodbs_words(engine):
    fuzz(engine, 100)


@pytest.mark.slow
def test_many_requests_are_answered_in_arangodbs_words(engine):
    fuzz(engine, 5000)


def lasting(engine: Engine) -> list[object]:
    """Return what is kept: all but the accounts, and of these who there is and what they may do."""
    found: list[object] = [engine.databases()]
    for name in engine.databases():
        with engine.database(name).transaction() as transaction:
            for info in transaction.collections():
                if info.name != "_users":
                    collection = transaction.collection(info.name)
                    found += [info, collection.revision(), collection.count()]
            found += list_views(transaction)
    with engine.database("_system").transaction() as transaction:
        accounts = transaction.collection("_users").scan()
        found += [(each["user"], each["databases"]) for each in accounts]
    return found


def test_an_account_that_may_only_read_changes_nothing_that_lasts():
    ada = {"authorization": "Basic YWRhOng="}
    root = {"authorization": "Basic cm9vdDpy"}
    with Engine(None, lock_timeout=0.02) as engine:
        server = Server(engine, guarded=True, root_password="r")
        furnish(server, root)
        grant = b'{"grant": "ro"}'
        for name in ("_system", "other"):
            server.handle("PUT", f"/_api/user/ada/database/{name}", headers=root, body=grant)
        before = lasting(engine)

        @settings(max_examples=100, suppress_health_check=list(HealthCheck))
        @given(st.integers(0, 2**64))
        def ask(seed: int) -> None:
            chance = Chance(seed)
            for _ in range(SERIES):
                method, path, params, headers, body = chance.request()
                judge(server, (method, path, params, {**headers, **ada}, body))
                if path.endswith("/user/ada"):  # its password is its own to change
                    server.handle("PATCH", "/_api/user/ada", {}, root, b'{"passwd": "x"}')
            assert lasting(engine) == before

        try:
            ask()
        finally:
            server.close()


@pytest.mark.slow
def test_many_threads_at_once_are_answered_in_arangodbs_words(tmp_path):
    with Engine(tmp_path / "data", lock_timeout=0.05) as engine:
        server = Server(engine)

        def work(thread: int) -> None:
            for series in range(400):
                chance = Chance(thread * 1_000_000 + series)
                furnish(server)
                for _ in range(SERIES):
                    judge(server, chance.request())
                end_transactions(server)

        try:
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(work, range(4)))
        finally:
            server.close()
        assert check(engine) == []
