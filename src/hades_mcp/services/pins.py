"""Pins: which model made the vectors of a collection, so that two spaces are never mixed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import ConfigError
from hades_mcp.services.layout import CHUNKS, PINS
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import Database

    from hades_mcp.embedders.base import Embedder

_READ = "FOR p IN @@pins FILTER p._key == @collection RETURN p"
_WRITE = "INSERT @pin INTO @@pins OPTIONS {overwriteMode: 'replace'}"
# a store of before there were pins says it in its vectors
_ANY = """
FOR c IN @@collection
  FILTER c.embedding != null
  LIMIT 1
  RETURN {model: c.model, dimension: LENGTH(c.embedding), digest: ""}
"""


@dataclass(frozen=True, slots=True)
class Pin:
    """A space of vectors.

    Args:
        model: `model_id` of the embedder.
        dimension: Length of each vector.
        digest: Of the model's weights; "" is not known, and fits any.
    """

    model: str
    dimension: int
    digest: str = ""

    def fits(self, other: Pin) -> bool:
        """Return whether vectors of both may be compared."""
        known = self.digest and other.digest
        same = not known or self.digest == other.digest
        return same and (self.model, self.dimension) == (other.model, other.dimension)

    def __str__(self) -> str:
        mark = f", {self.digest[:12]}" if self.digest else ""
        return f"{self.model} ({self.dimension} numbers{mark})"


def pin_of(embedder: Embedder, *, exactly: bool = True) -> Pin:
    """Return the space of an embedder; `exactly` reads its weights, which takes a moment once."""
    return Pin(embedder.model_id, embedder.dimension, embedder.digest if exactly else "")


def read_pin(db: Database, collection: str) -> Pin | None:
    """Return the space of a collection's vectors, or None as long as it has none."""
    found = rows(db, _READ, {"@pins": PINS, "collection": collection})
    if not found:
        found = rows(db, _ANY, {"@collection": collection})
    if not found:
        return None
    return Pin(str(found[0]["model"]), int(found[0]["dimension"]), str(found[0]["digest"]))


def check_pin(db: Database, embedder: Embedder, collection: str = CHUNKS) -> None:
    """Make sure that an embedder's vectors may be compared with those of a collection.

    Raises:
        ConfigError: They are another model's.
    """
    pinned = read_pin(db, collection)
    _agree(pinned, pin_of(embedder, exactly=False), collection)


def claim(tx: Database, embedder: Embedder, collection: str = CHUNKS) -> None:
    """Pin a collection to an embedder, in the transaction that writes vectors of it.

    Args:
        tx: The transaction; `pins` is among the collections it writes.
        embedder: Whose vectors are about to be written.
        collection: Where to.

    Raises:
        ConfigError: There are another model's vectors in it.
    """
    mine = pin_of(embedder)
    pinned = read_pin(tx, collection)
    if pinned is not None and not pinned.fits(mine):
        if rows(tx, _ANY, {"@collection": collection}):
            _agree(pinned, mine, collection)
        pinned = None  # nothing is left that it speaks of
    if pinned is None or not pinned.digest:
        write_pin(tx, mine, collection)


def write_pin(tx: Database, pin: Pin, collection: str) -> None:
    """Write down whose vectors a collection holds."""
    stored: dict[str, Any] = {"_key": collection, **asdict(pin)}
    rows(tx, _WRITE, {"@pins": PINS, "pin": stored})


def _agree(pinned: Pin | None, mine: Pin, collection: str) -> None:
    if pinned is not None and not pinned.fits(mine):
        raise ConfigError(
            f"The vectors of {collection} were made by {pinned}, the embedder is now {mine}:"
            " they cannot be compared.",
            hint="Make them anew with: hades reembed",
        )
