"""Text sorts as ArangoDB sorts it."""

from itertools import pairwise

from hades_mcp.embedded.collation import collation_id, compare_text, sort_key


def test_upper_case_sorts_before_lower_case_of_the_same_letter():
    assert sorted(["b", "a", "B", "A", "aB", "ab"], key=sort_key) == [
        "A",
        "a",
        "aB",
        "ab",
        "B",
        "b",
    ]


def test_accents_and_umlauts_sort_beside_their_base_letter():
    assert sorted(["z", "ä", "o", "a", "ö"], key=sort_key) == ["a", "ä", "o", "ö", "z"]


def test_punctuation_sorts_before_digits_and_digits_before_letters():
    order = ["", " ", "_", "-", "!", "1", "10", "2", "a"]
    assert all(compare_text(left, right) < 0 for left, right in pairwise(order))


def test_composed_and_decomposed_accents_share_a_place():
    assert compare_text("\u00e9", "e\u0301") == 0


def test_a_sort_key_ends_with_its_only_zero_byte():
    for text in ["", "a", "a\0b", "日本", "\U0001f600"]:
        key = sort_key(text)
        assert key.index(0) == len(key) - 1


def test_the_collation_names_library_and_version():
    assert collation_id().startswith("icu-")
