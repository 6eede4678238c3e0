"""Prepared queries: parsed, planned, optimized, compiled; kept until the schema changes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.aql.depth import room_for
from hades_mcp.embedded.aql.executor import CompiledQuery
from hades_mcp.embedded.aql.parser import LONG, parse
from hades_mcp.embedded.aql.parser.cursor import too_much_nesting
from hades_mcp.embedded.aql.plan import LimitNode, Subplan
from hades_mcp.embedded.aql.planning import PlannedQuery, plan_query
from hades_mcp.embedded.aql.registers import check_registers
from hades_mcp.embedded.aql.rules import RULES, Optimization, enabled, optimize
from hades_mcp.embedded.storage.search.sources import sources_of
from hades_mcp.embedded.storage.views import find_view, is_view
from hades_mcp.embedded.values import json_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from hades_mcp.embedded.aql.clauses import Query
    from hades_mcp.embedded.aql.context import QueryWarning
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.transaction import Transaction
    from hades_mcp.embedded.storage.views import View

KEPT = 256
_Versions: TypeAlias = "dict[str, CollectionInfo | View]"


class StoredSchema:
    """The collections a transaction sees, as planner and optimizer ask for them.

    Args:
        transaction: None where a query may use no collection.
    """

    def __init__(self, transaction: Transaction | None) -> None:
        self._transaction = transaction

    def info(self, collection: str) -> CollectionInfo | None:
        """Return what the catalog holds of a collection."""
        return None if self._transaction is None else self._transaction.info(collection)

    def is_edge(self, collection: str) -> bool | None:
        """Tell whether a collection holds edges; None if there is none."""
        info = self.info(collection)
        return None if info is None else info.is_edge

    def named(self, name: str) -> str:
        """Return the name of the collection that a name or, as ArangoDB has it, an id means."""
        if self._transaction is None or not name.isdecimal():
            return name
        known = self._transaction.collections()
        return next((info.name for info in known if info.id == name), name)

    def searched(self, view: str) -> list[str] | None:
        """Return the names of the collections a view searches; None if there is no such view."""
        found = self.view(view)
        if found is None or self._transaction is None:
            return None
        return [source.collection.name for source in sources_of(self._transaction, found)]

    def view(self, name: str) -> View | None:
        """Return a view by its name."""
        if self._transaction is None or self.info(name) is not None:
            return None
        return find_view(self._transaction, name) if is_view(self._transaction, name) else None

    def version(self, name: str) -> CollectionInfo | View | None:
        """Return what changes when a collection or a view does."""
        return self.info(name) or self.view(name)

    def indexes(self, collection: str) -> Sequence[Index]:
        """Return the indexes of a collection."""
        info = self.info(collection)
        return () if info is None else info.indexes

    def selectivity(self, collection: str, index: Index) -> float | None:
        """Return the share of an index's entries that differ, if there is an estimate."""
        if self._transaction is None or not index.options.get("estimates", True):
            return None
        return self._transaction.collection(collection).selectivity(index)

    def count(self, collection: str) -> int:
        """Return the number of documents of a collection."""
        found = self._transaction
        return 0 if found is None else found.collection(collection).count()


@dataclass(frozen=True)
class PreparedQuery:
    """A query ready to run, any number of times.

    Attributes:
        text: The query.
        plan: Its optimized plan.
        width: Places a row needs.
        read: Collections it reads by name.
        written: Collections it modifies.
        rules: Names of the optimizer rules that changed the plan.
        versions: The catalog's entries for these collections at that time.
        depth: How deeply it nests; see `Query.depth`.
        warnings: What planning it warned of.
    """

    text: str
    plan: Subplan
    width: int
    read: frozenset[str]
    written: frozenset[str]
    rules: tuple[str, ...]
    versions: _Versions
    depth: int
    warnings: tuple[QueryWarning, ...] = ()

    @property
    def modifies(self) -> bool:
        """Whether the query writes."""
        return bool(self.written)

    @cached_property
    def compiled(self) -> CompiledQuery:
        """The steps to run."""
        return CompiledQuery(self.plan, self.width)


class Cache:
    """The queries prepared last, by text and by whatever else shaped their plans."""

    def __init__(self, size: int = KEPT) -> None:
        self._size = size
        self._lock = Lock()
        self._structural: dict[Hashable, list[str]] = {}
        self._prepared: OrderedDict[Hashable, PreparedQuery] = OrderedDict()

    def find(
        self, key: Hashable, bind_vars: Mapping[str, Any], schema: StoredSchema
    ) -> PreparedQuery | None:
        """Return a query prepared with these parameters and these collections."""
        with self._lock:
            full_key = self._full_key(key, bind_vars)
            found = self._prepared.get(full_key)
            if found is None:
                return None
            self._prepared.move_to_end(full_key)
        for name, version in found.versions.items():
            current = schema.version(name)
            if current is not version and current != version:
                return None
        return found

    def keep(
        self,
        key: Hashable,
        bind_vars: Mapping[str, Any],
        structural: frozenset[str],
        prepared: PreparedQuery,
    ) -> None:
        """Keep a prepared query; the one not used for longest goes."""
        with self._lock:
            if len(self._structural) > 4 * self._size:
                self._structural.clear()
                self._prepared.clear()
            self._structural[key] = sorted(structural)
            self._prepared[self._full_key(key, bind_vars)] = prepared
            while len(self._prepared) > self._size:
                self._prepared.popitem(last=False)

    def _full_key(self, key: Hashable, bind_vars: Mapping[str, Any]) -> Hashable:
        names = self._structural.get(key)
        return (key, *[json_text(bind_vars[name]) for name in names]) if names else key


_CACHE = Cache()


def known(
    text: str,
    bind_vars: Mapping[str, Any],
    transaction: Transaction | None,
    *,
    rules: Sequence[str] = (),
    full_count: bool = False,
) -> PreparedQuery | None:
    """Return a query that was prepared before and can be used again, if there is one."""
    key = (text, frozenset(bind_vars), tuple(rules), full_count)
    return _CACHE.find(key, bind_vars, StoredSchema(transaction))


def prepare(
    text: str,
    bind_vars: Mapping[str, Any] | None = None,
    *,
    transaction: Transaction | None = None,
    rules: Sequence[str] = (),
    full_count: bool = False,
) -> PreparedQuery:
    """Parse, plan and optimize a query.

    Args:
        text: The query.
        bind_vars: Values of its parameters.
        transaction: What it will run in; None for a query that uses no collection.
        rules: Optimizer rules to switch, such as `-all` or `+use-indexes`.
        full_count: Count the rows the last LIMIT of the query cuts off.

    Raises:
        ArangoError: 1501 and others, for a query that cannot run.
    """
    values = bind_vars or {}
    schema = StoredSchema(transaction)
    key = (text, frozenset(values), tuple(rules), full_count)
    found = _CACHE.find(key, values, schema)
    if found is not None:
        return found
    query = parse(text)
    try:
        with room_for(query.depth):
            planned = plan_query(query, values, schema)
            prepared = _finish(query, planned, schema, rules, full_count=full_count)
            prepared.compiled  # noqa: B018  compiled now, so that what it refuses is refused here
    except RecursionError:
        raise too_much_nesting() from None
    if len(text) <= LONG:
        _CACHE.keep(key, values, planned.structural, prepared)
    return prepared


def _finish(
    query: Query,
    planned: PlannedQuery,
    schema: StoredSchema,
    rules: Sequence[str],
    *,
    full_count: bool,
) -> PreparedQuery:
    optimization = Optimization(schema, planned.width)
    plan = _counting(planned.plan) if full_count else planned.plan
    plan = optimize(plan, enabled(RULES, rules), optimization)
    check_registers(plan, optimization.width)
    names = planned.read | planned.written | planned.views
    return PreparedQuery(
        query.text,
        plan,
        optimization.width,
        planned.read,
        planned.written,
        tuple(optimization.applied),
        {name: known for name in names if (known := schema.version(name)) is not None},
        query.depth,
        planned.warnings,
    )


def _counting(plan: Subplan) -> Subplan:
    """Let the last LIMIT at the top level count what it cuts off."""
    places = [at for at, node in enumerate(plan.nodes) if isinstance(node, LimitNode)]
    if not places:
        return plan
    nodes: list[Node] = list(plan.nodes)
    limit = nodes[places[-1]]
    assert isinstance(limit, LimitNode)  # noqa: S101  found as one
    nodes[places[-1]] = replace(limit, full_count=True)
    return replace(plan, nodes=tuple(nodes))
