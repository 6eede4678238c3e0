"""`js_programs`: programs with state, from the tests of ArangoDB 3.2.2; judged by expectation."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tests.conformance import compare
from tests.conformance.queries import (
    Answer,
    ask,
    failure,
    missed_error,
    missed_warning,
    unequal,
)
from tests.conformance.rows import Row, Verdict, read

from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.embedded.storage import Transaction

GRAPHS = "_graphs"


def judge(where: Path) -> Iterator[Verdict]:
    """Yield a verdict for each comparable expectation."""
    rows = read(where, "js_programs")
    setups = {row["setup"]: row["steps"] for row in rows if "id" not in row}
    programs = sorted((row for row in rows if "id" in row), key=_setup_of)
    for setup, group in groupby(programs, _setup_of):
        with Engine(None) as engine:
            database = engine.database("_system")
            broken = None
            with database.transaction(write=True) as transaction:
                broken = _prepare(transaction, setups.get(setup, []))
            for program in group:
                transaction = database.begin(write=True)
                try:
                    yield from _run(transaction, program, broken)
                finally:
                    transaction.abort()


def _prepare(transaction: Transaction, steps: list[Row]) -> str | None:
    broken = None
    for step in _batched(steps):
        broken = perform(transaction, step) or broken
    return broken


def _batched(steps: list[Row]) -> Iterator[Row]:
    """Join inserts into one collection that follow each other."""
    for (op, name), group in groupby(steps, lambda step: (step["op"], step.get("coll"))):
        if op == "insert":
            yield {"op": "insert", "coll": name, "docs": [step["doc"] for step in group]}
        else:
            yield from group


def _run(transaction: Transaction, program: Row, broken: str | None) -> Iterator[Verdict]:
    for number, step in enumerate(_batched(program["steps"])):
        if step["op"] != "query":
            broken = perform(transaction, step) or broken
            continue
        answer = ask(transaction, step["query"], step["bind"], step["options"])
        for which, expectation in enumerate(step["exp"]):
            if not _comparable(expectation):
                continue
            wrong = _difference(expectation, answer)
            if wrong and broken:
                wrong = f"{wrong} (after {broken})"
            name = f"{program['id']}@{number}.{which}"
            yield Verdict(name, program["file"], wrong, step["query"])


def _comparable(expectation: Row) -> bool:
    if "error" in expectation or "warning" in expectation:
        return True
    return compare.comparable(expectation.get("path"))


def _difference(expectation: Row, answer: Answer) -> str | None:
    if "error" in expectation:
        return missed_error(int(expectation["error"]), answer)
    if isinstance(answer, Exception):
        return failure(answer)
    if "warning" in expectation:
        return missed_warning(int(expectation["warning"]), answer)
    path = expectation.get("path") or []
    value = compare.at(answer.rows, path)
    if "truthy" in expectation:
        right = compare.truthy(value) == bool(expectation["truthy"])
        return None if right else f"at {path}: got {compare.shown(value)}"
    wanted = expectation.get("eq")
    value, wanted = compare.without_system(value), compare.without_system(wanted)
    wrong = unequal(value, wanted, path, expectation.get("norm"))
    return wrong and f"at {path}: {wrong}"


def perform(transaction: Transaction, step: Row) -> str | None:
    """Do what a step says; return what went wrong."""
    try:
        _STEPS[step["op"]](transaction, step)
    except Exception as error:  # noqa: BLE001  a crash is a wrong answer, not the judge's end
        return f"{step['op']}: {failure(error)}"
    return None


def _drop(transaction: Transaction, step: Row) -> None:
    if transaction.has_collection(step["coll"]):
        transaction.drop_collection(step["coll"])


def _create(transaction: Transaction, step: Row) -> None:
    _ensure(transaction, step["coll"], edge=step.get("type") == 3)


def _ensure(transaction: Transaction, name: str, *, edge: bool = False) -> None:
    if not transaction.has_collection(name):
        transaction.create_collection(name, edge=edge)


def _insert(transaction: Transaction, step: Row) -> None:
    for outcome in transaction.collection(step["coll"]).insert_many(step["docs"]):
        if isinstance(outcome, Exception):
            raise outcome


def _index(transaction: Transaction, step: Row) -> None:
    transaction.collection(step["coll"]).ensure_index(dict(step["def"]))


def _remove(transaction: Transaction, step: Row) -> None:
    key: Any = step["key"]
    key = key["_key"] if isinstance(key, dict) else key
    transaction.collection(step["coll"]).remove(key.rpartition("/")[2])


def _truncate(transaction: Transaction, step: Row) -> None:
    transaction.collection(step["coll"]).truncate()


def create_graph(transaction: Transaction, step: Row) -> None:
    """Store a named graph and create the collections it is made of."""
    orphans = step.get("orphans") or []
    _ensure(transaction, GRAPHS)
    for definition in step["edgeDefinitions"]:
        _ensure(transaction, definition["collection"], edge=True)
        for name in (*definition["from"], *definition["to"]):
            _ensure(transaction, name)
    for name in orphans:
        _ensure(transaction, name)
    graph = {
        "_key": step["name"],
        "edgeDefinitions": step["edgeDefinitions"],
        "orphanCollections": orphans,
    }
    transaction.collection(GRAPHS).insert(graph, overwrite_mode="replace")


def _drop_graph(transaction: Transaction, step: Row) -> None:
    if transaction.has_collection(GRAPHS):
        graphs = transaction.collection(GRAPHS)
        if graphs.get(step["name"]) is not None:
            graphs.remove(step["name"])


_STEPS = {
    "drop": _drop,
    "create": _create,
    "insert": _insert,
    "index": _index,
    "remove": _remove,
    "truncate": _truncate,
    "graph": create_graph,
    "dropgraph": _drop_graph,
}


def _setup_of(program: Row) -> str:
    return program["setup"] or ""
