"""The last word on `forceIndexHint`: a query that must use an index and cannot is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import EnumerateCollectionNode
from hades_mcp.embedded.aql.rules.use_indexes import hinted_names
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

FORCED_HINT_UNUSABLE = 1577


def refuse_unused_index_hints(nodes: Nodes, _: Optimization) -> Nodes:
    """Refuse loops that no rule could serve by the index they insist on.

    Raises:
        ArangoError: 1577.
    """
    for node in nodes:
        if isinstance(node, EnumerateCollectionNode) and node.options.get("forceIndexHint"):
            hints = hinted_names(node.options)
            if hints and not node.options.get("disableIndex"):
                raise ArangoError(
                    FORCED_HINT_UNUSABLE,
                    f"AQL: could not use index hint to serve query; {', '.join(hints)}",
                )
    return nodes
