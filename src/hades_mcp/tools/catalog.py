"""All tools there are, in the order a model sees them: the built-in ones, then the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    from hades_mcp.tools.definition import Tool

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


def load_tools(home: Path) -> tuple[Tool, ...]:
    """Return the built-in tools and those in `tools/` (shipped, and in the user's home).

    Raises:
        ConfigError: A tool file is broken, or takes a name that is taken.
    """
    # their queries are checked by the parser, which comes with the whole engine
    from hades_mcp.tools.user_tools import load_user_tools  # noqa: PLC0415

    return (*BUILT_IN, *load_user_tools(home, taken=[tool.name for tool in BUILT_IN]))
