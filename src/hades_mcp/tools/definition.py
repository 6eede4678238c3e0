"""A tool: what a model is told of it, what it takes, and the function that does it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.messages import ToolAnnotations, ToolSpec
from hades_mcp.tools.signatures import Arguments, argument_model, lean_schema

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing a model may do.

    Args:
        spec: Name, words and schema, as a model sees them.
        arguments: The model that checks a call.
        function: Called with the workspace and the checked arguments, in a worker thread.
    """

    spec: ToolSpec
    arguments: type[Arguments]
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.spec.name


def tool(
    *, title: str, read_only: bool = False, destructive: bool = False, idempotent: bool = False
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function: its name, docstring and signature are what the model is told.

    The function takes the workspace first; each further parameter is an argument of the tool. Its
    module must not postpone annotations: they are read here.

    Args:
        title: Name for people.
        read_only: It changes nothing.
        destructive: It may delete or overwrite.
        idempotent: Doing it twice is doing it once.
    """

    def make(function: Callable[..., Any]) -> Tool:
        model = argument_model(function)
        annotations = ToolAnnotations(
            title=title, read_only=read_only, destructive=destructive, idempotent=idempotent
        )
        spec = ToolSpec(
            name=function.__name__,
            description=" ".join((inspect.getdoc(function) or "").split()),
            parameters=lean_schema(model),
            annotations=annotations,
        )
        return Tool(spec, model, function)

    return make
