"""The order of text: ICU collation with the attributes ArangoDB sets, so SORT and indexes agree."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def _sort_key_function() -> Callable[[str], bytes]:
    """Build the collator once per process; ICU costs 40 ms to import, so only then."""
    import icu  # noqa: PLC0415  heavy, and not every process sorts text

    # ArangoDB's Utf8Helper sets these: upper case first, normalization off, identical strength.
    attribute, value = icu.UCollAttribute, icu.UCollAttributeValue
    collator = icu.Collator.createInstance(icu.Locale("en_US"))
    collator.setAttribute(attribute.CASE_FIRST, value.UPPER_FIRST)
    collator.setAttribute(attribute.NORMALIZATION_MODE, value.OFF)
    collator.setAttribute(attribute.STRENGTH, value.IDENTICAL)
    return cast("Callable[[str], bytes]", collator.getSortKey)


@lru_cache(maxsize=65536)
def sort_key(text: str) -> bytes:
    """Return the ICU sort key of a text: comparing two keys byte by byte compares the texts.

    A key ends with the only zero byte in it, so that no key is the prefix of another one.
    Canonically equivalent texts (composed and decomposed accents) share one key, as in ArangoDB.
    """
    return _sort_key_function()(text)


def compare_text(left: str, right: str) -> int:
    """Return -1, 0 or 1 as `left` sorts before, with or after `right`."""
    if left == right:
        return 0
    left_key, right_key = sort_key(left), sort_key(right)
    return (left_key > right_key) - (left_key < right_key)


@cache
def collation_id() -> str:
    """Name the library, its version and the tailoring; an index built under another id is stale."""
    import icu  # noqa: PLC0415  see _sort_key_function

    return f"icu-{icu.ICU_VERSION}-unicode-{icu.UNICODE_VERSION}-en_US-upper-identical"
