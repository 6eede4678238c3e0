"""A constrained reply is one call or one answer."""

from __future__ import annotations

import json
from typing import Any

from tests.models.replies import CALL, ONE, TOOLS

from hades_mcp.messages import ToolSpec
from hades_mcp.models.constrained import (
    call_schema,
    read_constrained_answer,
    read_constrained_call,
)


def test_the_schema_allows_each_tool_with_its_own_arguments():
    choices: Any = call_schema(TOOLS)["oneOf"]
    assert [choice["properties"]["name"]["const"] for choice in choices] == [
        "find_books",
        "run_aql",
        "list_shelves",
    ]
    assert choices[0]["properties"]["arguments"]["required"] == ["topic"]


def test_optional_objects_without_shape_are_left_out_of_the_schema():
    free: Any = {"type": "object"}
    spec = ToolSpec(
        "aql",
        "",
        {
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "bind_vars": free,
                "options": {"anyOf": [free, {"type": "null"}]},
                "shape": {"type": "object", "properties": {"x": {"type": "number"}}},
            },
            "required": ["query"],
        },
    )
    schema: Any = call_schema([spec])
    arguments = schema["oneOf"][0]["properties"]["arguments"]
    assert list(arguments["properties"]) == ["query", "shape"]


def test_a_constrained_call_is_read_and_labelled():
    call = read_constrained_call(CALL, TOOLS)
    assert call is not None
    assert (call.name, call.arguments, call.channel) == ("find_books", ONE, "constrained")


def test_a_reply_that_breaks_the_schema_is_no_call():
    for text in (CALL[:30], '{"name": "drop", "arguments": {}}', "[1]", "no"):
        assert read_constrained_call(text, TOOLS) is None


def test_a_constrained_answer_is_unwrapped():
    assert read_constrained_answer(json.dumps({"answer": "Two."})) == "Two."
    assert read_constrained_answer("Two.") == "Two."
