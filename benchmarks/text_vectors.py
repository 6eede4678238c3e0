"""Embeddings of texts to be had anywhere, and as many mixtures of them as a benchmark needs."""

from __future__ import annotations

import ast
import re
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hades_mcp.embedders.onnx import OnnxEmbedder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LONGEST = 150
"""Characters of a paragraph that are embedded."""


def docstrings() -> Iterator[str]:
    """Yield those of the packages installed beside this one, in an order drawn by lot."""
    files = sorted(Path(sysconfig.get_path("purelib")).rglob("*.py"))
    for number in np.random.default_rng(1).permutation(len(files)):
        try:
            tree = ast.parse(files[number].read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield ast.get_docstring(node) or ""


def paragraphs_and_lines(count: int) -> tuple[list[str], list[str]]:
    """Return so many paragraphs of docstrings, and the docstrings met that are one short line."""
    paragraphs: dict[str, None] = {}
    lines: dict[str, None] = {}
    for text in docstrings():
        parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
        if len(parts) == 1 and 20 < len(parts[0]) < 110:
            lines[parts[0]] = None
        paragraphs |= {part[:LONGEST]: None for part in parts if 110 <= len(part) <= 400}
        if len(paragraphs) >= count:
            break
    return list(paragraphs)[:count], list(lines)


def embedded(texts: Sequence[str]) -> Floats:
    """Return the packaged model's vectors of texts."""
    embedder = OnnxEmbedder()
    rows = np.asarray(embedder.embed(texts), dtype=np.float32)
    embedder.close()
    return rows


def unit(rows: Any) -> Floats:
    """Return rows at length 1, single precision."""
    scaled: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def mixed(rows: Floats, count: int, lots: np.random.Generator) -> Floats:
    """Return vectors each of which is one of the rows, moved towards another one."""
    first, second = lots.integers(0, len(rows), (2, count))
    return unit(rows[first] + 0.6 * rows[second])
