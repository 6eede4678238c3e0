"""Replaces secrets by typed placeholders before anything is written down."""

from __future__ import annotations

import re
from typing import Any

# The same shapes that leak in practice: provider keys, bearer tokens, private keys, URL passwords.
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private_key",
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
            # A result that was cut to fit has no end: then whatever looks like base64.
            r"(?:.*?-----END [A-Z ]*PRIVATE KEY-----|[A-Za-z0-9+/=\s\\]*)",
            re.DOTALL,
        ),
    ),
    ("api_key", re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}\b")),
    ("github_token", re.compile(r"\b(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,}\b")),
    ("huggingface_token", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    ("slack_token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}\b")),
    ("google_key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("aws_key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("jwt", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")),
    ("bearer", re.compile(r"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{12,}=*")),
    # The user may be empty (redis://:pw@host), the password hold an @; quotes end a JSON string.
    ("url_password", re.compile(r"(?<=://)[^\s/:@\"'\\]*:[^\s/\"'\\]+(?=@)")),
)


def redact_text(text: str) -> str:
    """Return `text` with every secret replaced by `[REDACTED:kind]`."""
    for kind, pattern in PATTERNS:
        text = pattern.sub(f"[REDACTED:{kind}]", text)
    return text


def redact(value: Any) -> Any:
    """Return a JSON value with the secrets in all its strings replaced, keys included."""
    match value:
        case str():
            return redact_text(value)
        case dict():
            return {redact_text(str(key)): redact(item) for key, item in value.items()}
        case list() | tuple():
            return [redact(item) for item in value]
        case _:
            return value
