"""Counting tokens: beside the tokenizer whose tokens they are."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.tools.qwen import QWEN

from hades_mcp.tokens import count_tokens

ROOT = Path(__file__).parent.parent
LONG = 3000
_random = random.Random(4)
ROWS = [
    {"_id": f"documents/{_random.getrandbits(80):x}", "score": round(_random.random(), 4)}
    for _ in range(40)
]


def ratio(text: str) -> float:
    return count_tokens(text) / len(QWEN.encode(text))


@pytest.mark.parametrize("folder", ["src", "docs", "prompts", "tests"])
def test_code_and_prose_are_counted_nearly_as_qwen_does(folder: str) -> None:
    files = [p for p in (ROOT / folder).rglob("*") if p.suffix in {".py", ".md"}]
    texts = [path.read_text()[:LONG] for path in files]
    ratios = [ratio(text) for text in texts if len(text) == LONG]
    assert ratios
    assert min(ratios) > 0.8
    assert max(ratios) < 1.35


@pytest.mark.parametrize("value", [ROWS, [_random.random() for _ in range(200)]])
def test_json_is_counted_nearly_as_qwen_does(value: list[object]) -> None:
    assert 0.9 < ratio(json.dumps(value, separators=(",", ":"))) < 1.35


@pytest.mark.parametrize(
    "text",
    ["Größe über alles, schöne Übung. ", "Это данные. ", "这是数据库。", "グラフです。", "a😀"],
)
def test_other_scripts_are_counted_rather_too_high(text: str) -> None:
    assert 0.9 < ratio(text * 40) < 3


@pytest.mark.parametrize(("text", "count"), [("", 0), ("word", 1), ("2024", 4), ("\ud800", 0)])
def test_short_texts(text: str, count: int) -> None:
    assert count_tokens(text) == count
