"""Writes the tables of docs/models.md from the settings and the weights HADES knows."""

from __future__ import annotations

from hades_mcp.config import Settings, environment_name
from hades_mcp.models.sources import KNOWN

ROOMS = ("model_", "filter_", "embedd", "llama_server")


def settings_table() -> str:
    """Return one row per setting of models, embedders and the output filter."""
    lines = ["| `hades.toml` | environment | default |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if not name.startswith(ROOMS):
            continue
        secret = getattr(field.default, "get_secret_value", None)
        default = secret() if secret else field.default
        shown = f"`{default}`" if str(default) else ""
        lines.append(f"| `{name}` | `{environment_name(name)}` | {shown} |")
    return "\n".join(lines)


def known_weights() -> str:
    """Return one row per model that is known by name."""
    lines = ["| name | file | bytes | SHA-256 |", "|---|---|---:|---|"]
    lines += [
        f"| `{name}` | `{one.file}` of {one.repository} | {one.size:,} | `{one.sha256}` |"
        for name, one in KNOWN.items()
    ]
    return "\n".join(lines)
