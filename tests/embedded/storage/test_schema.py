"""Schema validation: documents that break their collection's rule stay out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from hades_mcp.embedded.storage import Database, Transaction

    Refused = Callable[..., AbstractContextManager[None]]

RULE = {"properties": {"n": {"type": "number"}}, "additionalProperties": False, "required": ["n"]}


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    with database.transaction(write=True) as transaction:
        yield transaction


def test_a_document_that_breaks_the_rule_is_refused_with_the_schemas_message(
    tx: Transaction, refused: Refused
) -> None:
    schema = {"rule": RULE, "message": "n, please"}
    things = tx.create_collection("things", schema=schema)
    # attributes in the order of ArangoDB 3.12.10
    assert list((things.info.schema or {}).items()) == [
        ("message", "n, please"),
        ("level", "strict"),
        ("type", "json"),
        ("rule", RULE),
    ]
    things.insert({"_key": "k", "n": 1})  # system attributes are no additional properties
    for attempt in (
        lambda: things.insert({"n": "one"}),
        lambda: things.update("k", {"m": 1}),
        lambda: things.replace("k", {}),
    ):
        with refused(1620, "^n, please$"):
            attempt()  # type: ignore[no-untyped-call]
    results = things.insert_many([{"n": 1}, {}, {"n": 2}])
    assert [isinstance(result, ArangoError) for result in results] == [False, True, False]
    assert things.count() == 3


@pytest.mark.parametrize(
    ("level", "insert", "worsen", "touch_old"),
    [
        ("none", True, True, True),
        ("new", False, True, True),
        ("moderate", False, False, True),
        ("strict", False, False, False),
    ],
)
def test_levels_decide_what_is_checked(
    tx: Transaction, level: str, insert: bool, worsen: bool, touch_old: bool
) -> None:
    things = tx.create_collection("things")
    things.insert({"_key": "bad"})
    things.insert({"_key": "good", "n": 1})
    tx.change_properties("things", schema={"rule": RULE, "level": level})

    def allowed(action: Callable[[], object]) -> bool:
        try:
            action()
        except ArangoError as error:
            return error.number != 1620
        return True

    assert allowed(lambda: things.insert({})) is insert
    assert allowed(lambda: things.update("good", {"m": 1})) is worsen
    assert allowed(lambda: things.update("bad", {"m": 1})) is touch_old


@pytest.mark.parametrize(
    "schema",
    [
        {"rule": 5},
        {"level": "strict"},
        {"rule": {}, "level": "harsh"},
        {"rule": {}, "type": "xml"},
        {"rule": {"type": 5}},
        {"rule": {}, "message": 1},
        {"rule": {"$ref": "http://127.0.0.1:1/schema"}},
        {"rule": {"properties": {"n": {"anyOf": [{"$ref": "file:///etc/hostname"}]}}}},
        {"rule": {"$ref": "#/definitions/nowhere"}},
        {"rule": {"$ref": "#"}},
    ],
)
def test_a_senseless_schema_is_refused(tx: Transaction, schema: Any, refused: Refused) -> None:
    with refused(1621):
        tx.create_collection("things", schema=schema)
    assert not tx.has_collection("things")


def test_a_rule_may_refer_to_its_own_parts(tx: Transaction, refused: Refused) -> None:
    rule = {
        "definitions": {"small": {"type": "number", "maximum": 6}},
        "properties": {"n": {"$ref": "#/definitions/small"}},
    }
    things = tx.create_collection("things", schema={"rule": rule})
    things.insert({"n": 6})
    with refused(1620, "^schema validation failed$"):
        things.insert({"n": 7})
