"""Definitions of Analyzers: name, type, properties and features; and the built-in ones.

Source: ArangoDB manual, Analyzers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hades_mcp.embedded.analyzers.properties import complete
from hades_mcp.embedded.errors import ArangoError

_BAD_PARAMETER = 10
FEATURES = ("frequency", "position", "norm", "offset")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,253}")


@dataclass(frozen=True, slots=True)
class Analyzer:
    """One Analyzer, complete.

    Attributes:
        name: Without the database in front.
        type: identity, text, norm, stem, ngram, delimiter, ...
        properties: What the type takes, every default filled in.
        features: What an index keeps of its tokens.
    """

    name: str
    type: str
    properties: dict[str, Any] = field(default_factory=dict)
    features: tuple[str, ...] = ()


def define(definition: dict[str, Any]) -> Analyzer:
    """Check and complete a definition: name, type, properties, features.

    Raises:
        ArangoError: 10 for what makes no sense, 9 for a type that is not built.
    """
    name = definition.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ArangoError(
            _BAD_PARAMETER,
            "invalid characters in analyzer name: a letter, then letters, digits, '_' or '-'",
        )
    kind = definition.get("type")
    if not isinstance(kind, str):
        raise ArangoError(_BAD_PARAMETER, "expecting a string as analyzer type")
    features = check_features(definition.get("features"))
    properties = complete(kind, definition.get("properties"))
    if kind == "wildcard" and "offset" in features:
        raise ArangoError(_BAD_PARAMETER, "analyzers of type 'wildcard' have no 'offset' feature")
    return Analyzer(name, kind, properties, features)


def check_features(given: object) -> tuple[str, ...]:
    """Return features in ArangoDB's order; 10 for unknown ones and what another one lacks."""
    if given is None:
        return ()
    if not isinstance(given, list) or any(name not in FEATURES for name in given):
        raise ArangoError(_BAD_PARAMETER, f"analyzer features must be among {', '.join(FEATURES)}")
    for name, needed in (("position", "frequency"), ("offset", "position")):
        if name in given and needed not in given:
            raise ArangoError(
                _BAD_PARAMETER,
                f"missing feature '{needed}' required when '{name}' feature is specified",
            )
    return tuple(name for name in FEATURES if name in given)


def _language(locale: str) -> Analyzer:
    properties = {
        "locale": locale,
        "case": "lower",
        "stopwords": [],
        "accent": False,
        "stemming": locale != "zh",
    }
    return Analyzer(f"text_{locale}", "text", properties, ("frequency", "position", "norm"))


BUILT_IN: dict[str, Analyzer] = {
    "identity": Analyzer("identity", "identity", {}, ("frequency", "norm")),
    **{
        f"text_{locale}": _language(locale)
        for locale in ("de", "en", "es", "fi", "fr", "it", "nl", "no", "pt", "ru", "sv", "zh")
    },
}
