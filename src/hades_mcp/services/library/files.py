"""Reads a reference library from its folder: one TOML file per topic, examples and a note in each.

`prompts/library/NAME/TOPIC.toml` has `title`, `note` and `[[examples]]` with `question`, `also`
(other words for it), `aql`, `bind_vars`, `shows`, `expected` (JSON text: TOML has no null), and for
a typical mistake `wrong` and `why`. `data.json` beside them, in the format of `hades import`, is
what the examples are about.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp import assets
from hades_mcp.errors import ConfigError, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "library"
_EXAMPLE_KEYS = {"question", "also", "aql", "bind_vars", "shows", "expected", "wrong", "why"}
_FILE_KEYS = {"title", "note", "examples"}
_NEEDED = ("question", "aql", "shows")


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the query that answers it, and what it shows.

    Args:
        topic: The file it comes from.
        question: As somebody would ask it.
        aql: The query.
        bind_vars: Its bind variables.
        shows: What is to be learned from it.
        also: Other words for the question, to be found by.
        expected: The rows it gives over the library's data.
        wrong: A query that many would write instead.
        why: What is wrong with that.
    """

    topic: str
    question: str
    aql: str
    shows: str
    also: str = ""
    bind_vars: dict[str, Any] = field(default_factory=dict)
    expected: list[Any] = field(default_factory=list)
    wrong: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a file of a library holds.

    Args:
        name: The file's name.
        title: Name for people.
        note: Best practice, in a few sentences.
        examples: In the file's order.
    """

    name: str
    title: str
    note: str
    examples: tuple[Example, ...]


def library_names(home: Path) -> list[str]:
    """Return the names of all libraries, yours and the shipped."""
    found = assets.names(home, "prompts", ".toml")
    return sorted({path.split("/")[1] for path in found if path.startswith(f"{FOLDER}/")})


def read_library(home: Path, name: str) -> list[Topic]:
    """Return a library's topics, by name.

    Raises:
        UnknownName: There is no such library; the nearest is suggested.
        ConfigError: A file is broken.
    """
    known = library_names(home)
    if name not in known:
        raise UnknownName("library", name, known)
    prefix = f"{FOLDER}/{name}/"
    paths = [path for path in assets.names(home, "prompts", ".toml") if path.startswith(prefix)]
    return [_topic(home, path) for path in paths]


def _topic(home: Path, path: str) -> Topic:
    try:
        table = tomllib.loads(assets.find(home, "prompts", path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"prompts/{path} cannot be read: {error}.") from None
    _refuse_unknown(path, table, _FILE_KEYS)
    name = path.rpartition("/")[2].removesuffix(".toml")
    examples = tuple(
        _example(f"{path}, example {position}", name, raw)
        for position, raw in enumerate(table.get("examples", []), start=1)
    )
    return Topic(name, str(table.get("title", name)), str(table.get("note", "")).strip(), examples)


def _example(where: str, topic: str, raw: dict[str, Any]) -> Example:
    _refuse_unknown(where, raw, _EXAMPLE_KEYS)
    missing = [key for key in _NEEDED if not isinstance(raw.get(key), str)]
    if missing:
        raise ConfigError(f"prompts/{where} has no {missing[0]}.")
    try:
        expected = json.loads(raw.get("expected", "[]"))
    except ValueError as error:
        raise ConfigError(f"prompts/{where}: expected is no JSON: {error}.") from None
    return Example(**{**raw, "topic": topic, "expected": expected})


def _refuse_unknown(where: str, table: dict[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(
                f"prompts/{where} has the key {key!r}.", hint=f"Known: {', '.join(sorted(known))}."
            )
