"""What a plan says of a query before it runs: whether it writes, what it touches, what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MODIFICATION_NODES = frozenset(
    {
        "InsertNode",
        "UpdateNode",
        "ReplaceNode",
        "RemoveNode",
        "UpsertNode",
        "MultipleRemoteModificationNode",
    }
)
"""ArangoDB's names in a plan for what changes data."""

REMOTE_NODE = "SingleRemoteOperationNode"
"""What a cluster makes of a statement on one document; its `mode` says which, a read or not."""

WRITING = frozenset({"write", "exclusive"})
"""How a plan may use a collection it changes."""

_USER_FUNCTION = frozenset({"user function call", "user function"})
_SILENT = frozenset({"SingletonNode", "CalculationNode", "SubqueryEndNode", "GatherNode"})
_SCAN = "EnumerateCollectionNode"
_LOOPS = frozenset({_SCAN, "EnumerateListNode", "IndexNode", "TraversalNode", "EnumerateViewNode"})


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """How a query would run.

    Args:
        steps: Its loops, filters, sorts and writes in words, in order, with the documents expected.
        collections: Collection → how it is used: read, write or exclusive.
        indexes: What indexes are used, as `collection(attributes)`.
        estimated_cost: In ArangoDB's units: about one for each row that passes a step.
        modifies: Whether running it would change data.
        warnings: ArangoDB's warnings, as sentences.
        nodes: Types of the execution nodes, in order.
        rules: Optimizer rules that were applied.
        user_functions: Whether it calls functions in JavaScript, which may do anything.
    """

    steps: list[str]
    collections: dict[str, str]
    indexes: list[str]
    estimated_cost: float
    modifies: bool
    warnings: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    user_functions: bool = False

    @property
    def written(self) -> list[str]:
        """The collections it changes."""
        return sorted(name for name, use in self.collections.items() if use in WRITING)


def plan_of(answer: dict[str, Any]) -> QueryPlan:
    """Return the plan that a server's `explain` answered with.

    A query reads only if ArangoDB says so (`isModificationQuery`), no node of the plan, in
    subqueries neither, is one that modifies, and no collection is opened for writing: three signs
    of which each alone should do.
    """
    nodes = list(_nodes(answer["nodes"]))
    collections = {each["name"]: each["type"] for each in answer.get("collections", [])}
    return QueryPlan(
        steps=[_step(node) for node in nodes if node["type"] not in _SILENT],
        collections=collections,
        indexes=list(dict.fromkeys(index for node in nodes for index in _indexes(node))),
        estimated_cost=float(answer.get("estimatedCost", 0.0)),
        modifies=bool(answer.get("isModificationQuery"))
        or any(map(modifies, nodes))
        or not WRITING.isdisjoint(collections.values()),
        warnings=[str(each.get("message", each)) for each in answer.get("warnings", [])],
        nodes=[node["type"] for node in nodes],
        rules=answer.get("rules", []),
        user_functions=_calls_user_functions(nodes),
    )


def modifies(node: dict[str, Any]) -> bool:
    """Tell whether a node of a plan changes data."""
    if node["type"] == REMOTE_NODE:
        return bool(node.get("mode") != "IndexNode")
    return node["type"] in MODIFICATION_NODES or any(map(modifies, _inner(node)))


def cheaper(plan: QueryPlan) -> str:
    """Return what would lower the cost of a plan."""
    advice = []
    scanned = [step.split()[1] for step in plan.steps if step.startswith(_SCAN)]
    loops = sum(step.split()[0] in _LOOPS for step in plan.steps)
    if loops > 1:
        advice.append("join by an indexed attribute (_key, _id, _from, _to or one with an index)")
    if scanned:
        names = ", ".join(dict.fromkeys(scanned))
        advice.append(f"FILTER on an attribute that has an index (scanned whole: {names})")
    if "LimitNode" not in plan.nodes:
        advice.append("put a LIMIT right after the FOR")
    if "TraversalNode" in plan.nodes:
        advice.append("lower the depth, or PRUNE")
    return f"To lower it: {'; '.join(advice)}." if advice else "Ask for less at once."


def _nodes(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield from _nodes(_inner(node))
        yield node


def _inner(node: dict[str, Any]) -> list[dict[str, Any]]:
    # older plans nest what newer ones flatten
    subquery = node.get("subquery")
    return list(subquery.get("nodes", [])) if isinstance(subquery, dict) else []


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    for index in _index_list(node):
        owner = index.get("collection", node.get("collection", ""))
        yield f"{owner}({', '.join(_names(index))}) {index.get('type', '')}"


def _index_list(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = node.get("indexes")  # a traversal has an object of lists here
    return found if isinstance(found, list) else []


def _names(index: dict[str, Any]) -> list[str]:
    return [each if isinstance(each, str) else str(each.get("name")) for each in index["fields"]]


def _step(node: dict[str, Any]) -> str:
    kind = node["type"]
    about = node.get("collection") or node.get("view") or node.get("graph") or ""
    if kind == "LimitNode":
        about = str(node.get("limit", ""))
    used = " ".join(f"({', '.join(_names(index))})" for index in _index_list(node))
    expected = node.get("estimatedNrItems")
    parts = [kind, about if isinstance(about, str) else "", _bracketed(used)]
    parts.append(f"~{expected:g}" if isinstance(expected, int | float) else "")
    return " ".join(part for part in parts if part)


def _bracketed(used: str) -> str:
    return f"by {used}" if used else ""


def _calls_user_functions(value: Any) -> bool:
    match value:
        case {"type": str(kind)} if kind in _USER_FUNCTION:
            return True
        case dict():
            return any(map(_calls_user_functions, value.values()))
        case list():
            return any(map(_calls_user_functions, value))
        case _:
            return False
