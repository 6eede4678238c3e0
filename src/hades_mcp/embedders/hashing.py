"""A toy embedder for tests: words hashed into a vector, the same on every machine."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedders.base import Progress, Vectors

_WORD = re.compile(r"\w+")


class HashEmbedder:
    """Texts that share words are near; it knows no meaning, needs no model, and never changes.

    Args:
        dimension: Length of each vector.
    """

    def __init__(self, dimension: int = 384) -> None:
        self.dimension = dimension
        self.model_id = f"hashing-{dimension}"

    @property
    def digest(self) -> str:
        """See `Embedder.digest`: there are no weights."""
        return "blake2b-8"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Embedder.embed`."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.casefold()) or [""]:
                digest = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
                row[digest % self.dimension] += 1.0 if digest >> 63 else -1.0
        rows[~rows.any(axis=1), 0] = 1.0  # two words may cancel; a row still needs a direction
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        if progress is not None:
            progress(len(texts), len(texts))
        return rows
