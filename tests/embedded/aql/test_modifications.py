from collections.abc import Callable
from typing import Any

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database

Run = Callable[..., list[Any]]
Refusal = Callable[..., ArangoError]


def test_insert_gives_the_new_document_back(run: Run) -> None:
    query = "FOR i IN 1..3 INSERT {_key: TO_STRING(i), i} INTO log RETURN NEW.i"
    assert run(query) == [1, 2, 3]
    assert run("FOR d IN log SORT d.i RETURN d._id") == ["log/1", "log/2", "log/3"]


def test_update_merges_and_replace_does_not(run: Run) -> None:
    update = "UPDATE 'ann' WITH {age: 32, x: {y: 1}} IN people RETURN [OLD.age, NEW.age, NEW.name]"
    assert run(update) == [[31, 32, "Ann"]]
    replace = "REPLACE {_key: 'ann', age: 33} IN people RETURN [NEW.age, NEW.name, OLD.x.y]"
    assert run(replace) == [[33, None, 1]]


def test_update_can_drop_nulls_and_replace_objects(run: Run) -> None:
    run("UPDATE 'ann' WITH {o: {a: 1}} IN people")
    query = """
        UPDATE 'ann' WITH {city: null, o: {b: 2}} IN people
          OPTIONS {keepNull: false, mergeObjects: false} RETURN [HAS(NEW, 'city'), NEW.o]
    """
    assert run(query) == [[False, {"b": 2}]]


def test_remove_gives_the_old_document_back(run: Run) -> None:
    assert run("FOR p IN people FILTER p.age > 40 REMOVE p IN people RETURN OLD.name") == ["Cid"]
    assert run("RETURN LENGTH(people)") == [3]


@pytest.mark.parametrize("search", ["{name: 'Ann'}", "FILTER CURRENT.name == 'Ann'"])
def test_upsert_changes_what_it_finds_and_stores_what_it_does_not(run: Run, search: str) -> None:
    query = f"""
        UPSERT {search} INSERT {{name: 'Ann', n: 1}} UPDATE {{n: OLD.age + 1}} IN people
          RETURN [OLD != null, NEW.n]
    """
    assert run(query) == [[True, 32]]
    run("REMOVE 'ann' IN people")
    assert run(query) == [[False, 1]]


def test_upsert_sees_what_it_stored_a_row_before(run: Run) -> None:
    query = "FOR i IN 1..5 UPSERT {k: i % 2} INSERT {k: i % 2, n: 1} UPDATE {n: OLD.n + 1} IN log"
    run(query)
    assert run("FOR d IN log SORT d.k RETURN [d.k, d.n]") == [[0, 2], [1, 3]]


def test_upsert_compares_nested_attributes_one_by_one(run: Run) -> None:
    run("INSERT {a: {b: 1, c: 2}} INTO log")
    query = "UPSERT {a: {b: 1}} INSERT {} UPDATE {found: true} IN log RETURN OLD != null"
    assert run(query) == [True]


def test_an_edge_without_ends_is_refused(refusal: Refusal) -> None:
    assert refusal("INSERT {} INTO knows").number == 1233


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("INSERT {_key: 'ann'} INTO people", 1210),
        ("INSERT [1] INTO people", 1227),
        ("REMOVE 'nobody' IN people", 1202),
        ("REMOVE {} IN people", 1226),
        ("UPDATE 'nobody' WITH {} IN people", 1202),
        ("UPSERT {name: 'x'} INSERT 5 UPDATE {} IN people", 1227),
        ("UPDATE {_key: 'ann', _rev: 'old'} IN people OPTIONS {ignoreRevs: false}", 1200),
        ("INSERT {} INTO log OPTIONS {overwriteMode: 'often'}", 10),
    ],
)
def test_a_write_that_fails_says_why(refusal: Refusal, text: str, number: int) -> None:
    assert refusal(text).number == number


def test_a_query_that_fails_leaves_nothing_behind(run: Run, refusal: Refusal) -> None:
    refusal("FOR i IN [1, 2, 'ann'] INSERT {_key: TO_STRING(i)} INTO people")
    assert run("RETURN LENGTH(people)") == [4]


def test_inside_a_transaction_only_the_failed_query_is_undone(database: Database) -> None:
    with database.transaction(write=True) as transaction:
        execute(transaction, "INSERT {_key: 'kept'} INTO log")
        with pytest.raises(ArangoError):
            execute(transaction, "FOR k IN ['new', 'kept'] INSERT {_key: k} INTO log")
    assert execute(database, "FOR d IN log RETURN d._key").rows == ["kept"]


def test_ignored_errors_are_counted_and_their_rows_have_no_new(database: Database) -> None:
    query = """
        FOR k IN ['ann', 'eve'] INSERT {_key: k} INTO people OPTIONS {ignoreErrors: true}
          RETURN NEW._key
    """
    result = execute(database, query)
    assert result.rows == ["eve"]
    assert (result.stats["writesExecuted"], result.stats["writesIgnored"]) == (1, 1)


def test_a_loop_does_not_meet_the_documents_it_stores(run: Run) -> None:
    run("FOR p IN people INSERT {of: p._key} INTO log")
    assert run("RETURN LENGTH(log)") == [4]
    run("FOR p IN people INSERT UNSET(p, '_key', '_id', '_rev') INTO people")
    assert run("RETURN LENGTH(people)") == [8]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT {} INTO log FOR d IN log RETURN d",
        "INSERT {} INTO log INSERT {} INTO log",
        "FOR p IN people LET r = (REMOVE p IN people) RETURN r",
        "INSERT {} INTO log RETURN DOCUMENT('log/1')",
        "INSERT {} INTO log FOR v IN OUTBOUND 'people/ann' knows RETURN v",
        "UPSERT {a: 1} INSERT {} UPDATE {} IN log RETURN LENGTH(log)",
    ],
)
def test_what_was_written_cannot_be_read_by_the_same_query(refusal: Refusal, text: str) -> None:
    assert refusal(text).number == 1579


def test_several_collections_may_be_written_by_one_query(run: Run) -> None:
    query = """
        LET gone = (FOR v, e IN 1..1 ANY 'people/bob' GRAPH 'friends' REMOVE e IN knows RETURN OLD)
        INSERT {gone: LENGTH(gone)} INTO log
        REMOVE 'bob' IN people
        RETURN [NEW.gone, OLD.name]
    """
    assert run(query) == [[2, "Bob"]]


def test_a_search_repeated_in_a_loop_sees_each_write(run: Run) -> None:
    query = """
        FOR i IN 1..6
          UPSERT FILTER CURRENT.n > 0 AND CURRENT.n < 3 INSERT {n: 1} UPDATE {n: OLD.n + 1} IN log
    """
    run(query)
    assert sorted(run("FOR d IN log RETURN d.n")) == [3, 3]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("update", [[31, 5], 5, "Ann"]),
        ("replace", [[31, 5], 5, None]),
    ],
)
def test_an_insert_may_overwrite(run: Run, mode: str, expected: list[Any]) -> None:
    options = f"OPTIONS {{overwriteMode: '{mode}'}} RETURN [OLD.age, NEW.age]"
    (found,) = run("INSERT {_key: 'ann', age: 5} INTO people " + options)
    assert [found, *run("LET d = DOCUMENT('people/ann') RETURN [d.age, d.name]")[0]] == expected


def test_an_insert_that_ignores_what_is_there_has_no_old(run: Run, refusal: Refusal) -> None:
    query = "INSERT {_key: @key} INTO people OPTIONS {overwriteMode: 'ignore'} RETURN "
    assert run(query + "NEW", key="ann") == [None]
    assert run(query + "NEW._key", key="zoe") == ["zoe"]
    assert refusal(query + "OLD", key="ann").number == 1203


@pytest.mark.parametrize(
    ("version", "name"),
    [(2, "old"), (3, "old"), (3.9, "old"), (4, "new"), (-1, "new"), ("x", "new")],
)
def test_a_version_that_is_not_higher_changes_nothing(run: Run, version: Any, name: str) -> None:
    run("INSERT {_key: 'k', v: 3, name: 'old'} INTO log")
    query = """
        UPDATE 'k' WITH {v: @version, name: 'new'} IN log OPTIONS {versionAttribute: 'v'}
          RETURN NEW.name
    """
    assert run(query, version=version) == [name]
