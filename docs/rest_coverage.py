"""Writes which requests of the HTTP API are answered and which are refused, from the routes."""

from __future__ import annotations

from itertools import groupby

from hades_mcp.embedded.rest import covered
from hades_mcp.embedded.rest.unsupported import REFUSED


def counts() -> str:
    """Return how many requests are answered, in one sentence."""
    entries = covered()
    groups = {_group(path) for path, _, _ in entries}
    return f"{len(entries)} requests (a method and a path) in {len(groups)} groups are answered."


def tables() -> str:
    """Return a table per group: each request and what it does."""
    parts = []
    ordered = sorted(covered(), key=lambda entry: (_group(entry[0]), entry))
    for group, entries in groupby(ordered, key=lambda entry: _group(entry[0])):
        lines = [f"### {group}", "", "| request | what it does |", "|---|---|"]
        lines += [f"| `{method} {path}` | {words} |" for path, method, words in entries]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def refused() -> str:
    """Return a table of what is refused, with the reason."""
    lines = ["| paths that begin with | why |", "|---|---|"]
    lines += [f"| `{path}` | {reason} |" for path, reason in sorted(REFUSED.items())]
    return "\n".join(lines)


def _group(path: str) -> str:
    group = "/".join(path.split("/")[:3])
    return "/_admin" if path.startswith("/_admin/") else group
