"""Infers what documents look like from a sample of them: paths, types with shares, values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.services.projection import is_vector

if TYPE_CHECKING:
    from collections.abc import Iterable

DEEPEST = 4
"""Levels of nesting that are looked into."""

MOST_KEYS = 40
"""An object with more different keys than that is a map: its keys are data."""

MOST_ITEMS = 20
"""Items of one array that are looked at."""

FEW_VALUES = 5
"""An attribute with at most so many different short texts is shown with them."""

_ENDS = frozenset({("_from",), ("_to",)})
_ENOUGH = 10
_SHORT = 24
_EXAMPLE_TEXT = 60
_EXAMPLE_ITEMS = 2


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute, or what is below one.

    Args:
        path: As AQL writes it: `lines[*].sku`.
        types: Type → share of the objects around it (documents, at the top) that have it so, in
            (0, 1]; the most common first. They add up to less than 1 where it may be missing, and
            to 1 for the items of arrays.
        values: All texts seen, if they are few and come again.
        targets: For `_from` and `_to`, the collections they lead to.
    """

    path: str
    types: dict[str, float]
    values: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        """Whether some of the objects around it do not have it."""
        return sum(self.types.values()) < 1 - 1e-9

    def described(self) -> str:
        """Return its types in words: `number`, `string 90%|null 10%`, `string: open, paid`."""
        if self.targets:
            return "|".join(f"{target}/…" for target in self.targets)
        if len(self.types) == 1 and not self.optional:
            text = next(iter(self.types))
        else:
            text = "|".join(f"{name} {_percent(share)}" for name, share in self.types.items())
        return f"{text}: {', '.join(self.values)}" if self.values else text


@dataclass(slots=True)
class _Seen:
    """What was seen at one path."""

    around: int = 0
    types: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    many: bool = False
    keys: set[str] = field(default_factory=set)


def infer(sample: Iterable[dict[str, Any]]) -> list[Attribute]:
    """Return the attributes of the documents, `_rev` and `_id` left out, in the order of paths."""
    seen: dict[tuple[str, ...], _Seen] = {(): _Seen()}
    for document in sample:
        shown = {key: value for key, value in document.items() if key not in {"_rev", "_id"}}
        _note(shown, (), seen)
    maps = {path for path, at in seen.items() if len(at.keys) > MOST_KEYS and path}
    return [
        _attribute(path, at, seen)
        for path, at in sorted(seen.items())
        if path and not any(path[:n] in maps for n in range(1, len(path)))
    ]


def _note(value: Any, path: tuple[str, ...], seen: dict[tuple[str, ...], _Seen]) -> None:
    at = seen.setdefault(path, _Seen())
    kind = type_name(value)
    at.types[kind] += 1
    if isinstance(value, str):
        _note_text(at, value.partition("/")[0] if path in _ENDS else value)
    elif len(path) >= DEEPEST:
        return
    elif isinstance(value, dict):
        at.keys.update(value)
        for key, inner in value.items():
            if len(at.keys) <= MOST_KEYS or not path:
                _note(inner, (*path, key), seen)
    elif kind == "array":
        for item in value[:MOST_ITEMS]:
            _note(item, (*path, "[*]"), seen)


def _note_text(at: _Seen, text: str) -> None:
    if len(text) > _SHORT or at.many:
        at.many = True
        return
    at.texts[text] += 1
    at.many = len(at.texts) > FEW_VALUES


def _attribute(path: tuple[str, ...], at: _Seen, seen: dict[tuple[str, ...], _Seen]) -> Attribute:
    parent = seen[path[:-1]]
    total = sum(at.types.values()) if path[-1] == "[*]" else parent.types["object"]
    counts = sorted(at.types.items(), key=lambda pair: (-pair[1], pair[0]))
    types = {
        (f"object of {len(at.keys)} keys" if kind == "object" and _is_map(at) else kind): n / total
        for kind, n in counts
    }
    if path in _ENDS:
        return Attribute(path[0], types, targets=() if at.many else tuple(sorted(at.texts)))
    return Attribute(_written(path), types, values=_few(at) if path != ("_key",) else ())


def _is_map(at: _Seen) -> bool:
    return len(at.keys) > MOST_KEYS


def _few(at: _Seen) -> tuple[str, ...]:
    enough = at.texts.total() >= _ENOUGH and at.types["string"] == at.texts.total()
    again = at.texts.total() >= 2 * len(at.texts)
    if at.many or not enough or not again:
        return ()
    return tuple(sorted(at.texts))


def _written(path: tuple[str, ...]) -> str:
    parts = [part if part == "[*]" else f".{_quoted(part)}" for part in path]
    return "".join(parts).removeprefix(".")


def _quoted(name: str) -> str:
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() else f"`{name}`"


def _percent(share: float) -> str:
    return f"{min(max(round(100 * share), 1), 99)}%" if share < 1 else "100%"


def type_name(value: Any) -> str:
    """Return AQL's name for the type of a value; a list of many floats is a vector."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return f"vector[{len(value)}]" if is_vector(value) else "array"
        case _:
            return "object"


def shortened(value: Any, depth: int = 0) -> Any:
    """Return an example that shows the shape and little more: no vectors, no long texts."""
    match value:
        case str() if len(value) > _EXAMPLE_TEXT:
            return f"{value[: _EXAMPLE_TEXT - 1]}…"
        case dict() if depth < DEEPEST:
            few = list(value.items())[:MOST_KEYS]
            kept = {key: inner for key, inner in few if key not in {"_rev", "_id"} or depth}
            return {key: shortened(inner, depth + 1) for key, inner in kept.items()}
        case list() if type_name(value) != "array":
            return type_name(value)
        case list() if depth < DEEPEST:
            rest = ["…"] if len(value) > _EXAMPLE_ITEMS else []
            return [shortened(item, depth + 1) for item in value[:_EXAMPLE_ITEMS]] + rest
        case dict() | list():
            return "…"
        case _:
            return value
