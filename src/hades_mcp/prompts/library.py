"""Reads prompts: Markdown files with `{slots}`, yours before the shipped ones.

A file may begin with TOML between two `+++` lines: `title`, `description`, and one sentence per
slot under `[slots]`. Files in `prompts/mcp/` are offered to MCP clients as prompts.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp import assets
from hades_mcp.errors import ConfigError, InvalidArgument, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
MCP_FOLDER = "mcp/"
_FRONT = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", re.DOTALL)
_KEYS = {"title", "description", "slots"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as its file has it.

    Args:
        name: Its file's name without folder `mcp/` and ending.
        text: The words, slots unfilled.
        title: Name for people.
        description: When to use it.
        slots: What goes into each slot, in the order they first occur.
    """

    name: str
    text: str
    title: str
    description: str
    slots: Mapping[str, str]

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the words with every slot filled.

        Raises:
            InvalidArgument: A slot is not given.
            UnknownName: A value is given for a slot that is not there.
        """
        for given in values:
            if given not in self.slots:
                raise UnknownName(f"slot in prompt {self.name}", given, self.slots)
        missing = [slot for slot in self.slots if slot not in values]
        if missing:
            raise InvalidArgument(
                f"Prompt {self.name} needs {', '.join(missing)}.", hint="Give a value for each."
            )
        return SLOT.sub(lambda match: values[match[1]], self.text)


def prompt(home: Path, name: str, **slots: str) -> str:
    """Return the words of `prompts/<name>.md` with every slot filled.

    Raises:
        UnknownName: There is no such prompt, or no such slot in it.
        InvalidArgument: A slot is not given.
        ConfigError: The file is broken.
    """
    return load_prompt(home, name).fill(slots)


def load_prompt(home: Path, name: str) -> Prompt:
    """Read one prompt.

    Raises:
        UnknownName: There is no such prompt.
        ConfigError: It is not UTF-8, or its front matter is broken.
    """
    known = assets.names(home, "prompts", ".md")
    if f"{name}.md" not in known:
        raise UnknownName("prompt", name, [one.removesuffix(".md") for one in known])
    try:
        raw = assets.find(home, "prompts", f"{name}.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"prompts/{name}.md cannot be read: {error}.") from None
    return _parse(name, raw.replace("\r\n", "\n"))


def mcp_prompts(home: Path) -> list[Prompt]:
    """Return the prompts that MCP clients are offered, by name."""
    names = [one for one in assets.names(home, "prompts", ".md") if one.startswith(MCP_FOLDER)]
    return [load_prompt(home, name.removesuffix(".md")) for name in names]


def _parse(name: str, raw: str) -> Prompt:
    front = _FRONT.match(raw)
    table = _front_matter(name, front[1]) if front else {}
    text = (front[2] if front else raw).strip()
    described = table.get("slots", {})
    slots = {slot: str(described.get(slot, "")) for slot in SLOT.findall(text)}
    for slot in described:
        if slot not in slots:
            raise ConfigError(f"prompts/{name}.md describes a slot {{{slot}}} it does not have.")
    short = name.removeprefix(MCP_FOLDER)
    title = str(table.get("title", short.replace("_", " ").capitalize()))
    return Prompt(short, text, title, str(table.get("description", "")), slots)


def _front_matter(name: str, text: str) -> dict[str, dict[str, str]]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The front matter of prompts/{name}.md is no TOML: {error}.") from None
    for key in table:
        if key not in _KEYS:
            raise ConfigError(
                f"prompts/{name}.md has the key {key!r}.", hint=f"Known: {', '.join(_KEYS)}."
            )
    return table
