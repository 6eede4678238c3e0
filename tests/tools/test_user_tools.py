"""A TOML file in tools/ is a tool, or a clear error that names the file."""

from pathlib import Path

import pytest

from hades_mcp.errors import ConfigError
from hades_mcp.tools.catalog import load_tools
from hades_mcp.tools.definition import Tool

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


def load(home: Path, text: str | bytes, name: str = "mine.toml") -> Tool:
    folder = home / "tools"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return next(tool for tool in load_tools(home) if tool.name == "by_kind")


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
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_start(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        load(tmp_path, GOOD.replace(*change))
    assert "tools/mine.toml" in refused.value.message


def test_a_file_that_is_no_text_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tools/mine\.toml is not TOML"):
        load(tmp_path, b"\xff\xfe\x00")


def test_two_files_cannot_share_a_name(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    with pytest.raises(ConfigError, match=r"tools/more\.toml: there is a tool 'by_kind'"):
        load(tmp_path, GOOD, "more.toml")


def test_the_users_file_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    load(tmp_path, GOOD, "callers.toml")
    assert "callers" not in {tool.name for tool in load_tools(tmp_path)}


def test_the_shipped_tools_load(tmp_path: Path) -> None:
    assert "callers" in {tool.name for tool in load_tools(tmp_path)}
