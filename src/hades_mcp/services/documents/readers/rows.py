"""Reads tables (JSON lines, CSV, TSV) as streams: each row is a document, its columns metadata."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.readers.metadata import metadata
from hades_mcp.services.documents.readers.parsed import Parsed, Part, Reference, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

TABLES = frozenset({".jsonl", ".ndjson", ".csv", ".tsv"})
ROWS = 1000
"""Rows that are stored in one transaction: a file larger than that is several sources."""

SEGMENT = "#rows-"
"""Between the path of a file and the number of its second and later thousands of rows."""

LONGEST_VALUE = 500
"""Characters: a longer value is text, not something to filter by."""

_IDS = ("id", "_key", "key", "uuid")
_TITLES = ("title", "name", "label", "subject", "headline", "question")
_TEXTS = ("text", "content", "body", "description", "answer")
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d{1,15}")
_QUOTED = re.compile(r'"[^"]*"')
_WORDS = {"true": True, "false": False}
_SAMPLE = 65_536


def read_rows(path: Path) -> Iterator[tuple[str, Parsed]]:
    """Yield the rows of a table, a thousand at a time, each with the path it is stored under.

    A row is known again by its column `id` (`_key`, `key`, `uuid`), else by what it says: rows may
    move without being stored anew. Its title is its `title` (`name`, `label` …), else its first
    value; its text is all it says.

    Raises:
        Unreadable: A line is not what the suffix says; the message has its number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _csv(file, path) if path.suffix.lower() in {".csv", ".tsv"} else _jsonl(file)
            number = 0
            while batch := list(islice(rows, ROWS)):
                number += 1
                yield _segment(path, number, batch)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text: {error.reason}") from error
    if not number:
        raise Unreadable("no rows in it")


def table_of(path: str) -> str:
    """Return the file that a stored path belongs to: itself, or the table it is rows of."""
    return path.partition(SEGMENT)[0]


def _segment(
    path: Path, number: int, batch: list[tuple[int, dict[str, Any]]]
) -> tuple[str, Parsed]:
    file = path.as_posix()
    stored = file if number == 1 else f"{file}{SEGMENT}{number}"
    columns = dict.fromkeys(name for _, row in batch for name in row)
    title = path.name if number == 1 else f"{path.name} ({number})"
    lines = batch[0][0], batch[-1][0]
    root = Part("file", stored, title, f"Columns: {', '.join(columns)}", *lines)
    seen: Counter[str] = Counter()
    parts = [_row(path, line, row, seen) for line, row in batch]
    contains = (Reference("contains", stored, (part.name,)) for part in parts)
    return stored, Parsed((root, *parts), tuple(contains))


def _row(path: Path, line: int, row: dict[str, Any], seen: Counter[str]) -> Part:
    text = "\n".join(f"{name}: {_shown(value)}" for name, value in row.items())
    given = next((row[name] for name in _IDS if isinstance(row.get(name), int | str)), None)
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
    name = f"{path.as_posix()}#{digest if given is None else given}"
    seen[name] += 1
    if seen[name] > 1:
        name = f"{name}~{seen[name]}"
    title = next((row[column] for column in _TITLES if column in row), None)
    if title is None:
        title = f"{path.stem}: {next(iter(row.values()), '')}"
    short = {
        column: value
        for column, value in row.items()
        if column.lower() not in _TEXTS and len(_shown(value)) <= LONGEST_VALUE
    }
    return Part("row", name, _shown(title)[:LONGEST_VALUE], text, line, line, short)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _jsonl(file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"line {number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise Unreadable(f"line {number}: {type(row).__name__}, not an object")
        try:
            yield number, metadata(row)
        except Unreadable as reason:
            raise Unreadable(f"line {number}: {reason}") from reason


def _csv(file: TextIO, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    sample = file.read(_SAMPLE)
    file.seek(0)
    reader = csv.reader(file, delimiter=_delimiter(sample, path), strict=True)
    try:
        names = _names(next(reader, []))
        for cells in reader:
            if len(cells) > len(names):
                line, found = reader.line_num, f"{len(cells)} cells under {len(names)} columns"
                raise Unreadable(f"line {line}: {found}")
            row = dict(zip(names, map(_value, cells), strict=False))
            if kept := metadata(row):
                yield reader.line_num, kept
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from error


def _delimiter(sample: str, path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    header = _QUOTED.sub("", sample.partition("\n")[0])
    return max(",;\t|", key=header.count)


def _names(header: Iterable[str]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = cell.strip() or f"column_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _value(cell: str) -> Any:
    """A number or truth value as such, so that `year: 1999` is found; the rest as it stands."""
    text = cell.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return _WORDS.get(text.lower(), text)
