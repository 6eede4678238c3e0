"""Vectors are not shown, whatever they are called and wherever they hide."""

from __future__ import annotations

from hades_mcp.services.projection import without_vectors

VECTOR = [0.1] * 384


def test_attributes_that_hold_vectors_are_dropped_at_any_depth() -> None:
    row = {"a": 1, "embedding": VECTOR, "deep": [{"v": VECTOR, "b": [1, 2]}]}
    assert without_vectors(row) == {"a": 1, "deep": [{"b": [1, 2]}]}


def test_a_bare_vector_is_named_instead_of_shown() -> None:
    assert without_vectors([VECTOR]) == ["<vector of 384 numbers>"]


def test_long_lists_of_other_things_stay() -> None:
    whole = list(range(500))
    assert without_vectors({"ids": whole}) == {"ids": whole}
