"""The user's own tools: each TOML file in `tools/` is an AQL query with typed parameters."""

from __future__ import annotations

import dataclasses
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hades_mcp.assets import find, names
from hades_mcp.embedded.aql.clauses import Modification
from hades_mcp.embedded.aql.nodes import Node, Parameter
from hades_mcp.embedded.aql.parser import parse
from hades_mcp.embedded.aql.planning import plan_query
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.messages import ToolAnnotations, ToolSpec
from hades_mcp.tools.definition import Tool
from hades_mcp.tools.signatures import Arguments, fields_model, lean_schema, lenient

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from hades_mcp.workspace import Workspace

SUFFIX = ".toml"
# MCP allows more, but some hosts refuse anything else: 60 characters with the server's name before.
NAME = r"^[a-z][a-z0-9_]{0,47}$"
PARAMETER = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"
_SURELY_WRONG = frozenset({1511, 1512, 1540, 1541, 1579})
"""Refusals of a query that no value and no collection made after the start can mend: variables,
functions and their arguments, what is read after it was written."""
_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list[Any],
    "object": dict[str, Any],
    "collection": str,
}


_Name = Annotated[str, Field(pattern=PARAMETER)]


class _Parameter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["string", "integer", "number", "boolean", "array", "object", "collection"]
    description: str = ""
    items: Literal["string", "integer", "number", "boolean"] = "string"
    choices: list[str | int | float] = []
    default: Any = None
    required: bool = True


class _Definition(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME)
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    aql: str = Field(min_length=1)
    read_only: bool = True
    parameters: dict[_Name, _Parameter] = {}


def load_user_tools(
    home: Path, *, taken: Collection[str]
) -> tuple[tuple[Tool, ...], tuple[ConfigError, ...]]:
    """Return the tools of all `tools/*.toml`, the user's file before the shipped one of its name.

    A file is broken that does not parse, whose query cannot run, whose parameters and bind
    variables differ, with a default or choice that is not of its type, that writes without saying
    so, or whose name is taken.

    Args:
        home: The user's data folder.
        taken: Names of the built-in tools.

    Returns:
        The tools, and of each broken file what is wrong with it; the message names the file.
    """
    tools: dict[str, Tool] = {}
    broken: list[ConfigError] = []
    for file in names(home, "tools", SUFFIX):
        try:
            tool = _tool(file, _content(home, file), {*taken, *tools})
        except ConfigError as error:
            broken.append(error)
        else:
            tools[tool.name] = tool
    return tuple(tools.values()), tuple(broken)


def _content(home: Path, file: str) -> bytes:
    try:
        return find(home, "tools", file).read_bytes()
    except (OSError, UnknownName) as error:  # a link that leads nowhere has a name, and no more
        raise ConfigError(f"tools/{file} cannot be read: {error}") from None


def _tool(file: str, content: bytes, taken: set[str]) -> Tool:
    try:
        definition = _Definition.model_validate(tomllib.loads(content.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"tools/{file} is not TOML: {error}.") from None
    except ValidationError as error:
        raise ConfigError(f"tools/{file}: {_explained(error)}.") from None
    if definition.name in taken:
        raise ConfigError(f"tools/{file}: there is a tool {definition.name!r} already.")
    model = fields_model(
        definition.name, {name: _field(file, name, definition) for name in definition.parameters}
    )
    _check(file, definition)
    annotations = ToolAnnotations(
        title=definition.title,
        read_only=definition.read_only,
        destructive=not definition.read_only,
        idempotent=definition.read_only,
    )
    description = " ".join(definition.description.split())
    spec = ToolSpec(definition.name, description, lean_schema(model), annotations)
    return Tool(spec, model, _function(definition))


def _function(definition: _Definition) -> Callable[..., Any]:
    keys = {
        name: f"@{name}" if parameter.type == "collection" else name
        for name, parameter in definition.parameters.items()
    }

    def run(workspace: Workspace, /, **arguments: Any) -> Any:
        bind = {keys[name]: value for name, value in arguments.items()}
        if definition.read_only:
            return workspace.queries.read(definition.aql, bind)
        return workspace.queries.write(definition.aql, bind)

    return run


def _field(file: str, name: str, definition: _Definition) -> tuple[Any, Any]:
    parameter, where = definition.parameters[name], f"tools/{file}: parameters.{name}"
    if hasattr(Arguments, name):
        raise ConfigError(f"{where}: the name is reserved.", hint=f"Call it {name}_value, say.")
    kind: Any = _TYPES[parameter.type]
    if parameter.type == "array":
        kind = list.__class_getitem__(_TYPES[parameter.items])
    elif "items" in parameter.model_fields_set:
        raise ConfigError(f"{where}.items: only an array has items.")
    given = [parameter.default] if parameter.default is not None else []
    for value in (*parameter.choices, *given):
        if not _is_of(value, kind):
            raise ConfigError(f"{where}: {value!r} is not of the type {parameter.type}.")
    if parameter.choices:
        if parameter.default not in (None, *parameter.choices):
            raise ConfigError(f"{where}: the default {parameter.default!r} is not among choices.")
        kind = Literal.__getitem__(tuple(parameter.choices))
    optional = parameter.default is not None or not parameter.required
    default: Any = parameter.default if optional else ...
    field = Field(default, description=parameter.description or None)
    return lenient(kind | None if optional else kind), field


def _is_of(value: Any, kind: Any) -> bool:
    try:
        config = ConfigDict(strict=True, allow_inf_nan=False)
        TypeAdapter(kind, config=config).validate_python(value)
    except ValidationError:
        return False
    return True


def _check(file: str, definition: _Definition) -> None:
    try:
        query = parse(definition.aql)
    except ArangoError as error:
        raise ConfigError(f"tools/{file}: the query is wrong: {error.message}.") from None
    declared = {
        f"@{name}" if parameter.type == "collection" else name
        for name, parameter in definition.parameters.items()
    }
    used = {node.name for node in _walk(query) if isinstance(node, Parameter)}
    for missing in sorted(used - declared):
        raise ConfigError(
            f"tools/{file}: the query uses @{missing}, which [parameters] does not have."
        )
    for idle in sorted(declared - used):
        raise ConfigError(f"tools/{file}: the query does not use the parameter {idle!r}.")
    if definition.read_only and any(isinstance(node, Modification) for node in _walk(query)):
        raise ConfigError(
            f"tools/{file}: the query changes data.", hint="Say so: read_only = false"
        )
    values = {name: f"any_{name.removeprefix('@')}" for name in declared}
    try:
        plan_query(query, values, _AnyCollection())
    except ArangoError as error:
        if error.number in _SURELY_WRONG:
            raise ConfigError(f"tools/{file}: the query is wrong: {error.message}.") from None


class _AnyCollection:
    """A catalog in which every name is a collection, also of edges."""

    def is_edge(self, _collection: str) -> bool:
        return True

    def named(self, name: str) -> str:
        return name

    def searched(self, _view: str) -> None:
        return None


def _walk(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
        for field in dataclasses.fields(value):
            yield from _walk(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _walk(item)


def _explained(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    return "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in problems)
