"""Scans answer the same from documents, through the sieve and from columns; judged by a model."""

from __future__ import annotations

import operator
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.storage import Database, Engine
from hades_mcp.embedded.storage.changes import Changes
from hades_mcp.embedded.values import compare, equal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENOUGH = 3  # runs until columns were read and used

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.1, 0.30000000000000004, 1e-9, -2.5, 1e300, 2**53, 2**60, -(2**53) - 1]),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(
        ["", "a", "A", "é", "e\u0301", 'q"uote', "back\\slash", "two\nlines", "1", "[]"]
    ),
)
values = st.one_of(plain, st.lists(plain, max_size=2), st.just({"b": 1}))
documents = st.lists(
    st.fixed_dictionaries({}, optional={"a": values, "b": plain, "c": st.just({"d": 5})}),
    max_size=12,
)
operators = st.sampled_from(["==", "<", "<=", ">", ">=", "IN"])


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(None) as engine:
        yield engine


def fresh(engine: Engine, docs: list[dict[str, Any]], name: str = "things") -> Database:
    database = engine.database("_system")
    with database.transaction(write=True) as tx:
        if tx.has_collection(name):
            tx.drop_collection(name)
        tx.create_collection(name).insert_many(
            [{"_key": str(at), **document} for at, document in enumerate(docs)]
        )
    return database


def holds(value: Any, sign: str, bound: Any) -> bool:
    if sign == "IN":
        return type(bound) is list and any(equal(value, item) for item in bound)
    if sign == "==":
        return equal(value, bound)
    signs = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
    return bool(signs[sign](compare(value, bound), 0))


@given(docs=documents, sign=operators, bound=values, other=plain)
def test_every_way_to_scan_finds_what_a_model_finds(
    engine: Engine, docs: list[dict[str, Any]], sign: str, bound: Any, other: Any
) -> None:
    database = fresh(engine, docs)
    expected = [
        (str(at), document.get("b"))
        for at, document in enumerate(docs)
        if holds(document.get("a"), sign, bound)
    ]
    both = [key for key, value in expected if holds(value, ">=", other)]
    query = f"FOR t IN things FILTER t.a {sign} @bound "
    names = {"bound": bound}
    for _ in range(ENOUGH):
        rows = execute(database, query + "RETURN [t._key, t.b]", names).rows
        assert [tuple(row) for row in rows] == expected
        rows = execute(database, query + "RETURN t", names).rows
        assert [row["_key"] for row in rows] == [key for key, _ in expected]
        found = execute(
            database, query + "FILTER t.b >= @other RETURN t._key", names | {"other": other}
        )
        assert found.rows == both
        assert found.stats["scannedFull"] == len(docs)
        assert found.stats["filtered"] == len(docs) - len(both)


def test_attributes_that_make_no_column_are_read_from_documents(engine: Engine) -> None:
    docs = [{"a b": number, "list": [number], "text": "x" * 999} for number in range(9)]
    database = fresh(engine, docs)
    for _ in range(ENOUGH):
        found = execute(database, "FOR t IN things FILTER t.`a b` > 6 RETURN t.`a b`")
        assert (found.rows, found.stats["filtered"]) == ([7, 8], 7)
        found = execute(database, "FOR t IN things FILTER t.list == [3] RETURN t.text")
        assert (found.rows, found.stats["filtered"]) == (["x" * 999], 8)


@given(docs=documents)
def test_attributes_come_out_of_columns_as_they_went_in(
    engine: Engine, docs: list[dict[str, Any]]
) -> None:
    database = fresh(engine, docs)
    expected = [repr([document.get("a"), document.get("b")]) for document in docs]
    for _ in range(ENOUGH):
        rows = execute(database, "FOR t IN things RETURN [t.a, t.b]").rows
        assert [repr(row) for row in rows] == expected  # 1, 1.0 and true are told apart


@given(left=documents, right=documents)
def test_a_join_without_an_index_pairs_what_is_equal(
    engine: Engine, left: list[dict[str, Any]], right: list[dict[str, Any]]
) -> None:
    fresh(engine, left, "left")
    database = fresh(engine, right, "right")
    expected = [
        [str(one), str(two)]
        for one, mine in enumerate(left)
        for two, yours in enumerate(right)
        if equal(yours.get("b"), mine.get("b"))
    ]
    query = "FOR l IN left FOR r IN right FILTER r.b == l.b RETURN [l._key, r._key]"
    for _ in range(ENOUGH):
        assert execute(database, query).rows == expected


COUNT = "FOR t IN things FILTER t.n > 5 COLLECT WITH COUNT INTO found RETURN found"


def test_what_others_write_is_seen_though_columns_were_known(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine, Engine(tmp_path) as other:  # as two processes have it
        database = fresh(engine, [{"n": number} for number in range(10)])
        for _ in range(ENOUGH):
            assert execute(database, COUNT).rows == [4]
        execute(other.database("_system"), "UPDATE '0' WITH {n: 10} IN things")
        assert execute(database, COUNT).rows == [5]
        execute(other.database("_system"), "REMOVE '9' IN things")
        for _ in range(ENOUGH):
            assert execute(database, COUNT).rows == [4]


keys = st.sampled_from("01234567")
writes = st.one_of(
    st.tuples(st.just("UPSERT {_key: @k} INSERT {_key: @k, a: @v} UPDATE {a: @v} IN things"), keys),
    st.tuples(st.just("UPDATE @k WITH {other: @v} IN things OPTIONS {ignoreErrors: true}"), keys),
    st.tuples(st.just("REMOVE @k IN things OPTIONS {ignoreErrors: true}"), keys),
    st.tuples(st.just("FOR t IN things FILTER t.a == @v REMOVE t IN things"), st.none()),
    st.tuples(st.just("FOR i IN 1..3 INSERT {a: @v} IN things"), st.none()),
)
commits = st.tuples(
    st.lists(st.tuples(writes, plain), min_size=1, max_size=3),
    st.sampled_from(["here", "here", "here", "elsewhere", "undone", "emptied"]),
)


@given(docs=documents, steps=st.lists(commits, max_size=5), bound=plain)
def test_columns_follow_what_is_written(
    engine: Engine, docs: list[dict[str, Any]], steps: list[Any], bound: Any
) -> None:
    database = fresh(engine, docs)
    with Engine(engine.folder) as other:
        for changes, how in [([], "here"), *steps]:
            target = other.database("_system") if how == "elsewhere" else database
            with target.transaction(write=True) as tx:
                for (text, key), value in changes:
                    given_ = {"k": key, "v": value}
                    names = {name: given_[name] for name in given_ if f"@{name}" in text}
                    execute(tx, text, names)
                if how == "undone":
                    tx.abort()
                elif how == "emptied":
                    tx.collection("things").truncate()
            with database.transaction() as tx:
                stored = list(tx.collection("things").scan())
            expected = [
                [each["_key"], each.get("a")]
                for each in stored
                if holds(each.get("a"), ">=", bound)
            ]
            query = "FOR t IN things FILTER t.a >= @bound RETURN [t._key, t.a]"
            for _ in range(ENOUGH):
                rows = execute(database, query, {"bound": bound}).rows
                assert list(map(repr, rows)) == list(map(repr, expected))


@pytest.mark.parametrize("commits", [3, 1100])
def test_columns_follow_many_commits_between_two_scans(engine: Engine, commits: int) -> None:
    database = fresh(engine, [{"n": number} for number in range(10)])
    for _ in range(ENOUGH):
        execute(database, COUNT)
    for number in range(commits):
        with database.transaction(write=True) as tx:
            tx.collection("things").update(str(number % 10), {"n": number})
        with database.transaction() as tx:
            assert tx.collection("things").count() == 10
            assert tx.session.reads(tx.collection("things").number) is not None
    numbers = {key: key for key in range(10)} | {at % 10: at for at in range(commits)}
    expected = [sum(number > 5 for number in numbers.values())]
    for _ in range(ENOUGH):
        assert execute(database, COUNT).rows == expected


def test_what_is_noted_of_commits_is_bounded() -> None:
    changes: Changes[int] = Changes()
    for version in range(1, 2001):
        changes.note(1, version, set(range(version, version + 20)))
    assert changes.between(1, 1990, 2000) == set(range(1991, 2020))
    assert changes.reach(1, 1999)
    assert not changes.reach(1, 2000)
    assert not changes.reach(1, 1000)
    assert changes.between(1, 1000, 2000) is None
    assert changes.between(1, 1999, 2001) is None
    changes.note(1, 2001, None)
    assert changes.between(1, 1999, 2000) is None


def test_only_rows_that_were_written_are_read_again(engine: Engine) -> None:
    database = fresh(engine, [{"n": number} for number in range(10)])
    for _ in range(ENOUGH):
        execute(database, COUNT)
    execute(database, "UPDATE '0' WITH {n: 10} IN things")
    with database.transaction() as tx:
        seen: list[str] = []
        tx.session._connection.set_trace_callback(seen.append)
        assert execute(tx, COUNT).rows == [5]
        tx.session._connection.set_trace_callback(None)
    assert sum("json_extract" in text and "'[1]'" in text for text in seen) == 1
    assert not any("rid > " in text for text in seen)


def test_an_old_snapshot_and_a_new_one_see_each_their_own(engine: Engine) -> None:
    database = fresh(engine, [{"n": number} for number in range(10)])
    with database.transaction() as old:
        for _ in range(ENOUGH):
            assert execute(old, COUNT).rows == [4]
        execute(database, "INSERT {n: 11} IN things")
        for _ in range(ENOUGH):
            assert execute(old, COUNT).rows == [4]
            assert execute(database, COUNT).rows == [5]


def test_a_transaction_sees_what_it_has_written_itself(engine: Engine) -> None:
    database = fresh(engine, [{"n": number} for number in range(10)])
    for _ in range(ENOUGH):
        assert execute(database, COUNT).rows == [4]
    with database.transaction(write=True) as tx:
        assert execute(tx, COUNT).rows == [4]
        execute(tx, "FOR t IN things FILTER t.n > 5 REMOVE t IN things")
        assert execute(tx, COUNT).rows == [0]
        tx.abort()
    assert execute(database, COUNT).rows == [4]


def test_a_query_does_not_meet_what_it_writes_itself(engine: Engine) -> None:
    for runs in range(ENOUGH):
        database = fresh(engine, [{"n": number} for number in range(700)])
        for _ in range(runs):
            execute(database, "FOR t IN things FILTER t.n >= 0 RETURN t.n")
        query = "FOR t IN things FILTER t.n < 300 INSERT {n: t.n} IN things"
        assert execute(database, query).stats["writesExecuted"] == 300
        query = """FOR t IN things FILTER t.n < 300
            REMOVE {_key: TO_STRING(299 - t.n)} IN things OPTIONS {ignoreErrors: true}"""
        assert execute(database, query).stats["writesExecuted"] == 300


def test_walks_see_new_edges_and_removed_ones_though_hops_were_known(tmp_path: Path) -> None:
    query = "FOR v, e IN 1..2 OUTBOUND 'v/0' e RETURN [v._key, e._key]"
    with Engine(tmp_path) as engine, Engine(tmp_path) as other:
        database, writer = engine.database("_system"), other.database("_system")
        with database.transaction(write=True) as tx:
            tx.create_collection("v").insert_many([{"_key": str(at)} for at in range(4)])
            edges = [{"_key": str(at), "_from": "v/0", "_to": f"v/{at}"} for at in (1, 2)]
            tx.create_collection("e", edge=True).insert_many(edges)
        for _ in range(2):
            assert execute(database, query).rows == [["2", "2"], ["1", "1"]]
        execute(writer, "INSERT {_key: '3', _from: 'v/1', _to: 'v/3'} IN e")
        for _ in range(2):
            assert execute(database, query).rows == [["2", "2"], ["1", "1"], ["3", "3"]]
        execute(writer, "UPDATE '2' WITH {_to: 'v/3'} IN e")
        assert execute(database, query).rows == [["3", "2"], ["1", "1"], ["3", "3"]]
        execute(writer, "REMOVE '3' IN e")
        assert execute(database, query).rows == [["3", "2"], ["1", "1"]]
        execute(writer, "REMOVE '3' IN v")
        assert execute(database, query).rows == [[None, "2"], ["1", "1"]]


def test_threads_share_what_was_read_and_each_sees_one_moment(engine: Engine) -> None:
    database = fresh(engine, [{"n": 10} for _ in range(50)])
    with database.transaction(write=True) as tx:
        edges = [{"_key": str(at), "_from": "v/0", "_to": f"v/{at}"} for at in range(2)]
        tx.create_collection("swapped", edge=True).insert_many(edges)
    move = """LET pair = [@one, @two] FOR at IN [0, 1]
        LET t = DOCUMENT("things", pair[at]) UPDATE t WITH {n: t.n + 2 * at - 1} IN things"""
    swap = """FOR e IN swapped
        UPDATE e WITH {_to: CONCAT("v/", TO_NUMBER(SUBSTRING(e._to, 2)) + 2)} IN swapped"""
    done = threading.Event()
    wrong: list[Any] = []

    def read() -> None:
        while not done.is_set():
            rows = execute(database, "FOR t IN things FILTER t.n != 99 RETURN t.n").rows
            ends = execute(database, "FOR v, e IN 1 OUTBOUND 'v/0' swapped RETURN e._to").rows
            numbers = sorted(int(end[2:]) for end in ends)
            if sum(rows) != 500 or len(numbers) != 2 or numbers[1] - numbers[0] != 1:
                wrong.append((sum(rows), numbers))

    readers = [threading.Thread(target=read, daemon=True) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for at in range(60):
            execute(database, move, {"one": str(at % 50), "two": str((at * 7 + 1) % 50)})
            execute(database, swap)
    finally:
        done.set()
    for reader in readers:
        reader.join(60)
    assert not any(reader.is_alive() for reader in readers)
    assert wrong == []
