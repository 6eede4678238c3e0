"""Text sorts as ArangoDB sorts it."""

from itertools import pairwise

from hades_mcp.embedded.collation import collation_id, compare_text, sort_key


def test_all_capitals_sort_before_all_small_letters():
    words = ["b", "a", "B", "A", "aB", "ab"]
    assert sorted(words, key=sort_key) == ["A", "B", "a", "aB", "ab", "b"]


def test_accents_and_umlauts_sort_beside_their_base_letter():
    assert sorted(["z", "ä", "o", "a", "ö"], key=sort_key) == ["a", "ä", "o", "ö", "z"]


def test_ascii_sorts_by_its_codes():
    order = ["", " ", "!", "-", "1", "10", "2", "A", "Z", "_", "a", "z"]
    assert all(compare_text(left, right) < 0 for left, right in pairwise(order))


def test_composed_and_decomposed_accents_share_a_place():
    assert compare_text("\u00e9", "e\u0301") == 0


def test_a_sort_key_ends_with_its_only_zero_byte():
    for text in ["", "a", "a\0b", "日本", "\U0001f600"]:
        key = sort_key(text)
        assert key.index(0) == len(key) - 1


def test_the_collation_names_library_and_version():
    assert collation_id().startswith("icu-")
