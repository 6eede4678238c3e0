"""The engine ≡ a brute-force model, on random data and random queries."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.embedded.aql import model
from tests.embedded.aql.model import Clause, Env, Expr

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction

RANDOM = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
scalars = st.sampled_from([None, False, True, -1, 0, 1, 2, 3, "", "a", "b", "ab"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=4,
)
documents = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3), max_size=8
)


@st.composite
def expressions(  # noqa: PLR0911  one return per kind of expression
    draw: st.DrawFn, names: tuple[str, ...], depth: int = 2
) -> Expr:
    """Draw an expression over some variables."""
    leaves = ["literal", *["variable", "attribute"] * 2] if names else ["literal"]
    kinds = (
        leaves
        if depth == 0
        else [*leaves, *["binary", "binary", "logical", "not", "ternary", "array", "inline"]]
    )
    again = expressions(names, depth - 1)
    match draw(st.sampled_from(kinds)):
        case "variable":
            return model.variable(draw(st.sampled_from(names)))
        case "attribute":
            subject = model.variable(draw(st.sampled_from(names)))
            return model.attribute(subject, draw(st.sampled_from(["a", "b", "c"])))
        case "binary":
            return model.binary(draw(again), draw(st.sampled_from(model.OPERATORS)), draw(again))
        case "logical":
            return model.logical(draw(again), draw(st.sampled_from(["AND", "OR"])), draw(again))
        case "not":
            return model.negation(draw(again))
        case "ternary":
            return model.ternary(draw(again), draw(again), draw(again))
        case "array":
            return model.array(draw(st.lists(again, max_size=3)))
        case "inline":
            inner = expressions((*names, "CURRENT"), depth - 1)
            subject = draw(again)
            if subject.text[0] in '"-0123456789ntf':
                subject = Expr(f"NOOPT({subject.text})", subject.value)
            return model.inline(subject, draw(inner), draw(inner))
    return model.literal(draw(values))


@st.composite
def conditions(draw: st.DrawFn, names: tuple[str, ...]) -> Expr:
    """Draw a condition: half of them are such as indexes serve."""
    if draw(st.booleans()):
        return draw(expressions(names))
    found = None
    for _ in range(draw(st.integers(1, 3))):
        subject = model.attribute(
            model.variable(draw(st.sampled_from(names))), draw(st.sampled_from(["a", "b", "c"]))
        )
        operator = draw(st.sampled_from(["==", "<", ">=", "IN", "!="]))
        test = model.binary(subject, operator, model.literal(draw(values)))
        joined = draw(st.sampled_from(["AND", "OR"]))
        found = test if found is None else model.logical(found, joined, test)
    assert found is not None
    return found


@st.composite
def _groupings(draw: st.DrawFn, names: tuple[str, ...]) -> Clause:
    one, other = draw(expressions(names)), draw(expressions(names))
    if draw(st.booleans()):
        return model.collect(one, draw(st.sampled_from(sorted(model.AGGREGATES))), other)
    return model.collect_into(one, other)


@st.composite
def queries(draw: st.DrawFn, outer: tuple[str, ...] = ()) -> tuple[list[Clause], Expr]:
    """Draw the operations of a query and what it returns."""
    clauses: list[Clause] = []
    names, loops = outer, 0
    for at in range(draw(st.integers(1, 5))):
        kinds = ["let", "filter", "filter", "sort", "group"]
        kinds += ["loop", "array", "subquery"] * (loops < 2 and not outer)
        kind = "loop" if at == 0 else draw(st.sampled_from(kinds))
        name, some = f"v{len(outer)}{at}", expressions(names)
        match kind:
            case "loop":
                clauses.append(model.loop(name, None))
            case "array":
                clauses.append(model.loop(name, model.array(draw(st.lists(some, max_size=3)))))
            case "let":
                clauses.append(model.let(name, draw(some)))
            case "subquery":
                clauses.append(model.let(name, model.subquery(*draw(queries(names)))))
            case "filter":
                clauses.append(model.condition(draw(conditions(names))))
            case "sort":
                clauses.append(draw(_sorts(names)))
            case "group":
                clauses.append(draw(_groupings(names)))
                return clauses, draw(expressions(("g", "a")))
        loops += kind in {"loop", "array"}
        if kind not in {"filter", "sort"}:
            names = (*names, name)
    return clauses, draw(expressions(names))


@st.composite
def _sorts(draw: st.DrawFn, names: tuple[str, ...]) -> Clause:
    """Draw a SORT after which no two rows that differ are tied."""
    keys = [
        (draw(expressions(names, 1)), draw(st.booleans())) for _ in range(draw(st.integers(0, 2)))
    ]
    keys += [(model.variable(name), False) for name in names]
    limit = draw(st.none() | st.tuples(st.integers(0, 3), st.integers(0, 5)))
    return model.sort(keys, limit)


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        docs = transaction.create_collection("docs")
        docs.ensure_index({"type": "persistent", "fields": ["a"]})
        docs.ensure_index({"type": "persistent", "fields": ["b", "c"], "sparse": True})
        docs.ensure_index({"type": "persistent", "fields": ["c[*]"]})
        yield transaction
        transaction.abort()


def stored(transaction: Transaction, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replace what the collection holds; return it as the model sees it."""
    docs = transaction.collection("docs")
    docs.truncate()
    for at, document in enumerate(documents):
        docs.insert({"_key": f"k{at}", **document})
    return list(docs.scan())


@given(documents, queries())
@RANDOM
def test_queries_give_what_the_model_gives(
    transaction: Transaction, documents: list[dict[str, Any]], query: tuple[list[Clause], Expr]
) -> None:
    clauses, result = query
    rows: list[Env] = [{"$docs": stored(transaction, documents)}]
    for clause in clauses:
        rows = clause.rows(rows)
    wanted = sorted((result.value(row) for row in rows), key=model.key)
    text = " ".join(clause.text for clause in clauses) + f" RETURN {result.text}"
    note(text)
    for rules in ((), ("-all",)):
        found = execute(transaction, text, options=QueryOptions(rules=rules)).rows
        assert model.compare(sorted(found, key=model.key), wanted) == 0
        assert len(found) == len(wanted)


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(0, 4), st.integers(0, 4))
@RANDOM
def test_windows_over_rows_give_what_slices_give(items: list[int], before: int, after: int) -> None:
    text = (
        (
            "FOR x IN @items WINDOW {preceding: @before, following: @after}"
            " AGGREGATE s = SUM(x), n = COUNT(), m = MAX(x), u = UNIQUE(x) RETURN [x, s, n, m, u]"
        )
        .replace("@before", str(before))
        .replace("@after", str(after))
    )
    wanted: list[list[Any]] = []
    for at, item in enumerate(items):
        around = items[max(0, at - before) : at + after + 1]
        wanted.append([item, sum(around), len(around), max(around), model.distinct(around)])
    found = execute(None, text, {"items": items}).rows
    assert [[*row[:4], sorted(row[4])] for row in found] == [
        [*row[:4], sorted(row[4])] for row in wanted
    ]


@given(st.lists(st.integers(-9, 9), max_size=9), st.integers(0, 5), st.integers(0, 5))
@RANDOM
def test_windows_over_values_give_what_comparisons_give(
    items: list[int], before: int, after: int
) -> None:
    text = (
        f"FOR x IN @items WINDOW x WITH {{preceding: {before}, following: {after}}}"
        " AGGREGATE s = SUM(x), n = COUNT() RETURN [x, s, n]"
    )
    around = {x: [y for y in items if x - before <= y <= x + after] for x in items}
    wanted = [[x, sum(around[x]), len(around[x])] for x in sorted(items)]
    assert execute(None, text, {"items": items}).rows == wanted


KEYS = st.sampled_from(["k0", "k1", "k2"])
bodies = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.sampled_from([None, 1, 2, [1], {"x": 1}, {"x": None}, {"y": {"z": 2}}]),
    max_size=2,
)
changes = st.tuples(
    st.sampled_from(["insert", "update", "replace", "remove", "upsert"]),
    KEYS,
    bodies,
    st.booleans(),
    st.booleans(),
)


def merged(old: Any, new: Any, *, keep_null: bool, deep: bool) -> Any:
    """Return what UPDATE makes of two objects."""
    made = dict(old)
    for name, value in new.items():
        if value is None and not keep_null:
            made.pop(name, None)
        elif deep and isinstance(value, dict) and isinstance(made.get(name), dict):
            made[name] = merged(made[name], value, keep_null=keep_null, deep=deep)
        else:
            made[name] = without_null(value, keep_null=keep_null)
    return made


def without_null(value: Any, *, keep_null: bool) -> Any:
    """Return an object as UPDATE stores it: with `keepNull: false` null attributes are left out."""
    if keep_null or not isinstance(value, dict):
        return value
    return {
        name: without_null(inner, keep_null=False)
        for name, inner in value.items()
        if inner is not None
    }


def changed(state: dict[str, Any], change: tuple[str, str, Any, bool, bool]) -> list[Any]:
    """Change a dictionary as the query would change the collection; return `[OLD, NEW]` rows."""
    kind, key, body, keep_null, deep = change
    old = state.get(key)
    if kind == "insert" or (kind == "upsert" and old is None):
        if old is not None:
            return []  # the error is ignored
        new = body
    elif old is None:
        return []
    elif kind == "remove":
        del state[key]
        return [[old, None]]
    elif kind == "replace":
        new = body
    else:
        new = merged(old, body, keep_null=keep_null, deep=deep)
    state[key] = new
    return [[old, new]]


QUERIES = {
    "insert": "INSERT MERGE(@body, {_key: @key}) INTO docs OPTIONS {ignoreErrors: true}"
    " RETURN [null, NEW]",
    "update": "UPDATE @key WITH @body IN docs OPTIONS {ignoreErrors: true, %s} RETURN [OLD, NEW]",
    "replace": "REPLACE @key WITH @body IN docs OPTIONS {ignoreErrors: true} RETURN [OLD, NEW]",
    "remove": "REMOVE @key IN docs OPTIONS {ignoreErrors: true} RETURN [OLD, null]",
    "upsert": "UPSERT {_key: @key} INSERT MERGE(@body, {_key: @key}) UPDATE @body IN docs"
    " OPTIONS {%s} RETURN [OLD, NEW]",
}


def shown(document: Any) -> Any:
    if document is None:
        return None
    return {name: value for name, value in document.items() if not name.startswith("_")}


@given(st.lists(changes, max_size=8))
@RANDOM
def test_modifications_leave_what_a_dictionary_holds(
    transaction: Transaction, given_changes: list[tuple[str, str, Any, bool, bool]]
) -> None:
    stored(transaction, [])
    state: dict[str, Any] = {}
    for change in given_changes:
        kind, key, body, keep_null, deep = change
        options = f"keepNull: {str(keep_null).lower()}, mergeObjects: {str(deep).lower()}"
        text = QUERIES[kind].replace("%s", options)
        values = {"key": key} if kind == "remove" else {"key": key, "body": body}
        found = execute(transaction, text, values).rows
        note(f"{text} {values}")
        assert [[shown(old), shown(new)] for old, new in found] == changed(state, change)
    left = execute(transaction, "FOR d IN docs RETURN d").rows
    assert {document["_key"]: shown(document) for document in left} == state


@given(st.lists(values, max_size=6))
@RANDOM
def test_values_are_ordered_as_the_model_orders_them(items: list[Any]) -> None:
    found = execute(None, "FOR x IN @items SORT x RETURN x", {"items": items}).rows
    assert model.compare(found, sorted(items, key=model.key)) == 0
    pairs = execute(
        None,
        "FOR x IN @items FOR y IN @items RETURN [x < y, x == y, x <= y, x > y]",
        {"items": items},
    ).rows
    signs = [model.compare(x, y) for x in items for y in items]
    assert pairs == [[c < 0, c == 0, c <= 0, c > 0] for c in signs]
