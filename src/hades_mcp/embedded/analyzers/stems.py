"""Stems of words: Snowball's algorithms by language, as ArangoDB takes them."""

from __future__ import annotations

import threading
from typing import Any

ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch_porter",  # what Snowball called dutch when ArangoDB took it
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}

_stemmers = threading.local()  # a stemmer holds the word it works on


def stem(word: str, language: str) -> str:
    """Return the stem of a word; the word itself in a language without a stemmer."""
    algorithm = ALGORITHMS.get(language)
    if algorithm is None:
        return word
    known: dict[str, Any] = _stemmers.__dict__
    if algorithm not in known:
        import snowballstemmer  # noqa: PLC0415  only processes that search text need it

        known[algorithm] = snowballstemmer.stemmer(algorithm)
    return str(known[algorithm].stemWord(word))
