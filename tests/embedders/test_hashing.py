"""The toy embedder is deterministic and ranks by shared words."""

from __future__ import annotations

import numpy as np

from hades_mcp.embedders.hashing import HashEmbedder


def test_texts_that_share_words_are_nearer() -> None:
    a, b, c = HashEmbedder().embed(["delete a document", "Delete the document", "warm weather"])
    assert a @ b > a @ c + 0.3


def test_vectors_never_change_between_machines_and_runs() -> None:
    (row,) = HashEmbedder(8).embed(["graph of documents"])
    assert np.allclose(row * 3**0.5, [1, 1, 0, 1, 0, 0, 0, 0], atol=1e-6)


def test_rows_have_unit_length_even_without_words() -> None:
    rows = HashEmbedder(16).embed(["", "…", "a b c"])
    assert rows.shape == (3, 16)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0)
