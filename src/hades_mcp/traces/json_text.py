"""JSON as it is written down in traces: compact, and never refused for an odd value."""

from __future__ import annotations

import json
from typing import Any

import orjson


def write_json(value: Any) -> str:
    """Return `value` as compact JSON.

    orjson refuses integers beyond 64 bits and lone surrogates, both of which a model can write; the
    standard library takes them.
    """
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"), default=str)


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
