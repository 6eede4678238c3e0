"""All tools there are, in the order a model sees them: the built-in ones, then the user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.logging import get_logger
from hades_mcp.tools.contexts import context_add, context_clear, context_get, context_list
from hades_mcp.tools.documents import document_add, document_delete, document_get
from hades_mcp.tools.feedback import feedback
from hades_mcp.tools.graphs import (
    graph_measure,
    graph_neighbours,
    graph_path,
    graph_relate,
    graph_traverse,
)
from hades_mcp.tools.paging import more
from hades_mcp.tools.queries import aql_examples, aql_explain, aql_read, aql_write
from hades_mcp.tools.schema import schema
from hades_mcp.tools.search import search

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.errors import ConfigError
    from hades_mcp.tools.definition import Tool

_log = get_logger("tools")

# Frozen order: it is part of the prompt's bytes, which the model server's cache is keyed by.
BUILT_IN: tuple[Tool, ...] = (
    search,
    document_add,
    document_get,
    document_delete,
    graph_traverse,
    graph_path,
    graph_neighbours,
    graph_measure,
    graph_relate,
    schema,
    aql_read,
    aql_explain,
    aql_write,
    aql_examples,
    context_add,
    context_get,
    context_list,
    context_clear,
    feedback,
    more,
)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tools of a data folder.

    Args:
        tools: In the order a model sees them.
        broken: What is wrong with the user's own files that are left out.
    """

    tools: tuple[Tool, ...] = BUILT_IN
    broken: tuple[ConfigError, ...] = ()


def load_tools(home: Path) -> Catalog:
    """Return the built-in tools and those in `tools/` (shipped, and in the user's home).

    A broken file takes no other tool with it: it is left out, and the log says why.
    """
    # their queries are checked by the parser, which comes with the whole engine
    from hades_mcp.tools.user_tools import load_user_tools  # noqa: PLC0415

    own, broken = load_user_tools(home, taken=[tool.name for tool in BUILT_IN])
    for error in broken:
        _log.warning("tool_left_out", reason=str(error))
    return Catalog((*BUILT_IN, *own), broken)
