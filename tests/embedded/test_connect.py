"""The embedded ArangoDB through python-arango, as its users meet it."""

from __future__ import annotations

import enum
import json
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from arango import exceptions as arango
from arango.http import DeflateRequestCompression

from hades_mcp.embedded import connect
from hades_mcp.embedded.client import HOST, EmbeddedHTTPClient, written
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def opened(path: Path | str | None = None) -> Any:
    """Open a client for a `with` block; the driver's own types leave room for jobs and None."""
    return closing(connect(path))


@pytest.fixture
def db() -> Iterator[Any]:
    with opened() as client:
        system = client.db("_system", verify=True)
        system.create_database("story")
        yield client.db("story", username="anyone", password="anything")


def test_databases_come_and_go():
    with opened() as client:
        system = client.db()
        assert system.version().startswith("3.12")
        assert system.create_database("mine", users=[{"username": "ada", "password": "x"}])
        assert system.databases() == ["_system", "mine"]
        assert system.databases_accessible_to_user() == ["_system", "mine"]
        assert system.has_database("mine")
        with pytest.raises(arango.DatabaseCreateError) as refused:
            system.create_database("mine")
        assert refused.value.error_code == 1207
        assert client.db("mine").properties()["name"] == "mine"
        assert system.delete_database("mine")
        assert not system.delete_database("mine", ignore_missing=True)
        with pytest.raises(arango.CollectionListError) as gone:
            client.db("mine").collections()
        assert (gone.value.http_code, gone.value.error_code) == (404, 1228)


def test_documents_are_written_read_changed_and_removed(db):
    people = db.create_collection("people")
    made = people.insert({"_key": "ann", "age": 41}, return_new=True)
    assert made["new"]["age"] == 41
    assert people.get("ann")["_id"] == "people/ann"
    assert "ann" in people
    assert people.get("nobody") is None
    assert people.update({"_key": "ann", "city": "Köln"}, return_old=True)["old"]["age"] == 41
    assert db.document("people/ann")["city"] == "Köln"
    assert people.replace({"_key": "ann", "age": 42}, return_new=True)["new"].get("city") is None
    with pytest.raises(arango.DocumentRevisionError) as stale:
        people.replace({"_key": "ann", "_rev": made["_rev"]})
    assert (stale.value.http_code, stale.value.error_code) == (412, 1200)
    with pytest.raises(arango.DocumentInsertError) as taken:
        people.insert({"_key": "ann"})
    assert (taken.value.http_code, taken.value.error_code) == (409, 1210)
    assert people.insert({"_key": "ann", "x": 1}, overwrite_mode="update")["_old_rev"]
    assert people.delete("ann", return_old=True)["old"]["x"] == 1
    assert people.delete("ann", ignore_missing=True) is False
    assert people.insert({"a": 1}, silent=True) is True


def test_many_documents_at_once(db):
    numbers = db.create_collection("numbers")
    written = numbers.insert_many([{"_key": str(n), "n": n} for n in range(1000)])
    assert len(written) == numbers.count() == 1000
    again = numbers.insert_many([{"_key": "1"}, {"_key": "new"}])
    assert isinstance(again[0], arango.DocumentInsertError)
    assert (again[0].error_code, again[1]["_key"]) == (1210, "new")
    assert [each["n"] for each in numbers.get_many(["3", "none", "1"])] == [3, 1]
    numbers.update_many([{"_key": "1", "odd": True}, {"_key": "3", "odd": True}])
    assert numbers.get("3")["odd"] is True
    numbers.replace_many([{"_key": "3", "n": 30}])
    assert "odd" not in numbers.get("3")
    assert len(numbers.delete_many([{"_key": "3"}, {"_key": "1"}])) == 2
    tally = numbers.import_bulk([{"_key": "3", "n": 3}, {"_key": "5"}], on_duplicate="ignore")
    assert (tally["created"], tally["ignored"]) == (1, 1)
    assert numbers.truncate()
    assert numbers.count() == 0


def test_collections_tell_about_themselves(db):
    db.create_collection("links", edge=True, sync=True)
    assert db.has_collection("links")
    assert db.collection("links").properties()["edge"] is True
    assert db.collection("links").configure(sync=False)["sync"] is False
    assert db.collection("links").rename("joints")
    assert [each["name"] for each in db.collections() if not each["system"]] == ["joints"]
    assert db.collection("joints").statistics()["indexes"]["count"] == 2
    assert db.collection("joints").revision() == "0"
    assert db.collection("joints").checksum() == "0"
    assert db.delete_collection("joints")
    assert db.delete_collection("joints", ignore_missing=True) is False
    with pytest.raises(arango.CollectionPropertiesError) as gone:
        db.collection("joints").properties()
    assert gone.value.error_code == 1203


def test_indexes_are_made_used_and_dropped(db):
    people = db.create_collection("people")
    made = people.add_index({"type": "persistent", "fields": ["mail"], "unique": True})
    assert made["isNewlyCreated"] is True
    people.insert({"mail": "a@b"})
    with pytest.raises(arango.DocumentInsertError) as refused:
        people.insert({"mail": "a@b"})
    assert refused.value.error_code == 1210
    assert [index["type"] for index in people.indexes()] == ["primary", "persistent"]
    assert people.get_index(made["id"])["fields"] == ["mail"]
    assert people.delete_index(made["id"])
    with pytest.raises(arango.IndexDeleteError) as gone:
        people.delete_index(made["id"])
    assert gone.value.error_code == 1212


def test_queries_take_parameters_and_give_batches(db):
    db.create_collection("people").insert_many([{"n": n} for n in range(10)])
    cursor = db.aql.execute(
        "FOR p IN @@people FILTER p.n >= @least SORT p.n RETURN p.n",
        bind_vars={"@people": "people", "least": 3},
        batch_size=3,
        count=True,
    )
    assert len(cursor) == 7
    assert cursor.has_more()
    assert list(cursor) == [3, 4, 5, 6, 7, 8, 9]
    abandoned = db.aql.execute("FOR p IN people RETURN p", batch_size=2)
    assert abandoned.close()
    with pytest.raises(arango.CursorCloseError):
        abandoned.close()
    counted = db.aql.execute("FOR p IN people LIMIT 2 RETURN p", full_count=True)
    assert counted.statistics()["fullCount"] == 10
    warned = db.aql.execute("RETURN 1 / 0")
    assert warned.warnings()[0]["code"] == 1562
    written = db.aql.execute("FOR p IN people FILTER p.n < 2 REMOVE p IN people")
    assert written.statistics()["modified"] == 2
    assert db.aql.validate("FOR p IN people RETURN @x")["bind_vars"] == ["x"]
    assert db.aql.explain("FOR p IN people RETURN p")["nodes"][1]["type"].endswith("Node")


def test_a_refused_query_says_where(db):
    with pytest.raises(arango.AQLQueryExecuteError, match=r"syntax error.*position 1:1") as refused:
        db.aql.execute("RETURN")
    assert (refused.value.http_code, refused.value.error_code) == (400, 1501)
    with pytest.raises(arango.AQLQueryValidateError):
        db.aql.validate("FOR")


def test_the_simple_queries_of_the_driver_work(db):
    people = db.create_collection("people")
    people.insert_many([{"_key": str(n), "n": n % 2} for n in range(4)])
    assert sorted(people.keys()) == ["0", "1", "2", "3"]
    assert min(people.ids()) == "people/0"
    assert {each["_key"] for each in people.find({"n": 1}, limit=9)} == {"1", "3"}
    assert len(list(people.all(limit=3))) == 3
    assert people.random()["_id"].startswith("people/")
    assert people.update_match({"n": 1}, {"odd": True}) == 2
    assert people.replace_match({"n": 0}, {"even": True}) == 2
    assert people.delete_match({"odd": True}) == 2
    assert people.count() == 2


@pytest.fixture
def social(db: Any) -> Any:
    graph = db.create_graph("social")
    graph.create_vertex_collection("people")
    graph.create_edge_definition("knows", ["people"], ["people"])
    people, knows = graph.vertex_collection("people"), graph.edge_collection("knows")
    for key in ("ann", "bob", "eve"):
        people.insert({"_key": key})
    knows.link("people/ann", "people/bob", data={"since": 1})
    knows.insert({"_from": "people/bob", "_to": "people/eve"})
    return db


def test_a_graph_is_built_walked_and_taken_apart(social):
    graph = social.graph("social")
    walked = social.aql.execute("FOR v IN 1..2 OUTBOUND 'people/ann' GRAPH 'social' RETURN v._key")
    assert list(walked) == ["bob", "eve"]
    path = social.aql.execute(
        "FOR v IN OUTBOUND SHORTEST_PATH 'people/ann' TO 'people/eve' knows RETURN v._key"
    )
    assert list(path) == ["ann", "bob", "eve"]
    knows = graph.edge_collection("knows")
    assert len(knows.edges("people/bob")["edges"]) == 2
    with pytest.raises(arango.DocumentInsertError) as refused:
        knows.insert({"_from": "people/ann", "_to": "people/nobody"})
    assert refused.value.error_code == 1202
    people = graph.vertex_collection("people")
    assert people.update({"_key": "ann", "age": 1})["_old_rev"]
    assert people.get("ann")["age"] == 1
    assert people.delete("bob")
    assert knows.count() == 0
    assert graph.has_edge_definition("knows")
    graph.replace_edge_definition("knows", ["people"], ["towns"])
    assert graph.vertex_collections() == ["people", "towns"]
    assert graph.delete_edge_definition("knows")
    assert graph.delete_vertex_collection("towns", purge=True)
    assert not social.has_collection("towns")
    assert social.has_graph("social")
    assert [each["name"] for each in social.graphs()] == ["social"]
    assert social.delete_graph("social", drop_collections=True)
    assert not social.has_collection("people")
    with pytest.raises(arango.GraphPropertiesError) as gone:
        graph.properties()
    assert (gone.value.http_code, gone.value.error_code) == (404, 1924)


def test_a_transaction_is_all_or_nothing(db):
    db.create_collection("accounts").insert_many([{"_key": "a", "n": 9}, {"_key": "b", "n": 0}])
    transfer = db.begin_transaction(write="accounts")
    transfer.collection("accounts").update({"_key": "a", "n": 4})
    transfer.aql.execute("UPDATE 'b' WITH {n: 5} IN accounts")
    assert transfer.transaction_status() == "running"
    assert db.collection("accounts").get("b")["n"] == 0
    assert [each["id"] for each in db.list_transactions()] == [transfer.transaction_id]
    assert transfer.commit_transaction()
    assert [each["n"] for each in db.collection("accounts").get_many(["a", "b"])] == [4, 5]
    undone = db.begin_transaction(write=["accounts"])
    undone.collection("accounts").truncate()
    assert undone.abort_transaction()
    assert db.collection("accounts").count() == 2
    with pytest.raises(arango.TransactionFetchError) as unknown:
        db.fetch_transaction("12345")
    assert unknown.value.error_code == 1655


def test_requests_can_be_batched(db):
    with pytest.warns(FutureWarning, match="deprecated"):
        batch = db.begin_batch_execution()
    job = batch.version()
    batch.commit()
    assert job.result().startswith("3.12")


def test_what_is_not_built_is_refused_with_a_number(db):
    requests: list[Callable[[], object]] = [
        lambda: db.execute_transaction("function(){}"),
    ]
    for refused in requests:
        with pytest.raises(arango.ArangoServerError) as error:
            refused()
        assert (error.value.http_code, error.value.error_code) == (501, 9)
    assert db.views() == []
    assert db.aql.functions() == []
    assert db.has_user("root")
    assert db.permission("root", "story") == "rw"
    assert db.permissions("root")["_system"]["permission"] == "rw"


def test_every_way_to_log_in_works():
    with opened() as client:
        assert client.db("_system", auth_method="jwt", password="x", verify=True).version()
        assert client.db("_system", superuser_token="t").version()
        assert str(client) == f"<ArangoClient {HOST}>"


def test_threads_share_a_client(db):
    things = db.create_collection("things")

    def work(number: int) -> int:
        things.insert({"_key": str(number)})
        things.get(str(number))
        cursor = db.aql.execute("FOR t IN things RETURN 1", batch_size=1)
        return len(list(cursor))

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(work, range(40)))
    assert max(counts) == things.count() == 40


WRITER = """
import sys
from hades_mcp.embedded import connect
client = connect(sys.argv[1])
things = client.db("shared").collection("things")
for number in range(50):
    things.insert({"_key": sys.argv[2] + str(number)})
    client.db("shared").aql.execute(
        "UPDATE 'tally' WITH {n: DOCUMENT('things/tally').n + 1} IN things"
    )
client.close()
"""


def test_two_processes_share_a_folder_and_lose_nothing(tmp_path: Path):
    with opened(tmp_path) as client:
        client.db().create_database("shared")
        things = client.db("shared").create_collection("things")
        things.insert({"_key": "tally", "n": 0})
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name])
            for name in ("a", "b")
        ]
        assert [writer.wait(120) for writer in writers] == [0, 0]
        assert things.count() == 101
        assert things.get("tally")["n"] == 100


def test_what_was_written_is_there_after_reopening(tmp_path: Path):
    with opened(tmp_path) as client:
        client.db().create_collection("things").insert({"_key": "a"})
        client.close()
        client.close()
    with opened(str(tmp_path)) as client:
        assert client.db().collection("things").get("a")["_key"] == "a"


def test_closing_ends_what_is_open(tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client: Any = connect(tmp_path)
        db = client.db()
        db.create_collection("things")
        db.aql.execute("FOR i IN 1..9 RETURN i", batch_size=1)
        db.begin_transaction(write="things").collection("things").insert({})
        client.close()
    with opened(tmp_path) as client:
        assert client.db().collection("things").count() == 0


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArangoError, match="cannot be used as a data folder"):
        connect(tmp_path / "file")


def test_compressed_requests_are_read():
    from arango.client import ArangoClient

    engine = Engine(None)
    client: Any = ArangoClient(
        hosts=HOST,
        http_client=EmbeddedHTTPClient(engine),
        request_compression=DeflateRequestCompression(threshold=1),
    )
    with closing(client):
        things = client.db().create_collection("things")
        things.insert({"_key": "a", "text": "x" * 2000})
        assert len(things.get("a")["text"]) == 2000


def test_multipart_bodies_are_refused():
    engine = Engine(None)
    http = EmbeddedHTTPClient(engine)
    with closing(http), pytest.raises(TypeError, match="multipart"):
        http.send_request(http.create_session(HOST), "post", HOST + "/_api/foxx", data=object())


def test_the_driver_is_not_imported_before_it_is_needed():
    code = "import sys, hades_mcp.embedded; sys.exit('arango' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    import hades_mcp.embedded

    with pytest.raises(AttributeError, match="disconnect"):
        _ = hades_mcp.embedded.disconnect


def test_a_query_of_a_driver_that_names_no_limit_still_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hades_mcp.embedded.rest.query_text.default_limit", lambda: 100_000)
    client = connect(None)
    database: Any = client.db()
    with pytest.raises(arango.AQLQueryExecuteError, match="memoryLimit is 100000"):
        database.aql.execute("FOR i IN 1..1000000 RETURN i")
    assert list(database.aql.execute("FOR i IN 1..9000 RETURN i", memory_limit=2**30))
    client.close()


class _Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        {"text": 'ä "quoted" \\ \n \x00', "numbers": [0, -1.5, 1e300, 2**63], "no": None},
        [{1: 2, None: 3}, (1, (2,))],
        2**70,
        "\ud800",
        {"query": "RETURN null", "bindVars": {"x": float("nan")}},
        {"query": "RETURN null", "bindVars": {"x": 1.5}},
        float("nan"),
        [float("inf")],
    ],
)
def test_what_is_sent_is_what_json_would_send(value: object) -> None:
    sent = written(value)
    assert sent == json.dumps(value) or json.loads(sent) == value


@pytest.mark.parametrize("value", [uuid4(), _Colour.RED, b"bytes", {"set": {1}}, date(2020, 1, 1)])
def test_what_json_refuses_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError):
        written(value)
