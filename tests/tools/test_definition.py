"""What a model is told of a tool is short, closed, and the same for every host."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from hades_mcp.errors import InvalidArgument
from hades_mcp.tools import contract
from hades_mcp.tools.arguments import check
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.tools.definition import Tool, tool

Way = Literal["out", "any"]
CHECKOUT = Path(__file__).parents[2]


@tool(title="Sample", read_only=True, idempotent=True)
def sample(
    _workspace: Any,
    text: Annotated[str, Field(description="Said")],
    way: Literal["out", "in"] = "out",
    names: list[str] | None = None,
    values: dict[str, Any] | None = None,
    number: Annotated[int | None, Field(description="How many", le=9)] = None,
    rare: SkipJsonSchema[list[str] | None] = None,
    rank: Annotated[Way, WithJsonSchema({"type": "string"})] = "any",
) -> Any:
    """Do it.

    Only   now.
    """


def test_a_tool_is_its_functions_name_words_and_signature() -> None:
    assert (sample.name, sample.spec.description) == ("sample", "Do it. Only now.")
    assert sample.spec.parameters == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "Said"},
            "way": {"type": "string", "enum": ["out", "in"]},
            "names": {"type": "array", "items": {"type": "string"}},
            "values": {"type": "object"},
            "number": {"type": "integer", "description": "How many"},
            "rank": {"type": "string"},
        },
        "required": ["text"],
    }
    assert sample.spec.annotations.title == "Sample"
    assert sample.spec.annotations.read_only
    assert not sample.spec.annotations.destructive


def test_what_the_list_does_not_tell_is_taken_and_checked_all_the_same() -> None:
    checked = check(sample, {"text": "a", "rare": '["b"]', "rank": "out"})
    assert checked == {
        "text": "a",
        "way": "out",
        "names": None,
        "values": None,
        "number": None,
        "rare": ["b"],
        "rank": "out",
    }
    wrong: list[dict[str, Any]] = [{"rare": 1}, {"rank": "up"}, {"number": 10}, {"nubmer": 1}]
    for one in wrong:
        with pytest.raises(InvalidArgument, match=r"nubmer|rare|rank|number"):
            check(sample, {"text": "a"} | one)


def nodes(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [node for item in schema for node in nodes(item)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(node for item in schema.values() for node in nodes(item))]


@pytest.mark.parametrize("built_in", BUILT_IN, ids=lambda tool: tool.name)
def test_every_tool_fits_every_host(built_in: Tool) -> None:
    spec = built_in.spec
    assert spec.annotations.title
    assert spec.description.endswith(".")
    assert len(spec.name) <= 40
    assert spec.parameters["type"] == "object"
    for node in nodes(spec.parameters):
        assert not {"title", "anyOf", "oneOf", "allOf", "$ref", "$defs"} & set(node) - {"title"}
        assert node.get("type") != "array" or "items" in node
    properties: Any = spec.parameters["properties"]
    for node in properties.values():
        assert "title" not in node
        assert isinstance(node["type"], str)


def test_no_description_shows_an_id_a_model_could_copy() -> None:
    for built_in in BUILT_IN:
        assert "/" not in json.dumps(built_in.spec.parameters) + built_in.spec.description


def test_the_contract_file_is_up_to_date() -> None:
    assert contract.main(["--check", "--folder", str(CHECKOUT / "tools")]) == 0


def test_a_stale_contract_file_fails_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert contract.main(["--check", "--folder", str(tmp_path)]) == 1
    assert "--write" in capsys.readouterr().err
    assert contract.main(["--write", "--folder", str(tmp_path)]) == 0
    assert contract.main(["--check", "--folder", str(tmp_path)]) == 0
    file = tmp_path / "contract.json"
    file.write_text(file.read_text().replace("Find documents", "Find papers"))
    assert contract.main(["--check", "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().out == ""


def test_importing_the_tools_loads_no_store_and_no_numbers() -> None:
    code = "import sys, hades_mcp.tools.toolset; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert not {"numpy", "onnxruntime", "arango", "mcp", "hades_mcp.workspace"} & set(loaded)
