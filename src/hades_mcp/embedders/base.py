"""The port every embedder fits: text in, unit vectors out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]
    Progress: TypeAlias = Callable[[int, int], None]


class Embedder(Protocol):
    """Whatever turns texts into points of one space."""

    @property
    def model_id(self) -> str:
        """The space: vectors of two embedders compare only if their `model_id` is the same."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""

    @property
    def digest(self) -> str:
        """Hash of the weights, so that a new build under an old name is noticed."""

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Return one row per text: float32, shape `(len(texts), dimension)`, rows of unit length.

        Args:
            texts: What to embed; a text longer than the model reads is cut at its end.
            progress: Called with (texts done, texts in all), from any thread.

        Raises:
            Unavailable: The model is not there; the hint says how to get it.
        """
