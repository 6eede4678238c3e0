"""One loaded model for the whole room."""

from __future__ import annotations

import pytest

from hades_mcp.embedders.onnx import OnnxEmbedder


@pytest.fixture(scope="session")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder()
