"""Words of a text by ICU's rules, and case mapping, as ArangoDB's indexes use them."""

from __future__ import annotations

import threading
from functools import cache
from itertools import pairwise
from typing import Any

from hades_mcp.embedded.values.stopping import OFTEN, check

_breakers = threading.local()  # an ICU iterator holds the text it walks
_NO_WORD = 100  # UBRK_WORD_NONE_LIMIT: below are spaces and punctuation


def words(text: str, locale: str = "en") -> list[str]:
    """Return the words of a text in order, without spaces and punctuation between them.

    Args:
        text: Any text.
        locale: Language and perhaps country; decides where words end in some scripts.
    """
    return [piece for piece, is_word in segments(text, locale) if is_word]


def segments(text: str, locale: str = "en") -> list[tuple[str, bool]]:
    """Return every piece between two word boundaries, and whether it is a word."""
    if text.isascii() and text.isalpha():
        return [(text, True)]
    breaker = _breaker(locale)
    raw = text.encode("utf-16-le", "surrogatepass")  # ICU counts UTF-16 units
    breaker.setText(text)
    ends = [breaker.first()]
    kinds = []
    stop = check()
    while (end := breaker.nextBoundary()) >= 0:
        if not len(ends) & OFTEN:
            stop()
        ends.append(end)
        kinds.append(breaker.getRuleStatus() >= _NO_WORD)
    return [
        (raw[2 * start : 2 * end].decode("utf-16-le", "surrogatepass"), kind)
        for (start, end), kind in zip(pairwise(ends), kinds, strict=True)
    ]


def lower(text: str, locale: str = "en") -> str:
    """Return a text in small letters by the locale's rules, composed (NFC)."""
    if text.isascii() and not locale.startswith(("tr", "az", "lt")):
        return text.lower()
    return _compose(_mapped(text, locale, "toLower"))


def upper(text: str, locale: str = "en") -> str:
    """Return a text in capitals by the locale's rules, composed (NFC)."""
    return _compose(_mapped(text, locale, "toUpper"))


def collated(text: str, locale: str) -> str:
    """Return a text whose code points sort as the locale sorts the text given."""
    key: bytes = _collator(locale).getSortKey(text)
    return key.rstrip(b"\0").decode("latin-1")  # one letter per byte


def unaccented(text: str) -> str:
    """Return a text without the marks on its letters, as `accent: false` asks."""
    return text if text.isascii() else str(_remover().transliterate(text))


def _mapped(text: str, locale: str, method: str) -> str:
    import icu  # noqa: PLC0415  heavy, and not every process analyzes text

    mapped = getattr(icu.UnicodeString(text), method)(icu.Locale(locale))
    return str(mapped)


def _compose(text: str) -> str:
    import unicodedata  # noqa: PLC0415  only texts that are not ASCII

    return unicodedata.normalize("NFC", text)


@cache
def _remover() -> Any:
    import icu  # noqa: PLC0415  see _mapped

    # the very rule of IResearch's text analyzer
    return icu.Transliterator.createInstance("NFD; [:Nonspacing Mark:] Remove; NFC")


@cache
def _collator(locale: str) -> Any:
    import icu  # noqa: PLC0415  see _mapped

    return icu.Collator.createInstance(icu.Locale(locale))


def _breaker(locale: str) -> Any:
    known: dict[str, Any] = _breakers.__dict__
    if locale not in known:
        import icu  # noqa: PLC0415  see _mapped

        known[locale] = icu.BreakIterator.createWordInstance(icu.Locale(locale))
    return known[locale]
