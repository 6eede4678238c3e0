"""Resolves references by name to documents, across all files read and those stored before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hades_mcp.services.documents.readers.parsed import EdgeKind, Kind, Reference

ALLOWED: dict[EdgeKind, frozenset[Kind]] = {
    "imports": frozenset({"module"}),
    "inherits": frozenset({"class"}),
    "calls": frozenset({"function", "method", "class"}),
}
"""What an edge of this kind may point at; the other kinds may point at anything."""

DEEPEST = 8
"""Aliases of aliases and bases of bases followed this far: cycles end here."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names one file defines.

    Args:
        path: The file.
        kinds: Qualified name → kind of the document.
        aliases: Name offered here → name it stands for.
        bases: Class → its bases, by name.
    """

    path: str
    kinds: Mapping[str, Kind]
    aliases: Mapping[str, str]
    bases: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """A document by the file and the name it has there."""

    path: str
    name: str
    kind: Kind


class Linker:
    """Looks names up the way Python and Markdown mean them."""

    def __init__(self, files: Iterable[Names]) -> None:
        self._targets: defaultdict[str, list[Target]] = defaultdict(list)
        self._aliases: dict[str, str] = {}
        self._bases: dict[str, list[str]] = {}
        for names in files:
            for name, kind in names.kinds.items():
                self._targets[name].append(Target(names.path, name, kind))
            self._aliases |= names.aliases
            self._bases |= names.bases

    def edge(self, path: str, reference: Reference) -> tuple[Target, Target] | None:
        """Return both ends of a reference made in a file, or None if one is not known."""
        origin = self._find(reference.origin, path, None)
        for name in reference.targets:
            target = self._find(name, path, ALLOWED.get(reference.kind))
            if origin is not None and target is not None:
                return None if origin == target and reference.kind != "calls" else (origin, target)
        return None

    def _find(
        self, name: str, near: str, kinds: frozenset[Kind] | None, depth: int = 0
    ) -> Target | None:
        fits = [t for t in self._targets.get(name, ()) if kinds is None or t.kind in kinds]
        if fits:
            # two copies of one package: each is linked within itself
            return max(fits, key=lambda target: _shared(target.path, near))
        if depth >= DEEPEST:
            return None
        for other in (*self._renamed(name), *self._inherited(name)):
            found = self._find(other, near, kinds, depth + 1)
            if found is not None:
                return found
        return None

    def _renamed(self, name: str) -> Iterable[str]:
        """`package.Name.method` is `package.module.Name.method` if the package says so."""
        head, tail = name, ""
        while head:
            if head in self._aliases and self._aliases[head] != head:
                yield self._aliases[head] + tail
                return
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"

    def _inherited(self, name: str) -> Iterable[str]:
        owner, _, attribute = name.rpartition(".")
        for base in self._bases.get(owner.removesuffix(".super()"), ()):
            yield f"{base}.{attribute}"


def _shared(path: str, other: str) -> int:
    """Return how many folders two paths share; a note (`text:…`) shares none with a file."""
    pairs = zip(path.split("/"), other.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
