"""A TOML file in tools/ is a tool, or a clear error that names the file."""

import re
from pathlib import Path
from typing import Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import InvalidArgument
from hades_mcp.tools.arguments import check
from hades_mcp.tools.catalog import BUILT_IN, Catalog, load_tools
from hades_mcp.tools.definition import Tool
from hades_mcp.workspace import open_workspace

GOOD = """
name = "by_kind"
title = "By kind"
description = '''
Documents of
a kind.'''
aql = "FOR d IN @@where FILTER d.kind IN @kinds LIMIT @limit RETURN d.title"

[parameters.where]
type = "collection"
choices = ["documents", "chunks"]

[parameters.kinds]
type = "array"
description = "Which kinds"

[parameters.limit]
type = "integer"
default = 5
"""


def write(home: Path, text: str | bytes, name: str = "mine.toml") -> Catalog:
    folder = home / "tools"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_tools(home)


def load(home: Path, text: str, name: str = "mine.toml") -> Tool:
    found = write(home, text, name)
    assert not found.broken
    return next(tool for tool in found.tools if tool.name == "by_kind")


def refused(home: Path, text: str | bytes, name: str = "mine.toml") -> str:
    """Return what is wrong with a file that is left out."""
    [error] = write(home, text, name).broken
    return str(error)


def test_a_file_is_a_tool_with_typed_arguments(tmp_path: Path) -> None:
    tool = load(tmp_path, GOOD)
    assert tool.spec.description == "Documents of a kind."
    assert tool.spec.annotations.read_only
    assert tool.spec.parameters == {
        "type": "object",
        "properties": {
            "where": {"type": "string", "enum": ["documents", "chunks"]},
            "kinds": {"type": "array", "description": "Which kinds", "items": {"type": "string"}},
            "limit": {"type": "integer"},
        },
        "required": ["where", "kinds"],
    }


def test_a_writing_tool_that_says_so_is_marked_destructive(tmp_path: Path) -> None:
    text = GOOD.replace("RETURN d.title", "REMOVE d IN documents")
    tool = load(tmp_path, "read_only = false\n" + text)
    assert tool.spec.annotations.destructive
    assert not tool.spec.annotations.read_only


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("d.kind IN @kinds", "true"), "does not use the parameter 'kinds'"),
        (("@limit", "@most"), "the query uses @most, which"),
        (("RETURN d.title", "REMOVE d IN documents"), "the query changes data"),
        (("FOR d IN", "FRO d IN"), "the query is wrong"),
        (('name = "by_kind"', 'name = "search"'), "there is a tool 'search' already"),
        (('name = "by_kind"', 'name = "By Kind"'), "name: String should match"),
        (('title = "By kind"', 'titel = "By kind"'), "titel: Extra inputs"),
        (('type = "array"', 'type = "list"'), "parameters.kinds.type"),
        (("[parameters.kinds]", "[parameters.kinds"), "is not TOML"),
        (("[parameters.kinds]", "[parameters._kinds]"), "parameters._kinds"),
        (("RETURN d.title", "RETURN NOPE(d)"), r"unknown function 'NOPE\(\)'"),
        (("RETURN d.title", "RETURN LENGTH()"), "number of arguments for function 'LENGTH"),
        (("RETURN d.title", "LET d = 1 RETURN d"), "variable 'd' is assigned multiple times"),
        (
            ("default = 5", 'default = "five"'),
            "parameters.limit: 'five' is not of the type integer",
        ),
        (("default = 5", "default = true"), "True is not of the type integer"),
        (("default = 5", "default = inf"), "inf is not of the type integer"),
        (("default = 5", 'choices = ["5"]'), "'5' is not of the type integer"),
        (("default = 5", "choices = [1, 2]\ndefault = 5"), "the default 5 is not among choices"),
        (("default = 5", 'items = "integer"'), "parameters.limit.items: only an array has items"),
        (
            ('description = "Which kinds"', 'choices = ["class"]'),
            "'class' is not of the type array",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_start(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    told = refused(tmp_path, GOOD.replace(*change))
    assert re.search(said, told)
    assert "tools/mine.toml" in told


@pytest.mark.parametrize("name", ["schema", "json", "copy", "model_config"])
def test_a_parameter_cannot_have_a_name_that_python_needs(tmp_path: Path, name: str) -> None:
    text = GOOD.replace("@limit", f"@{name}").replace("[parameters.limit]", f"[parameters.{name}]")
    assert f"parameters.{name}: the name is reserved" in refused(tmp_path, text)


def test_a_query_may_use_collections_that_are_made_later(tmp_path: Path) -> None:
    text = GOOD.replace("RETURN d.title", "FOR v IN 1..2 OUTBOUND d GRAPH 'later' RETURN v")
    assert load(tmp_path, text).spec.annotations.read_only


def test_choices_may_be_numbers_and_one_alone(tmp_path: Path) -> None:
    tool = load(tmp_path, GOOD.replace("default = 5", "choices = [5]"))
    properties: Any = tool.spec.parameters["properties"]
    assert properties["limit"] == {"type": "integer", "enum": [5]}
    with pytest.raises(InvalidArgument, match="should be 5"):
        check(tool, {"where": "chunks", "kinds": [], "limit": 6})


def test_arguments_are_bound_by_type_and_run(tmp_path: Path) -> None:
    text = GOOD.replace("@limit", "@workspace").replace("meters.limit]", "meters.workspace]")
    tool = load(tmp_path, text)
    settings = Settings(home=tmp_path)
    with open_workspace(settings, embedder=HashEmbedder(), preload=False) as workspace:
        documents = [{"kind": kind, "title": kind.upper()} for kind in "abc"]
        workspace.db.collection("documents").insert_many(documents)
        given = check(tool, {"where": "documents", "kinds": '["a", "b"]', "workspace": "1"})
        assert len(tool.function(workspace, **given).rows) == 1
    with pytest.raises(InvalidArgument, match="'where': Input should be 'documents' or 'chunks'"):
        check(tool, {"where": "sources", "kinds": []})


def test_a_file_that_is_no_text_is_a_clear_error(tmp_path: Path) -> None:
    assert "tools/mine.toml is not TOML" in refused(tmp_path, b"\xff\xfe\x00")


def test_a_broken_file_takes_no_other_tool_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    load(tmp_path, GOOD)
    found = write(tmp_path, "name =", "broken.toml")
    assert {"by_kind", "callers", *(tool.name for tool in BUILT_IN)} == {
        tool.name for tool in found.tools
    }
    assert "tools/broken.toml is not TOML" in caplog.text + capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "gone.toml").symlink_to(tmp_path / "nowhere")
    assert "tools/gone.toml cannot be read" in refused(tmp_path, GOOD)


def test_two_files_cannot_share_a_name(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    assert "tools/more.toml: there is a tool 'by_kind'" in refused(tmp_path, GOOD, "more.toml")


def test_the_users_file_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    load(tmp_path, GOOD, "callers.toml")
    assert "callers" not in {tool.name for tool in load_tools(tmp_path).tools}


def test_the_shipped_tools_load(tmp_path: Path) -> None:
    assert "callers" in {tool.name for tool in load_tools(tmp_path).tools}
