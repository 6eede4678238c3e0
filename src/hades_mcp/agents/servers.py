"""What other MCP servers a person configured: `[[mcp]]` in the settings or in an agent's file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hades_mcp.agents.explaining import explained
from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SECRET = re.compile(r"(?i)key|token|secret|passw|authorization|cookie|credential")
_NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,29}$"


@dataclass(frozen=True, slots=True)
class ServerDefinition:
    """One MCP server: a command to start, or a URL to reach.

    Args:
        name: Stands before its tools' names where they clash, and in their origin.
        command: What to start; it is spoken to over its standard input and output.
        args: The command's arguments.
        env: Variables the command gets besides PATH, HOME and the like; `${NAME}` is filled in
            from the environment when the server is started.
        folder: Where the command runs; empty means here.
        url: Endpoint of Streamable HTTP.
        headers: Sent with each request; `${NAME}` as in `env`.
        tools: Patterns of the tools to offer.
        reads: Patterns of tools that a person vouches only read.
        trusted: Whether to believe what the server says its tools do.
        agents: Patterns of the agents that get its tools.
        connect: Most seconds until it is ready.
        timeout: Most seconds of one call.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = ("*",)
    reads: tuple[str, ...] = ()
    trusted: bool = False
    agents: tuple[str, ...] = ("*",)
    connect: float = 20.0
    timeout: float = 60.0

    @property
    def place(self) -> str:
        """Where it is, in words without secrets."""
        return self.url or self.command


class ServerFile(BaseModel):
    """One `[[mcp]]` table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=_NAME)]
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)
    folder: str = ""
    url: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""
    headers: dict[str, str] = Field(default_factory=dict)
    tools: tuple[str, ...] = ("*",)
    reads: tuple[str, ...] = ()
    trusted: bool = False
    agents: tuple[str, ...] = ("*",)
    connect: Annotated[float, Field(gt=0)] = 20.0
    timeout: Annotated[float, Field(gt=0)] = 60.0

    @model_validator(mode="after")
    def _one_way_there(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command to start or a url to reach")
        for table, one in ("env", self.env), ("headers", self.headers):
            for key, value in one.items():
                if _SECRET.search(key) and value and not _VARIABLE.search(value):
                    raise ValueError(
                        f"{table}.{key} looks like a secret; keep it in the environment and write"
                        f' {key} = "${{{re.sub("[^A-Z0-9]", "_", key.upper())}}}"'
                    )
        return self

    def definition(self) -> ServerDefinition:
        """Return it as the rest of the house knows it."""
        return ServerDefinition(**self.model_dump())


def read_servers(tables: Iterable[Mapping[str, Any]], where: str) -> tuple[ServerDefinition, ...]:
    """Return the servers of some `[[mcp]]` tables.

    Args:
        tables: As TOML gives them.
        where: The file they stand in, for messages.

    Raises:
        ConfigError: A key is unknown (the nearest is named), or a value does not fit.
    """
    found = []
    for number, table in enumerate(tables, start=1):
        try:
            found.append(ServerFile.model_validate(table).definition())
        except ValidationError as error:
            name = table.get("name") or f"number {number}"
            raise explained(error, ServerFile, f"{where}, [[mcp]] {name}") from None
    unique(found, where)
    return tuple(found)


def unique(servers: Iterable[ServerDefinition], where: str) -> None:
    """Refuse two servers of one name.

    Raises:
        ConfigError: There are two.
    """
    seen: set[str] = set()
    for server in servers:
        if server.name in seen:
            raise ConfigError(
                f"{where}: two MCP servers are named {server.name!r}.",
                hint="Name each differently.",
            )
        seen.add(server.name)


def filled(
    values: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return values with `${NAME}` filled in from the environment.

    Raises:
        ConfigError: A variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in environment:
            raise ConfigError(
                f"The environment variable {name} is not set.",
                hint=f"Set {name}, then ask again.",
            )
        return environment[name]

    return {key: _VARIABLE.sub(value, text) for key, text in values.items()}
