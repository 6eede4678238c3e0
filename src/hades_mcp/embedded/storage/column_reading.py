"""Reading columns: SQLite finds attributes in many documents, one call of orjson reads them.

That is faster than to read the documents, of which most attributes are not wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.storage.columns import PLAIN, Column, Columns, Path, sql_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hades_mcp.embedded.storage.session import Session

_BATCH = 1000  # what is read of more does not fit into the processor's caches
_LONG = 100  # characters; longer texts are not worth the room


def read_columns(
    session: Session,
    number: int,
    columns: Columns,
    paths: Iterable[Path],
    check: Callable[[], None],
) -> int:
    """Read attributes that are not known yet; return how many values are held for it."""
    missing = [path for path in paths if path not in columns.known]
    named = {path: name for path in missing if (name := sql_path(path)) is not None}
    columns.known.update((path, None) for path in missing if path not in named)
    if not named:
        return 0
    rows: list[int] = []
    read: list[list[Any] | None] = [[] for _ in named]
    shared: dict[str, str] = {}
    for numbers, batch in _batches(session, number, [*named.values()]):
        check()
        rows += numbers
        read = [extended(*each, shared) for each in zip(read, batch, strict=True)]
    columns.rows = rows
    for path, values in zip(named, read, strict=True):
        kinds = frozenset(map(type, values or ()))
        columns.known[path] = None if values is None else Column(values, kinds)
    return len(rows) * (1 + sum(values is not None for values in read))


def extended(
    values: list[Any] | None, more: Sequence[Any], shared: dict[str, str]
) -> list[Any] | None:
    """Return the values with more of them, or None once they are not to be kept."""
    kinds = set(map(type, more))
    if values is None or not kinds <= PLAIN:
        return None
    if str in kinds:
        texts = [value for value in more if type(value) is str]
        if sum(map(len, texts)) > _LONG * len(more):
            return None
        if len(texts) == len(more):
            more = [shared.setdefault(text, text) for text in texts]
    values.extend(more)
    return values


def _batches(
    session: Session, number: int, names: list[str]
) -> Iterator[tuple[list[int], Sequence[Sequence[Any]]]]:
    last = session.execute(f"SELECT max(rid) FROM c{number}").fetchone()[0] or 0  # noqa: S608  a number of ours
    for start in range(0, last, _BATCH):
        found = read_values(session, number, names, "rid > ? AND rid <= ?", (start, start + _BATCH))
        if found[0]:
            yield found


def read_values(
    session: Session, number: int, names: list[str], which: str, parameters: tuple[Any, ...]
) -> tuple[list[int], Sequence[Sequence[Any]]]:
    """Return rows and their values, by attribute."""
    # with two paths or more SQLite gives an array as JSON text: no number or boolean is converted
    paths = names if len(names) > 1 else names * 2
    marks = ", ".join("?" for _ in paths)
    sql = (
        f"SELECT group_concat(rid), group_concat(json_extract(body, {marks})) FROM c{number}"  # noqa: S608  a number of ours
        f" WHERE {which}"
    )
    rows, texts = session.execute(sql, (*paths, *parameters)).fetchone()
    if rows is None:
        return [], [() for _ in names]
    table = orjson.loads(f"[{texts}]")
    return orjson.loads(f"[{rows}]"), list(zip(*table, strict=True))[: len(names)]
