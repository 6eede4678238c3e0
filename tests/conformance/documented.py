"""`docs_aql`: the manual's examples, most with the answers of ArangoDB 3.12.10."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.conformance import compare
from tests.conformance.programs import create_graph
from tests.conformance.queries import Answer, ask, failure
from tests.conformance.rows import Row, Verdict, read, read_json

from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.embedded.storage import Database, Transaction

_NAMED = re.compile(
    r"\bFOR\s+\w+\s+IN\s+(?!OUTBOUND|INBOUND|ANY)([A-Za-z_]\w*)\b(?!\s*[(.])", re.IGNORECASE
)
_FENCE = re.compile(r"```(\w+)\n(.*?)\n```", re.DOTALL)
_REST_OF_DATE = re.compile(r"-\d\d-\d\d\S*")


def judge(where: Path) -> Iterator[Verdict]:
    """Yield a verdict for each row; prose rows only where their data can be read off the page."""
    with Engine(None) as engine:
        database = engine.database("_system")
        with database.transaction(write=True) as transaction:
            for name, dataset in read_json(where, "docs_datasets.json").items():
                load(transaction, name, dataset)
        data: dict[str, Any] = {}
        for row in read(where, "docs_aql"):
            if row["kind"] != "prose":
                yield _verdict(row, _answer(database, {**row, "query": _run_by_shell(row)}, None))
                continue
            _read_data(row, data)
            if (given := _given(row, data)) is not None:
                yield _verdict(row, _answer(database, row, given))


def _run_by_shell(row: Row) -> str:
    """Return the query as the server saw it: the manual's tools ran it as a JavaScript template."""
    query: str = row["query"]
    return query.replace("\\\\", "\\") if row["kind"] == "aql" else query


def load(transaction: Transaction, name: str, dataset: Row) -> None:
    """Create the collections of an example graph, or of a plain set of documents."""
    edges = set(dataset["edgeCollections"])
    if dataset["edgeDefinitions"]:
        create_graph(transaction, {"name": name, "edgeDefinitions": dataset["edgeDefinitions"]})
    for collection, documents in dataset["collections"].items():
        if not transaction.has_collection(collection):
            transaction.create_collection(collection, edge=collection in edges)
        plain = [{k: v for k, v in each.items() if k not in {"_id", "_rev"}} for each in documents]
        transaction.collection(collection).insert_many(plain)


def _read_data(row: Row, data: dict[str, Any]) -> None:
    """Remember the documents that the page shows before a query, but no query's result."""
    before = ""
    for language, text in _FENCE.findall(row.get("context_before") or ""):
        is_result, before = before == "aql", language
        if language != "json" or is_result:
            continue
        try:
            documents = json.loads(text)
        except ValueError:
            continue
        if isinstance(documents, list) and documents and isinstance(documents[0], dict):
            data[row["section"]] = documents


def _given(row: Row, data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the collections a prose row needs; None where the page only describes them."""
    if "\n// or\n" in row["query"] or "\n// --- or ---\n" in row["query"]:
        return None  # two queries on one page
    query = row["query"]
    declared = set(re.findall(r"\b(?:LET|INTO|FOR)\s+(\w+)", query)) | set(
        re.findall(r"(\w+)\s*=(?!=)", query)
    )
    needed = {name for name in _NAMED.findall(query) if name not in declared}
    if not needed:
        collections = re.search(r"@@|\bSEARCH\b|\b(?:INTO|IN)\s+users\b|DOCUMENT\(", query)
        asks_parameter = "@" in query
        return None if collections or asks_parameter else {}
    documents = data.get(row["section"])
    if documents is None or len(needed) != 1 or not _fits(row, documents):
        return None
    return {needed.pop(): documents}


def _fits(row: Row, documents: list[Any]) -> bool:
    """Tell whether the documents have the attributes that the query reads."""
    variable = re.search(r"\bFOR\s+(\w+)\s+IN", row["query"])
    assert variable is not None
    read_names = set(re.findall(rf"\b{variable[1]}\.(\w+)", row["query"]))
    return all(name in documents[0] for name in read_names)


def _answer(database: Database, row: Row, given: dict[str, Any] | None) -> Answer:
    transaction = database.begin(write=True)
    try:
        for name, documents in (given or {}).items():
            if transaction.has_collection(name):
                transaction.drop_collection(name)
            transaction.create_collection(name).insert_many([dict(each) for each in documents])
        return ask(transaction, row["query"], row.get("bindVars"))
    finally:
        transaction.abort()


def _verdict(row: Row, answer: Answer) -> Verdict:
    return Verdict(row["id"], row["kind"], difference(row, answer), row["query"])


def difference(row: Row, answer: Answer) -> str | None:
    """Tell what is wrong with an answer to an example of the manual."""
    if isinstance(answer, Exception):
        return failure(answer)
    value, wanted = compare.ordered(row["query"], answer.rows, _output(row))
    if "nondeterministic" in (row.get("flags") or ()):
        value, wanted = _shapes(value), _shapes(wanted)
    if row["kind"] != "aql" and [value] in ([wanted], wanted):
        return None  # the author wrote the rows where the row is meant, or the other way round
    if row["kind"] == "comment":
        value = _rounded(value, wanted)
    for change in (_unchanged, compare.without_system, _bare):
        if compare.same_rows(change(value), change(wanted)):
            return None
    return f"got {compare.shown(value)} wanted {compare.shown(wanted)}"


def _output(row: Row) -> list[Any]:
    """Return the rows wanted: a date that a comment shows without quotes is whole again."""
    rows: list[Any] = row["output"]
    if row["kind"] == "comment" and _REST_OF_DATE.fullmatch(row.get("note") or ""):
        return [f"{rows[0]}{row['note']}"]
    return rows


def _shapes(rows: Any) -> Any:
    """Return the kinds of rows a random query gives: all that is the same each time."""
    found: list[Any] = []
    for row in map(_shape, rows if isinstance(rows, list) else [rows]):
        if row not in found:
            found.append(row)
    return found


def _shape(value: Any) -> Any:
    """Return a value with the type of each number, and the length of each text, in its place."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_shape(part) for part in value]
    if isinstance(value, str):
        return f"text of {len(value)}"
    return "number" if type(value) in (int, float) else value


def _rounded(value: Any, wanted: Any) -> Any:
    """Return a value with as few digits as the author of a comment wrote."""
    if isinstance(value, list) and isinstance(wanted, list) and len(value) == len(wanted):
        return [_rounded(*pair) for pair in zip(value, wanted, strict=True)]
    if isinstance(value, float) and isinstance(wanted, float):
        return round(value, len(repr(wanted).partition(".")[2]))
    return value


def _unchanged(value: Any) -> Any:
    return value


def _bare(value: Any) -> Any:
    return compare.masked(compare.without_system(value))
