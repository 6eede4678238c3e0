"""Likeness is measured as the manual shows."""

import pytest


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("LEVENSHTEIN_DISTANCE", ["foobar", "bar"], 3),
        ("LEVENSHTEIN_DISTANCE", [" ", ""], 1),
        ("LEVENSHTEIN_DISTANCE", ["der mötör trötet", "der trötet"], 6),
        ("LEVENSHTEIN_DISTANCE", ["ab", "ba"], 1),
        (
            "LEVENSHTEIN_DISTANCE",
            [
                "The quick brown fox jumps over the lazy dog",
                "The quick black dog jumps over the brown fox",
            ],
            13,
        ),
        ("SOUNDEX", ["ekzampul"], "E251"),
        ("SOUNDEX", ["sounteks"], "S532"),
        ("SOUNDEX", ["Tymczak"], "T522"),
        ("SOUNDEX", [""], ""),
        ("NGRAM_SIMILARITY", ["quick fox", "quirky fox", 2], 0.5555555820465088),
        ("NGRAM_SIMILARITY", ["quick fox", "quirky fox", 3], 0.375),
        ("NGRAM_POSITIONAL_SIMILARITY", ["quick fox", "quirky fox", 2], 0.7222222089767456),
        ("NGRAM_POSITIONAL_SIMILARITY", ["quick fox", "quirky fox", 3], 0.6666666865348816),
        ("JACCARD", [[1, 1, 2, 2, 2, 3], [2, 2, 3, 4]], 0.5),
        ("JACCARD", [[], []], 1),
        ("MINHASH_COUNT", [0.05], 400),
        ("MINHASH_ERROR", [400], 0.05),
        ("TOKENS", [["a b", ["c"]], "identity"], [["a b"], [["c"]]]),
    ],
)  # fmt: skip
def test_similarity_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []
