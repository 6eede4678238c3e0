"""Writes a LoRA adapter as llama-server loads it: random, of one matrix of Qwen2.5-Coder-0.5B."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, RANK, ALIGNMENT = 896, 4, 32
STRING, FLOAT32, F32 = 8, 6, 0
KEYS = {
    "general.type": "adapter",
    "general.architecture": "qwen2",
    "adapter.type": "lora",
    "adapter.lora.alpha": 16.0,
}


def write_lora(path: Path, seed: int, *, strength: float = 0.2) -> Path:
    """Write the file; see ggml's docs/gguf.md for its form."""
    draw = np.random.default_rng(seed)
    tensors = {
        "blk.4.ffn_up.weight.lora_a": (RANK, WIDTH),
        "blk.4.ffn_up.weight.lora_b": (4864, RANK),
    }
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(KEYS))
    for key, value in KEYS.items():
        if isinstance(value, str):
            head += _text(key) + struct.pack("<I", STRING) + _text(value)
        else:
            head += _text(key) + struct.pack("<If", FLOAT32, value)
    data = b""
    for name, (rows, columns) in tensors.items():
        values = (draw.standard_normal((rows, columns)) * strength).astype("<f4").tobytes()
        # The innermost dimension comes first.
        head += _text(name) + struct.pack("<IQQIQ", 2, columns, rows, F32, len(data))
        data += values + bytes(-len(values) % ALIGNMENT)
    path.write_bytes(head + bytes(-len(head) % ALIGNMENT) + data)
    return path


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()
