"""Steps that search: views, and collections by an inverted index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.projecting import IDENTITY
from hades_mcp.embedded.aql.executor.step import NO_LIMIT, amount, execution_of
from hades_mcp.embedded.aql.functions.text_analysis import analyzer_named
from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.search import Scene, filter_of
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.search.fields import analyzer_at
from hades_mcp.embedded.storage.search.filters import Every, Filter
from hades_mcp.embedded.storage.search.highlighting import Matches
from hades_mcp.embedded.storage.search.scoring import Bm25, Scorer, TfIdf
from hades_mcp.embedded.storage.search.searcher import Found, Key, Reading, Searcher
from hades_mcp.embedded.storage.search.sources import Source, sources_of
from hades_mcp.embedded.storage.views import View, find_view
from hades_mcp.embedded.values import descending, number, order_key, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.analyzers import Analyzer
    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.nodes import Call, Expression
    from hades_mcp.embedded.aql.plan import EnumerateViewNode, InvertedIndexNode, Variable
    from hades_mcp.embedded.storage.search.table import SearchTable

_BAD_PARAMETER = 10


def enumerate_view(
    compiler: Compiler, node: EnumerateViewNode, attributes: frozenset[str] | None
) -> Step:
    """Make a row of each document a view finds, with its scores.

    Args:
        compiler: Compiles the condition.
        node: The loop over the view.
        attributes: Those of the documents that are read afterwards; None for all.
    """
    condition = _Condition(compiler, node.variable, node.condition)
    scorers = [_scorer(compiler, score.call) for score in node.scores]
    place, places = node.variable.id, [score.variable.id for score in node.scores]
    keys, reading = _keys(node), _reading(node, attributes)
    limit, limit_offset = compiler.optional(node.limit), compiler.optional(node.limit_offset)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        assert execution.transaction is not None  # noqa: S101  the planner found the view
        view = find_view(execution.transaction, node.view)
        sources = sources_of(execution.transaction, view)
        tables = [source.table(execution.transaction) for source in sources]
        among = _among(sources, node.options)
        order = _order(view, sources)
        for row in rows:
            searcher = _searcher(execution, tables)
            wanted = condition.filter(row, _by_field(view, tables))
            scored = [make(row) for make in scorers]
            read = "documents" if order else reading
            if keys:
                most = amount(limit_offset, base) + amount(limit, base, NO_LIMIT)
                found = searcher.best(wanted, scored, keys, most, among=among, read=read)
            else:
                found = _sorted(searcher.find(wanted, scored, among=among, read=read), order)
            for item in found:
                execution.check()
                execution.stats.scannedIndex += 1
                new = row.copy()
                new[place] = item.document
                for where, score in zip(places, item.scores, strict=True):
                    new[where] = number(score)
                if node.matches is not None:
                    at, found_row = item.at
                    new[node.matches.id] = Matches(searcher.corpus.matcher(at), found_row, wanted)
                yield new

    return step


def _reading(node: EnumerateViewNode, attributes: frozenset[str] | None) -> Reading:
    """Return what has to be read of the documents."""
    if not node.materialized:
        return "nothing"
    return "documents" if attributes is None or attributes - IDENTITY else "identities"


def _keys(node: EnumerateViewNode) -> list[Key]:
    """Return which of the scores the view is sorted by."""
    at = {score.variable: place for place, score in enumerate(node.scores)}
    return [
        Key(at[key.value.variable], key.descending)
        for key in node.order
        if isinstance(key.value, VariableReference)
    ]


def inverted_index(compiler: Compiler, node: InvertedIndexNode) -> Step:
    """Make a row of each document of a collection an inverted index finds."""
    condition = _Condition(compiler, node.variable, node.condition)
    place = node.variable.id

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        collection = execution.collection(node.collection)
        assert execution.transaction is not None  # noqa: S101  the planner found the index
        source = Source(collection.info, collection.index(node.index))
        table = source.table(execution.transaction)

        def analyzer(path: str) -> Analyzer | None:
            return analyzer_at(table.plan, path)

        for row in rows:
            searcher = _searcher(execution, [table])
            for item in searcher.find(condition.filter(row, analyzer, searching=False)):
                execution.check()
                execution.stats.scannedIndex += 1
                new = row.copy()
                new[place] = item.document
                yield new

    return step


def _searcher(execution: Execution, tables: list[SearchTable]) -> Searcher:
    assert execution.transaction is not None  # noqa: S101  as above
    return Searcher(tables, execution.check, lazy=not execution.transaction.writable)


class _Condition:
    """A search expression, compiled as far as it can be before there is a row."""

    def __init__(
        self, compiler: Compiler, variable: Variable, condition: Expression | None
    ) -> None:
        self._compiler = compiler
        self._variable = variable
        self._node = condition
        self._compiled: dict[int, Evaluate] = {}

    def filter(
        self,
        row: Row,
        by_field: Callable[[str], Analyzer | None] | None,
        *,
        searching: bool = True,
    ) -> Filter:
        """Return what is searched for, given the variables of a row."""
        if self._node is None:
            return Every()
        execution = execution_of(row)

        def test(node: Expression) -> Callable[[Any], bool]:
            evaluate, new = self._evaluate(node), row.copy()

            def passes(document: Any) -> bool:
                new[self._variable.id] = document
                return truth(evaluate(new))

            return passes

        scene = Scene(
            self._variable,
            lambda node: self._evaluate(node)(row),
            test,
            lambda name: analyzer_named(execution, name, "ANALYZER"),
            by_field,
            searching,
        )
        return filter_of(self._node, scene)

    def _evaluate(self, node: Expression) -> Evaluate:
        found = self._compiled.get(id(node))
        if found is None:  # the plan keeps the node alive, and so its id its own
            found = self._compiled[id(node)] = self._compiler.compile(node)
        return found


def _by_field(view: View, tables: list[SearchTable]) -> Callable[[str], Analyzer | None] | None:
    """Return what knows the Analyzer of a field where a query need not name it."""
    if view.kind == "arangosearch":
        return None

    def find(path: str) -> Analyzer | None:
        found = (analyzer_at(table.plan, path) for table in tables)
        return next((analyzer for analyzer in found if analyzer is not None), None)

    return find


def _among(sources: list[Source], options: dict[str, Any]) -> list[int] | None:
    wanted = options.get("collections")
    if wanted is None:
        return None
    if not isinstance(wanted, list):
        raise ArangoError(
            _BAD_PARAMETER,
            "null value or array of strings or numbers is expected for option 'collections'",
        )
    names = {source.collection.name for source in sources}
    names |= {source.collection.id for source in sources}
    for name in wanted:
        if str(name) not in names:
            raise ArangoError(
                _BAD_PARAMETER,
                f"data source '{name}' is not found or it is not registered with the view",
            )
    chosen = set(map(str, wanted))
    return [
        at
        for at, source in enumerate(sources)
        if chosen & {source.collection.name, source.collection.id}
    ]


def _order(view: View, sources: list[Source]) -> list[dict[str, Any]]:
    """Return the order of a view; the indexes of a search-alias view all have the same."""
    if view.kind == "arangosearch":
        found: list[dict[str, Any]] = view.properties["primarySort"]
    else:
        found = sources[0].index.options["primarySort"]["fields"] if sources else []
    return found


def _sorted(found: Iterator[Found], order: list[dict[str, Any]]) -> Iterator[Found]:
    """Put documents in the view's own order, if it has one."""
    if not order:
        return found
    keys = [(item["field"].split("."), item["asc"]) for item in order]

    def key(item: Found) -> bytes:
        parts = []
        for names, ascending in keys:
            value: Any = item.document
            for name in names:
                value = value.get(name) if isinstance(value, dict) else None
            parts.append(order_key(value) if ascending else descending(order_key(value)))
        return b"".join(parts)

    return iter(sorted(found, key=key))


def _scorer(compiler: Compiler, call: Call) -> Callable[[Row], Scorer]:
    arguments = [compiler.compile(argument) for argument in call.arguments[1:]]

    def make(row: Row) -> Scorer:
        values = [argument(row) for argument in arguments]
        if call.name == "TFIDF":
            if not all(isinstance(value, bool) for value in values):
                raise _bad_scorer(call)
            return TfIdf(*values)
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
            raise _bad_scorer(call)
        return Bm25(*map(float, values))

    return make


def _bad_scorer(call: Call) -> ArangoError:
    return ArangoError(_BAD_PARAMETER, f"invalid arguments of scorer {call.name}()")
