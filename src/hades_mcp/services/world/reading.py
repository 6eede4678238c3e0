"""Reads a world's file piece by piece: a document at a time in memory, however long the file is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

from hades_mcp.errors import InvalidArgument, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

Section: TypeAlias = Literal["collections", "edgeCollections", "graphs", "indexes", "documents"]
SECTIONS: tuple[Section, ...] = get_args(Section)
_BOM = b"\xef\xbb\xbf"

Events: TypeAlias = "Iterator[tuple[str, Any]]"


class Piece(NamedTuple):
    """One element of a world's file.

    Args:
        section: Where it is.
        name: Of the collection or graph; "" among documents.
        position: In its list, from 0; -1 says that the list begins, and has no value.
        value: The document, edge or definition; any JSON, nothing is checked here.
    """

    section: Section
    name: str
    position: int
    value: Any

    @property
    def place(self) -> str:
        """Where it is, in words."""
        name = f".{self.name}" if self.name else ""
        return f"{self.section}{name}" + (f"[{self.position}]" if self.position >= 0 else "")


def world_pieces(file: BinaryIO) -> Iterator[Piece]:
    """Yield all elements, in the file's order.

    Args:
        file: `{"collections": {name: [document]}, "edgeCollections": {name: [edge]}, "graphs":
            {name: [definition]}, "indexes": {collection: [index]}, "documents": [text]}`, UTF-8;
            each part may be left out.

    Raises:
        InvalidArgument: It is no JSON, or of another shape.
        UnknownName: It has another part.
    """
    import ijson  # noqa: PLC0415  only where a world is read

    if file.read(len(_BOM)) != _BOM:
        file.seek(0)
    with _translated(ijson.JSONError):
        events: Events = ijson.basic_parse(file, use_float=True)
        _expect(events, "start_map", "A world's file is one JSON object")
        for event, key in events:
            if event == "end_map":
                continue  # anything behind it is refused by the parser
            yield from _section(key, events)


def _section(key: str, events: Events) -> Iterator[Piece]:
    match key:
        case "documents":
            yield from _list(key, "", events)
        case "collections" | "edgeCollections" | "graphs" | "indexes":
            _expect(events, "start_map", f"{key} is an object of lists by name")
            for event, name in events:
                if event == "end_map":
                    return
                yield from _list(key, name, events)
        case _:
            raise UnknownName("part of a world's file", key, SECTIONS)


def _list(section: Section, name: str, events: Events) -> Iterator[Piece]:
    begin = Piece(section, name, -1, None)
    _expect(events, "start_array", f"{begin.place} is a list")
    yield begin
    for position, (event, value) in enumerate(events):
        if event == "end_array":
            return
        yield Piece(section, name, position, _built(event, value, events))


def _expect(events: Events, wanted: str, rule: str) -> None:
    event, _ = next(events, ("nothing", None))
    if event != wanted:
        raise InvalidArgument(f"{rule}.", hint="Nothing was written.")


def _built(event: str, value: Any, events: Events) -> Any:
    """Return the value that begins with an event; ijson's own builder takes three times as long."""
    if event not in {"start_map", "start_array"}:
        return value
    root: Any = {} if event == "start_map" else []
    here, key = root, ""
    above: list[tuple[Any, str]] = []
    for kind, inner in events:
        if kind == "map_key":
            key = inner
            continue
        if kind in {"end_map", "end_array"}:
            if not above:
                return root
            here, key = above.pop()
            continue
        opened: Any = {} if kind == "start_map" else [] if kind == "start_array" else None
        new = inner if opened is None else opened
        if isinstance(here, dict):
            here[key] = new
        else:
            here.append(new)
        if opened is not None:
            above.append((here, key))
            here = opened
    return root


@contextmanager
def _translated(broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except broken as error:
        told = error.args[0] if error.args else ""
        told = told.decode(errors="replace") if isinstance(told, bytes) else str(error)
        said = " ".join(told.split())
        raise InvalidArgument(
            f"The file is no JSON: {said[:200]}.", hint="Nothing was written."
        ) from error
