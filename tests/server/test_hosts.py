"""What Claude Desktop, VS Code and Cursor can take of a tool list, over the real list.

Sources: Anthropic's tool names `^[a-zA-Z0-9_-]{1,64}$` and input schemas without `oneOf`, `allOf`
or `anyOf` at the top; VS Code refuses arrays without `items`; Cursor drops tools whose name is
longer than 60 characters together with the server's; Gemini, behind either, wants a type for each
property, and OpenAI `properties` for each object at the top.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp import Client, types

from hades_mcp.tools.catalog import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp.server.lowlevel import Server

pytestmark = pytest.mark.anyio

SERVER = "hades"
ADDS = {"context_add", "graph_relate", "feedback"}
"""They change data, and overwrite or delete none."""
OVERWRITES = {"document_add", "document_delete", "context_clear", "aql_write"}
"""They may delete, or, as a note of the same title does, replace."""
REFUSED = {"anyOf", "oneOf", "allOf", "not", "if", "$ref", "$defs", "const"}


@pytest.fixture
async def listed(server: Server[Any], mode: Any) -> list[types.Tool]:
    async with Client(server, mode=mode) as client:
        return (await client.list_tools()).tools


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for part in (*schema.get("properties", {}).values(), *[schema.get("items", {})]):
        if part:
            yield from nodes(part)


async def test_names_fit_every_host(listed: list[types.Tool]) -> None:
    for tool in listed:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool.name)
        assert len(SERVER) + 1 + len(tool.name) <= 60
        assert len(f"mcp__{SERVER}__{tool.name}") <= 64
        for name in tool.input_schema["properties"]:
            assert re.fullmatch(r"[a-zA-Z0-9_]{1,64}", name)


async def test_schemas_fit_every_host(listed: list[types.Tool]) -> None:
    for tool in listed:
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["type"] == "object"
        assert set(tool.input_schema.get("required", ())) <= set(tool.input_schema["properties"])
        for node in nodes(tool.input_schema):
            assert not REFUSED & set(node), tool.name
            assert isinstance(node.get("type"), str), (tool.name, node)
            assert node["type"] != "array" or node.get("items"), tool.name
            assert set(map(type, node.get("enum", ()))) <= {str}, tool.name


async def test_every_tool_is_titled_and_described(listed: list[types.Tool]) -> None:
    assert len({tool.title for tool in listed}) == len(listed)
    for tool in listed:
        assert tool.title
        assert tool.title != tool.name
        assert tool.description is not None
        assert tool.description.endswith(".")
        assert len(tool.description) <= 200


async def test_annotations_say_what_a_tool_does_to_the_data(listed: list[types.Tool]) -> None:
    built_in = {tool.name for tool in BUILT_IN}
    for tool in listed:
        hints = tool.annotations
        assert hints is not None
        assert None not in (hints.destructive_hint, hints.idempotent_hint, hints.read_only_hint)
        assert hints.open_world_hint is False
        if tool.name in built_in:
            assert hints.read_only_hint is (tool.name not in ADDS | OVERWRITES), tool.name
            assert hints.destructive_hint is (tool.name in OVERWRITES), tool.name
        assert not (hints.read_only_hint and not hints.idempotent_hint), tool.name


async def test_the_list_is_the_same_each_time(server: Server[Any], mode: Any) -> None:
    async with Client(server, mode=mode) as one, Client(server, mode=mode) as other:
        first, second = await one.list_tools(), await other.list_tools()
    assert first.model_dump_json() == second.model_dump_json()
