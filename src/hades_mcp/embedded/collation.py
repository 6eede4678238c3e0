"""The order of text: ICU collation with the attributes ArangoDB sets, so SORT and indexes agree."""

from __future__ import annotations

from functools import cache
from typing import Any

_LOCALE = "en_US_POSIX"


@cache
def _collator() -> Any:
    """Build the collator once per process; ICU costs 40 ms to import, so only then."""
    import icu  # noqa: PLC0415  heavy, and not every process sorts text

    # ArangoDB's Utf8Helper sets these: upper case first, normalization off, identical strength.
    # The locale is that of a new 3.12 deployment, en_US before: manual, "Incompatible changes in
    # ArangoDB 3.12", "Default server language changed".
    attribute, value = icu.UCollAttribute, icu.UCollAttributeValue
    collator = icu.Collator.createInstance(icu.Locale(_LOCALE))
    collator.setAttribute(attribute.CASE_FIRST, value.UPPER_FIRST)
    collator.setAttribute(attribute.NORMALIZATION_MODE, value.OFF)
    collator.setAttribute(attribute.STRENGTH, value.IDENTICAL)
    return collator


def sort_key(text: str) -> bytes:
    """Return the ICU sort key of a text: comparing two keys byte by byte compares the texts.

    A key ends with the only zero byte in it, so that no key is the prefix of another one.
    Canonically equivalent texts (composed and decomposed accents) share one key, as in ArangoDB.
    """
    key: bytes = _collator().getSortKey(text)
    return key


def compare_text(left: str, right: str) -> int:
    """Return -1, 0 or 1 as `left` sorts before, with or after `right`."""
    if left == right:
        return 0
    order: int = _collator().compare(left, right)
    return order


@cache
def collation_id() -> str:
    """Name the library, its version and the tailoring; an index built under another id is stale."""
    import icu  # noqa: PLC0415  see _collator

    return f"icu-{icu.ICU_VERSION}-unicode-{icu.UNICODE_VERSION}-{_LOCALE}-upper-identical"
