"""The real driver over real HTTP: python-arango, uvicorn, a loopback port."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
import httpx
import pytest
import uvicorn
from arango.client import ArangoClient
from arango.exceptions import DocumentInsertError, DocumentRevisionError, TransactionExecuteError

from hades_mcp.embedded.asgi import Application, is_loopback
from hades_mcp.embedded.rest import Response, Server
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# the driver's types allow for asynchronous answers everywhere
Driver: TypeAlias = Any


@contextmanager
def serving(engine: Engine, **options: Any) -> Iterator[str]:
    """Serve an engine on a free port of this process."""
    server = Server(engine)
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # whoever connects before the server runs waits
    config = uvicorn.Config(
        Application(server, **options),
        log_level="warning",
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=5,
    )
    runner = uvicorn.Server(config)
    thread = Thread(target=runner.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        runner.should_exit = True
        thread.join(60)
        server.close()
        assert not thread.is_alive()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with Engine(tmp_path / "data", lock_timeout=5) as engine, serving(engine) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[ArangoClient]:
    client = ArangoClient(hosts=url)
    yield client
    client.close()


@pytest.fixture
def db(client: ArangoClient) -> Driver:
    client.db("_system", username="root", password="").create_database("school")
    return client.db("school", username="root", password="", verify=True)


def test_databases_are_made_listed_and_dropped_over_http(client: ArangoClient) -> None:
    system: Driver = client.db("_system", username="root", password="any")
    assert system.create_database("küche")
    assert system.databases() == ["_system", "küche"]
    kitchen: Driver = client.db("küche")
    assert kitchen.properties()["name"] == "küche"
    assert system.delete_database("küche")
    assert not system.has_database("küche")
    assert str(system.version()).startswith("3.12")


def test_documents_go_there_and_back_over_http(db: Driver) -> None:
    students = db.create_collection("students")
    odd_key = "a+b:c@d(e)"
    written = students.insert({"_key": odd_key, "name": "Jürgen ✓", "n": [1, 2.5, None]})
    assert written["_id"] == f"students/{odd_key}"
    read = students.get(odd_key)
    assert (read["name"], read["n"]) == ("Jürgen ✓", [1, 2.5, None])
    assert students.has(odd_key)
    assert not students.has("nobody")
    assert students.get("nobody") is None
    with pytest.raises(DocumentInsertError) as taken:
        students.insert({"_key": odd_key})
    assert (taken.value.http_code, taken.value.error_code) == (409, 1210)
    students.update({"_key": odd_key, "n": 3})
    with pytest.raises(DocumentRevisionError) as stale:
        students.update({"_key": odd_key, "_rev": written["_rev"], "n": 4}, check_rev=True)
    assert stale.value.http_code == 412
    many = students.insert_many([{"_key": str(n)} for n in range(500)])
    assert len(many) == 500
    assert students.count() == 501
    assert len(students.delete_many([{"_key": str(n)} for n in range(499)])) == 499
    assert sorted(students.keys()) == ["499", odd_key]
    assert students.truncate()
    assert students.count() == 0


def test_a_cursor_is_read_in_batches_over_http(db: Driver) -> None:
    cursor = db.aql.execute(
        "FOR i IN 1..@n RETURN i", bind_vars={"n": 2500}, batch_size=1000, count=True, ttl=60
    )
    assert cursor.count() == 2500
    assert list(cursor) == list(range(1, 2501))
    kept = db.aql.execute("FOR i IN 1..10 RETURN i", batch_size=2)
    assert kept.close()
    plan = db.aql.explain("FOR i IN 1..10 FILTER i > 2 RETURN i")
    assert plan["nodes"][0]["type"] == "SingletonNode"
    assert db.aql.validate("RETURN @x")["bind_vars"] == ["x"]


def test_a_graph_is_walked_over_http(db: Driver) -> None:
    graph = db.create_graph("roads")
    graph.create_vertex_collection("towns")
    roads = graph.create_edge_definition("road", ["towns"], ["towns"])
    for name in ("bonn", "koeln", "essen"):
        graph.insert_vertex("towns", {"_key": name})
    roads.link("towns/bonn", "towns/koeln", {"km": 30})
    roads.link("towns/koeln", "towns/essen", {"km": 70})
    query = "FOR v IN 1..2 OUTBOUND 'towns/bonn' GRAPH 'roads' RETURN v._key"
    assert list(db.aql.execute(query)) == ["koeln", "essen"]
    assert [edge["km"] for edge in roads.edges("towns/koeln", direction="out")["edges"]] == [70]
    assert db.delete_graph("roads", drop_collections=True)
    assert not db.has_collection("towns")


def test_a_stream_transaction_is_committed_or_aborted_over_http(db: Driver) -> None:
    db.create_collection("books")
    transaction = db.begin_transaction(write="books")
    transaction.collection("books").insert({"_key": "faust"})
    assert not db.collection("books").has("faust")
    assert transaction.commit_transaction()
    assert db.collection("books").has("faust")
    transaction = db.begin_transaction(write="books")
    transaction.collection("books").delete("faust")
    assert transaction.abort_transaction()
    assert db.collection("books").has("faust")
    with pytest.raises(TransactionExecuteError) as refused:
        db.execute_transaction("function () {}")
    assert refused.value.http_code == 501


def test_accounts_jobs_and_tokens_work_over_http(url: str, client: ArangoClient) -> None:
    system: Driver = client.db("_system", username="root", password="")
    system.create_database("school")
    db: Driver = client.db("school", username="root", password="", auth_method="jwt")
    db.create_collection("books").insert({"_key": "faust"})
    job = db.begin_async_execution(return_result=False)
    assert job.aql.execute("RETURN 1") is None
    system.create_user("ann", "secret", active=True)
    system.update_permission("ann", "ro", "school")
    anns: Driver = client.db("school", username="ann", password="secret")
    assert anns.collection("books").has("faust")
    with pytest.raises(DocumentInsertError) as refused:
        anns.collection("books").insert({})
    assert refused.value.http_code == 403
    wrong = httpx.get(f"{url}/_db/school/_api/collection", auth=("ann", "wrong"))
    assert wrong.status_code == 401


def test_indexes_imports_and_schemas_work_over_http(db: Driver) -> None:
    things = db.create_collection("things")
    index = things.add_index({"type": "persistent", "fields": ["n"], "unique": True})
    assert things.import_bulk([{"n": 1}, {"n": 2}, {"n": 1}], halt_on_error=False)["errors"] == 1
    assert {each["type"] for each in things.indexes()} == {"primary", "persistent"}
    assert list(db.aql.execute("FOR t IN things FILTER t.n == 2 RETURN t.n")) == [2]
    assert things.delete_index(index["id"])


def test_waiting_writers_do_not_keep_a_transaction_from_ending(tmp_path: Path) -> None:
    """With one thread, a writer that waits for the transaction must not block its commit."""
    with Engine(tmp_path, lock_timeout=60) as engine, serving(engine, threads=1) as url:
        client = ArangoClient(hosts=url)
        db: Driver = client.db("_system")
        books = db.create_collection("books")
        transaction = db.begin_transaction(write="books")
        waiting = Thread(target=books.insert, args=({"_key": "waiting"},))
        waiting.start()
        transaction.collection("books").insert({"_key": "first"})
        assert transaction.commit_transaction()
        waiting.join(60)
        assert sorted(books.keys()) == ["first", "waiting"]
        client.close()


def test_a_body_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b"x" * 1000] * 3

    with Engine(tmp_path) as engine, serving(engine, body_limit=2000) as url, httpx.Client() as web:
        long = web.post(f"{url}/_api/cursor", content=b"x" * 2001)
        unannounced = web.post(f"{url}/_api/cursor", content=chunks())
        short = web.post(f"{url}/_api/cursor", json={"query": "RETURN 1"})
    assert (long.status_code, long.json()["errorNum"]) == (413, 413)
    assert unannounced.status_code == 413
    assert short.json()["result"] == [1]


def test_head_answers_like_get_without_a_body(url: str, db: Driver) -> None:
    db.create_collection("books").insert({"_key": "faust"})
    path = f"{url}/_db/school/_api/document/books/faust"
    head, get = httpx.head(path), httpx.get(path)
    assert (head.status_code, head.headers["etag"], head.content) == (200, get.headers["etag"], b"")
    assert httpx.head(path + "s").status_code == 404
    not_modified = httpx.get(path, headers={"If-None-Match": get.headers["etag"]})
    assert (not_modified.status_code, not_modified.content) == (304, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:8529"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "["},
    ],
)
def test_another_sites_page_is_refused(url: str, headers: dict[str, str]) -> None:
    query = {"query": "RETURN 1"}
    refused = httpx.post(f"{url}/_api/cursor", json=query, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["errorNum"] == 403


def test_a_page_of_this_machine_is_answered(url: str) -> None:
    headers = {"Host": "localhost:8529", "Origin": "http://localhost:3000"}
    assert httpx.get(f"{url}/_api/version", headers=headers).status_code == 200


def test_what_is_no_request_of_arangodb_is_answered_with_its_error(url: str) -> None:
    assert httpx.get(f"{url}/nothing").json()["errorNum"] == 404
    assert httpx.post(f"{url}/_api/cursor", content=b"\xff{").json()["errorNum"] == 600
    assert httpx.get(f"{url}/_db/nowhere/_api/version").json()["errorNum"] == 1228


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine, serving(engine, body_seconds=0.05) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as caller:
            caller.sendall(b"POST /_api/cursor HTTP/1.1\r\nHost: localhost\r\n")
            caller.sendall(b"Content-Length: 100\r\n\r\n{")
            answer = b""
            while chunk := caller.recv(4096):
                answer += chunk
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"errorNum":408' in answer


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /_api/cursor HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /_api/version HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET /_api/version HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_others_go_on(url: str, garbage: bytes) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as caller:
        caller.sendall(garbage)
        caller.shutdown(socket.SHUT_WR)
        answer = caller.makefile("rb").readline()
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))
    assert httpx.get(f"{url}/_api/version").status_code == 200


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [(b"/" + b"x" * 65_536, b"", 414), (b"/_api/version", b"x" * 65_536, 431)],
)
@pytest.mark.anyio
async def test_paths_and_headers_have_an_end(path: bytes, header: bytes, status: int) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "raw_path": path,
        "headers": [(b"host", b"127.0.0.1"), (b"x", header)],
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        await anyio.lowlevel.checkpoint()
        sent.append(message)

    with Engine(None) as engine:
        server = Server(engine)
        await Application(server)(scope, receive, send)
        server.close()
    assert sent[0]["status"] == status


@pytest.mark.anyio
async def test_a_bug_is_an_opaque_answer_and_a_traceback_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def handle(self, *_: object, **__: object) -> Response:
            raise RuntimeError("secret")

        def count(self, *_: object) -> None:
            """Count nothing."""

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/_api/version",
        "headers": [(b"host", b"127.0.0.1")],
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        await anyio.lowlevel.checkpoint()
        sent.append(message)

    await Application(Broken())(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 500
    assert b"secret" not in sent[1]["body"]
    assert "secret" in caplog.text


def test_only_this_machine_is_loopback() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.8.9.1", "::1", "localhost"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.168.1.2", "example.com", ""]))


def test_pages_of_this_machine_and_of_trusted_origins_may_read_answers(tmp_path: Path) -> None:
    trusted = ("https://app.example/",)
    with Engine(tmp_path / "data") as engine, serving(engine, trusted=trusted) as url:

        def ask(origin: str, method: str = "GET", **headers: str) -> httpx.Response:
            return httpx.request(
                method, f"{url}/_api/version", headers={"origin": origin, **headers}
            )

        local = ask("http://localhost:3000")
        assert local.status_code == 200
        assert local.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert local.headers["access-control-allow-credentials"] == "false"
        assert "x-arango-async-id" in local.headers["access-control-expose-headers"]
        known = ask("https://app.example")
        assert known.status_code == 200
        assert known.headers["access-control-allow-credentials"] == "true"
        assert ask("https://other.example").status_code == 403
        assert "access-control-allow-origin" not in httpx.get(f"{url}/_api/version").headers

        first = ask(
            "https://app.example", "OPTIONS", **{"access-control-request-headers": "authorization"}
        )
        assert (first.status_code, first.content) == (200, b"")
        assert first.headers["access-control-allow-headers"] == "authorization"
        assert "PATCH" in first.headers["access-control-allow-methods"]
        assert int(first.headers["access-control-max-age"]) > 0
        assert ask("https://other.example", "OPTIONS").status_code == 403


def test_a_star_trusts_every_origin(tmp_path: Path) -> None:
    with Engine(tmp_path / "data") as engine, serving(engine, trusted=("*",)) as url:
        answer = httpx.get(f"{url}/_api/version", headers={"origin": "https://any.example"})
        assert answer.headers["access-control-allow-origin"] == "https://any.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        stranger = httpx.get(f"{url}/_api/version", headers={"host": "any.example"})
        assert stranger.status_code == 403
