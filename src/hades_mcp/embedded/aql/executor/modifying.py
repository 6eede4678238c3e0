"""Steps that write. All rows are read before the first write, as ArangoDB's snapshot has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.executor.versions import newer_stored
from hades_mcp.embedded.aql.plan import ReplaceNode
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import (
        InsertNode,
        ModificationNode,
        Options,
        RemoveNode,
        UpdateNode,
        UpsertNode,
    )
    from hades_mcp.embedded.storage.collection import Collection
    from hades_mcp.embedded.storage.records import Written

BAD_PARAMETER, TYPE_INVALID, KEY_MISSING, KEY_BAD = 10, 1227, 1226, 1221
OVERWRITE_MODES = frozenset({"conflict", "ignore", "replace", "update"})
FIRST_DOCUMENT_ERROR = 1000  # below are errors of the server, not of a document
BATCH = 1000


def insert(compiler: Compiler, node: InsertNode) -> Step:
    """Store a document per row."""
    document = compiler.compile(node.document)
    by_default = "replace" if node.options.get("overwrite") else "conflict"
    mode = node.options.get("overwriteMode", by_default)
    if mode not in OVERWRITE_MODES:
        raise ArangoError(BAD_PARAMETER, f"AQL: unknown overwriteMode {mode!r} (while parsing)")
    if mode == "conflict":
        return _inserting(node, document)
    merging, version = _merging(node.options), node.options.get("versionAttribute")

    def write(collection: Collection, row: Row) -> Written:
        new = _as_document(document(row))
        newer = newer_stored(collection, new.get("_key"), new, version)
        if newer is not None and mode != "ignore":
            return newer
        return collection.insert(new, overwrite_mode=mode, **merging)

    return _writing(node, write)


def update(compiler: Compiler, node: UpdateNode | ReplaceNode) -> Step:
    """Change or replace a document per row."""
    key, patch = compiler.optional(node.key), compiler.compile(node.patch)
    change = _change(node.options, replace=isinstance(node, ReplaceNode))
    checks = node.options.get("ignoreRevs") is False

    def write(collection: Collection, row: Row) -> Written:
        new = patch(row)
        where = new if key is None else key(row)
        found = _key_of(where)
        return change(collection, found, _as_document(new), _revision(where, checks=checks))

    return _writing(node, write)


def remove(compiler: Compiler, node: RemoveNode) -> Step:
    """Remove a document per row."""
    key = compiler.compile(node.key)
    checks = node.options.get("ignoreRevs") is False

    def write(collection: Collection, row: Row) -> Written:
        where = key(row)
        return collection.remove(_key_of(where), expect_rev=_revision(where, checks=checks))

    return _writing(node, write)


def upsert(compiler: Compiler, node: UpsertNode) -> Step:
    """Change the document the search finds, or store a new one."""
    search = compiler.compile(node.search)
    document, patch = compiler.compile(node.document), compiler.compile(node.patch)
    change = _change(node.options, replace=node.replace)
    old = node.old.id if node.old is not None else None
    checks = node.options.get("ignoreRevs") is False

    def write(collection: Collection, row: Row) -> Written:
        found = search(row)
        if not found:
            return collection.insert(_as_document(document(row)))
        if old is not None:
            row[old] = found[0]
        new = _as_document(patch(row))
        return change(collection, found[0]["_key"], new, _revision(new, checks=checks))

    return _writing(node, write)


def _change(
    options: Options, *, replace: bool
) -> Callable[[Collection, str, dict[str, Any], str | None], Written]:
    merging, version = _merging(options), options.get("versionAttribute")

    def change(
        collection: Collection, key: str, new: dict[str, Any], revision: str | None
    ) -> Written:
        newer = newer_stored(collection, key, new, version)
        if newer is not None:
            return newer
        if replace:
            return collection.replace(key, new, expect_rev=revision)
        return collection.update(key, new, expect_rev=revision, **merging)

    return change


def _merging(options: Options) -> dict[str, Any]:
    return {
        "keep_null": bool(options.get("keepNull", True)),
        "merge_objects": bool(options.get("mergeObjects", True)),
    }


def _inserting(node: InsertNode, document: Evaluate) -> Step:
    """Store many documents at once, which costs a tenth of storing them one by one."""
    outcome = _Outcome(node)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        collection = execution.collection(node.collection)
        done: list[Row] = []
        held = execution.gather(rows)
        for start in range(0, len(held), BATCH):
            execution.check()
            batch = held[start : start + BATCH]
            documents = [_as_document(document(row)) for row in batch]
            answers = collection.insert_many(documents)
            done += [
                row
                for row, answer in zip(batch, answers, strict=True)
                if outcome.settle(execution, row, answer)
            ]
        execution.forget_graph()
        yield from done

    return step


class _Outcome:
    """What becomes of a row after a write: its OLD and NEW, or the error that is ignored."""

    def __init__(self, node: ModificationNode) -> None:
        self._ignoring = bool(node.options.get("ignoreErrors"))
        self._places = [
            (variable.id, name)
            for variable, name in ((node.old, "old"), (node.new, "new"))
            if variable is not None
        ]

    def settle(self, execution: Execution, row: Row, answer: Written | ArangoError) -> bool:
        """Note what a write gave; tell whether the row goes on.

        After an ignored error it does unless OLD or NEW is asked for, of which there is none.

        Raises:
            ArangoError: If the write failed and errors are not ignored.
        """
        if isinstance(answer, ArangoError):
            if not self._ignoring or answer.number < FIRST_DOCUMENT_ERROR:
                raise answer
            execution.stats.writesIgnored += 1
            return not self._places
        execution.stats.writesExecuted += 1
        ignored = answer.operation == "ignore"  # then RETURN NEW is null, the manual says
        for place, name in self._places:
            row[place] = None if ignored else getattr(answer, name)
        return True


def _writing(node: ModificationNode, write: Callable[[Collection, Row], Written]) -> Step:
    outcome = _Outcome(node)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        collection = execution.collection(node.collection)
        done: list[Row] = []
        for row in execution.gather(rows):
            execution.check()
            try:
                answer: Written | ArangoError = write(collection, row)
            except ArangoError as error:
                answer = error
            if outcome.settle(execution, row, answer):
                done.append(row)
        execution.forget_graph()
        yield from done

    return step


def _as_document(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ArangoError(TYPE_INVALID)
    return value


def _key_of(value: Any) -> str:
    if type(value) is dict:
        if "_key" not in value:
            raise ArangoError(KEY_MISSING)
        value = value["_key"]
        if type(value) is not str:
            raise ArangoError(KEY_BAD)
    if type(value) is not str:
        raise ArangoError(TYPE_INVALID)
    return value


def _revision(value: Any, *, checks: bool) -> str | None:
    return value.get("_rev") if checks and type(value) is dict else None
