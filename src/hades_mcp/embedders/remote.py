"""What embedders behind a server share: batches, unit length, a dimension that is asked."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hades_mcp.errors import LimitReached, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedders.base import Progress, Vectors

BATCH = 32
"""Texts of one request."""
SHORTEST = 16
"""Characters below which a text that is refused as too long is not cut any further."""


class EmbeddingServer(Protocol):
    """A server's embedding call, and what the server says of the model."""

    @property
    def model_id(self) -> str:
        """The space its vectors lie in."""

    def digest(self) -> str:
        """Return what tells this build of the weights from another."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text.

        Raises:
            LimitReached: A text is longer than the model reads.
            Unavailable: The server or the model is not there.
        """

    def close(self) -> None:
        """Give the connection back."""


class RemoteEmbedder:
    """Embeds through a server; see `Embedder`.

    Args:
        server: What is asked.
    """

    def __init__(self, server: EmbeddingServer) -> None:
        self._server = server

    @property
    def model_id(self) -> str:
        """See `Embedder.model_id`."""
        return self._server.model_id

    @cached_property
    def dimension(self) -> int:
        """See `Embedder.dimension`: the server is asked once.

        Raises:
            Unavailable: The server or the model is not there.
        """
        return len(self._server.embed(["dimension"])[0])

    @cached_property
    def digest(self) -> str:
        """See `Embedder.digest`."""
        return self._server.digest()

    def close(self) -> None:
        """Give the connection back."""
        self._server.close()

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Embedder.embed`."""
        rows: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            # An empty text has no meaning, but servers refuse it: a blank stands for it.
            batch = [text or " " for text in texts[start : start + BATCH]]
            rows += self._batch(batch)
            if progress is not None:
                progress(len(rows), len(texts))
        if not rows:
            return np.zeros((0, self.dimension), dtype=np.float32)
        found = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise Unavailable(
                f"{self.model_id} gave a vector without direction.", hint="Try another model."
            )
        found /= lengths
        return found

    def _batch(self, texts: list[str]) -> list[list[float]]:
        try:
            found = self._server.embed(texts)
        except LimitReached:
            if len(texts) > 1:
                return [row for text in texts for row in self._batch([text])]
            if len(texts[0]) <= SHORTEST:
                raise
            return self._batch([texts[0][: len(texts[0]) * 3 // 4]])
        if len(found) != len(texts):
            raise Unavailable(
                f"{self.model_id} gave {len(found)} vectors for {len(texts)} texts.",
                hint="Try another server.",
            )
        return found
