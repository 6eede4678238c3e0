"""SCHEMA_VALIDATE: documents against schemas as collections have them."""

from typing import Any

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError

NUMBERS = {
    "rule": {"properties": {"n": {"type": "number"}}, "required": ["n"]},
    "message": "n must be a number",
    "level": "none",
}


def validated(document: Any, schema: Any) -> Any:
    query = "RETURN SCHEMA_VALIDATE(@document, @schema)"
    return execute(None, query, {"document": document, "schema": schema})


@pytest.mark.parametrize("schema", [NUMBERS, None, {}])
def test_a_document_that_obeys_is_valid(schema):
    assert validated({"_key": "a", "n": 1}, schema).rows == [{"valid": True}]


def test_one_that_does_not_is_told_the_message_whatever_the_level():
    expected = {"valid": False, "errorMessage": "n must be a number"}
    assert validated({"n": "1"}, NUMBERS).rows == [expected]


@pytest.mark.parametrize(("document", "schema"), [(1, NUMBERS), (None, {}), ({}, "x"), ({}, [])])
def test_what_is_no_object_gives_null_and_a_warning(document, schema):
    result = validated(document, schema)
    assert result.rows == [None]
    assert [warning.number for warning in result.warnings] == [1542]


@pytest.mark.parametrize("schema", [{"rule": 1}, {"rule": {"type": "nothing"}}, {"level": "high"}])
def test_a_schema_that_makes_no_sense_is_an_error(schema):
    with pytest.raises(ArangoError) as refused:
        validated({}, schema)
    assert refused.value.number == 1621
