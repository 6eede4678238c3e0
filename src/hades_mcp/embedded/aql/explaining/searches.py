"""Loops over views and inverted indexes as ArangoDB's explain shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import plan
from hades_mcp.embedded.aql.nodes import Constant

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.explaining.loops import Notes
    from hades_mcp.embedded.aql.nodes import Expression


def search_json(
    node: plan.EnumerateViewNode | plan.InvertedIndexNode, notes: Notes
) -> dict[str, Any]:
    """Return what is particular to a loop that searches."""
    return (
        _view(node, notes) if isinstance(node, plan.EnumerateViewNode) else _inverted(node, notes)
    )


def _inverted(node: plan.InvertedIndexNode, notes: Notes) -> dict[str, Any]:
    """Return what is particular to a loop over an inverted index: an IndexNode to ArangoDB."""
    return {
        "collection": node.collection,
        "indexes": [notes.index(node.collection, node.index)],
        "condition": notes.expression(node.condition),
        "outVariable": notes.note(node.variable, document=True),
        "projections": [],
        "ascending": True,
        "sorted": False,
        "reverse": False,
        "limit": 0,
        "producesResult": True,
    }


def _view(node: plan.EnumerateViewNode, notes: Notes) -> dict[str, Any]:
    """Return what is particular to a loop over a view."""
    every = Constant(value=True)
    return {
        "view": node.view,
        "outVariable": notes.note(node.variable, document=True),
        "condition": notes.expression(node.condition or every),
        "scorers": [
            {
                "id": score.variable.id,
                "name": notes.note(score.variable)["name"],
                "node": notes.expression(score.call),
            }
            for score in node.scores
        ],
        "scorersSort": [
            {"index": at, "asc": not key.descending} for at, key in enumerate(node.order)
        ],
        "scorersSortLimit": _constant(node.limit) + _constant(node.limit_offset),
        "shards": [],
        "options": {
            "waitForSync": bool(node.options.get("waitForSync")),
            "collections": node.options.get("collections"),
            "conditionOptimization": node.options.get("conditionOptimization", "auto"),
            "countApproximate": node.options.get("countApproximate", "exact"),
            "filterOptimization": -1,
            "parallelism": node.options.get("parallelism", 1),
        },
        "volatility": 0,
        "noMaterialization": not node.materialized,
    }


def _constant(value: Expression | None) -> int:
    found = value.value if isinstance(value, Constant) else 0
    return found if isinstance(found, int) else 0
