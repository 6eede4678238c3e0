"""Computed values: attributes a collection derives as documents are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.storage import Collection, Database, Transaction


@pytest.fixture
def database() -> Iterator[Database]:
    with Engine(None) as engine:
        yield engine.database("_system")


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    with database.transaction(write=True) as transaction:
        yield transaction


def make(tx: Transaction, *values: dict[str, Any], **options: Any) -> Collection:
    return tx.create_collection("users", properties={"computedValues": list(values)}, **options)


def value(name: str, expression: str, *, overwrite: bool = True, **options: Any) -> dict[str, Any]:
    return {"name": name, "expression": expression, "overwrite": overwrite, **options}


def get(users: Collection, key: str) -> dict[str, Any]:
    found = users.get(key)
    assert found is not None
    return {name: item for name, item in found.items() if name not in {"_key", "_id", "_rev"}}


def test_the_definitions_are_kept_completed(tx: Transaction) -> None:
    users = make(tx, value("title", 'RETURN "TBA"', overwrite=False))
    assert users.info.properties["computedValues"] == [
        {
            "name": "title",
            "expression": 'RETURN "TBA"',
            "overwrite": False,
            "computeOn": ["insert", "update", "replace"],
            "failOnWarning": False,
            "keepNull": True,
        }
    ]
    tx.change_properties("users", computedValues=[])
    assert users.info.properties["computedValues"] is None


def test_an_expression_sees_the_document_as_it_will_be_stored(tx: Transaction) -> None:
    users = make(tx, value("copy", "RETURN [@doc._key, @doc._id, @doc.n, LENGTH(@doc._rev) > 0]"))
    users.insert({"_key": "a", "n": 1})
    assert get(users, "a") == {"n": 1, "copy": ["a", "users/a", 1, True]}
    users.update("a", {"n": 2})
    assert get(users, "a")["copy"] == ["a", "users/a", 2, True]


def test_the_manuals_example_of_arrays(tx: Transaction) -> None:
    expression = (
        "RETURN APPEND(@doc.is[* FILTER CURRENT.public == true RETURN LOWER(CURRENT.name)],"
        " @doc.loves[* RETURN LOWER(CURRENT)])"
    )
    users = make(tx, value("searchTags", expression))
    people = [{"name": "Gardener", "public": True}, {"name": "female"}]
    users.insert({"_key": "a", "is": people, "loves": ["AVOCADOS", "Databases"]})
    users.ensure_index({"type": "persistent", "fields": ["searchTags[*]"]})
    rows = execute(tx, "FOR u IN users FILTER 'avocados' IN u.searchTags[*] RETURN u.searchTags")
    assert rows.rows == [["gardener", "avocados", "databases"]]


def test_values_are_computed_on_the_events_they_name(tx: Transaction) -> None:
    users = make(
        tx,
        value("made", "RETURN 'insert'", computeOn=["insert"]),
        value("changed", "RETURN CONCAT(@doc.made, '+')", computeOn=["update", "replace"]),
    )
    users.insert({"_key": "a"})
    assert get(users, "a") == {"made": "insert"}
    users.update("a", {"x": 1})
    assert get(users, "a") == {"made": "insert", "x": 1, "changed": "insert+"}
    users.replace("a", {"made": "x"})
    assert get(users, "a") == {"made": "x", "changed": "x+"}
    users.insert({"_key": "a", "y": 1}, overwrite_mode="update")
    assert get(users, "a")["changed"] == "x+"
    users.insert({"_key": "a", "y": 1}, overwrite_mode="replace")
    assert get(users, "a") == {"y": 1, "changed": "+"}


def test_what_the_user_gives_counts_unless_it_is_overwritten(tx: Transaction) -> None:
    users = make(
        tx,
        value("soft", "RETURN 'computed'", overwrite=False),
        value("hard", "RETURN 'computed'", overwrite=True),
    )
    users.insert({"_key": "a", "soft": "mine", "hard": "mine"})
    assert get(users, "a") == {"soft": "mine", "hard": "computed"}
    users.update("a", {"n": 1})  # not given by this update: computed
    assert get(users, "a") == {"soft": "computed", "hard": "computed", "n": 1}
    users.update("a", {"soft": None})
    assert get(users, "a")["soft"] is None


def test_values_computed_by_the_same_event_do_not_see_each_other(tx: Transaction) -> None:
    users = make(tx, value("a", "RETURN 1"), value("b", "RETURN [@doc.a]"))
    users.insert({"_key": "k"})
    assert get(users, "k") == {"a": 1, "b": [None]}
    users.update("k", {})
    assert get(users, "k")["b"] == [1]


def test_the_manuals_example_of_null(tx: Transaction) -> None:
    expression = (
        "RETURN @doc.firstName != null AND @doc.lastName != null"
        " ? CONCAT_SEPARATOR(' ', @doc.firstName, @doc.lastName) : null"
    )
    users = make(tx, value("fullName", expression, overwrite=False, keepNull=False))
    users.insert_many(
        [
            {"_key": "a", "firstName": "Paula", "lastName": "Plant"},
            {"_key": "b", "firstName": "James"},
            {"_key": "c", "lastName": "Barrett", "fullName": "Andy J. Barrett"},
        ]
    )
    assert get(users, "a")["fullName"] == "Paula Plant"
    assert "fullName" not in get(users, "b")
    assert get(users, "c")["fullName"] == "Andy J. Barrett"
    tx.change_properties("users", computedValues=[value("fullName", "RETURN null", keepNull=False)])
    users.update("a", {"x": 1})
    assert "fullName" not in get(users, "a")


def test_a_warning_fails_the_write_only_if_asked_to(tx: Transaction) -> None:
    users = make(tx, value("n", "RETURN 1 / @doc.n"))
    users.insert({"_key": "a", "n": 0})
    assert get(users, "a")["n"] is None
    tx.change_properties(
        "users", computedValues=[value("n", "RETURN 1 / @doc.n", failOnWarning=True)]
    )
    with pytest.raises(ArangoError, match=r"^computed values runtime error: division") as raised:
        users.update("a", {"n": 0})
    assert raised.value.number == 1562
    results = users.insert_many([{"n": 2}, {"n": 0}, {"n": 4}])
    assert [isinstance(result, ArangoError) for result in results] == [False, True, False]


def test_schema_unique_index_and_edge_see_what_was_computed(tx: Transaction) -> None:
    rule = {"rule": {"properties": {"n": {"type": "number"}}, "required": ["n"]}}
    users = make(tx, value("n", "RETURN LENGTH(@doc.name)"), schema=rule, edge=True)
    users.ensure_index({"type": "persistent", "fields": ["n"], "unique": True})
    users.insert({"_from": "a/1", "_to": "a/2", "name": "abc"})
    with pytest.raises(ArangoError) as raised:
        users.insert({"_from": "a/1", "_to": "a/2", "name": "xyz"})
    assert raised.value.number == 1210
    tx.change_properties("users", computedValues=[value("n", "RETURN 'text'")])
    with pytest.raises(ArangoError) as raised:
        users.insert({"_from": "a/1", "_to": "a/2"})
    assert raised.value.number == 1620


def test_aql_writes_and_returns_computed_values(tx: Transaction) -> None:
    make(tx, value("double", "RETURN @doc.n * 2"))
    text = "FOR i IN 1..3 INSERT {_key: TO_STRING(i), n: i} INTO users RETURN NEW.double"
    assert execute(tx, text).rows == [2, 4, 6]
    text = "UPDATE '2' WITH {n: 21} IN users RETURN [OLD.double, NEW.double]"
    assert execute(tx, text).rows == [[4, 42]]
    text = "UPSERT {n: 21} INSERT {} UPDATE {n: 1} IN users RETURN NEW.double"
    assert execute(tx, text).rows == [2]


def test_what_is_restored_from_a_dump_is_not_computed_again(tx: Transaction) -> None:
    users = make(tx, value("at", "RETURN 'now'"))
    users.insert({"_key": "a", "at": "then"}, rev="_abc")
    assert get(users, "a") == {"at": "then"}


@pytest.mark.parametrize(
    "bad",
    [
        5,
        "RETURN 1",
        {"name": "a"},
        [5],
        [{"name": "a", "expression": "RETURN 1"}],
        [{"name": "", "expression": "RETURN 1", "overwrite": True}],
        [{"name": 7, "expression": "RETURN 1", "overwrite": True}],
        [{"name": "a", "expression": 7, "overwrite": True}],
        [{"name": "a", "expression": "RETURN 1", "overwrite": "yes"}],
        [value("a", "RETURN 1", computeOn="insert")],
        [value("a", "RETURN 1", computeOn=["remove"])],
        [value("a", "RETURN 1", computeOn=[])],
        [value("a", "RETURN 1", keepNull=1)],
        [value("a", "RETURN 1", failOnWarning=None)],
        [value("a", "RETURN 1"), value("a", "RETURN 2")],
        *([value(name, "RETURN 1")] for name in ("_key", "_id", "_rev", "_from", "_to")),
        *(
            [value("a", text)]
            for text in (
                "",
                "RETURN",
                "RETURN 1 +",
                "LET a = 1 RETURN a",
                "FOR i IN 1..2 RETURN i",
                "RETURN (FOR i IN 1..2 RETURN i)",
                "RETURN DISTINCT 1",
                "RETURN @other",
                "RETURN @@doc",
                "RETURN users",
                "RETURN users[*].a",
                "RETURN doc",
                "RETURN DOCUMENT('users/a')",
                "RETURN Collections()",
                "RETURN VERSION()",
                "RETURN my::function(1)",
                "RETURN NO_SUCH_FUNCTION(1)",
                "RETURN LENGTH()",
                "REMOVE 'a' IN users",
            )
        ),
    ],
)
def test_senseless_definitions_are_refused(tx: Transaction, bad: Any) -> None:
    with pytest.raises(ArangoError) as raised:
        tx.create_collection("users", properties={"computedValues": bad})
    assert raised.value.number == 10
    assert not tx.has_collection("users")
