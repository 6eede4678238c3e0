"""The one settings object: flags before environment before TOML file before defaults."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hades_mcp.errors import ConfigError, did_you_mean

CONFIG_FILE = "hades.toml"


class Settings(BaseSettings):
    """Everything a person can set, read once.

    Each field is the environment variable `HADES_<FIELD>` (an empty one is as good as none) and,
    in `hades.toml`, either the key `<field>` or `[<first word>] <rest>`: `model_url` is
    `HADES_MODEL_URL` or `[model] url = …`.
    """

    model_config = SettingsConfigDict(
        env_prefix="HADES_",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("hades", appauthor=False),
        description="Data folder: databases, traces, and your own agents, tools and prompts.",
    )
    database: str = Field(default="hades", description="Name of the database inside the store.")
    arango_url: str = Field(
        default="", description="URL of an ArangoDB server; empty means the embedded one."
    )
    arango_username: str = Field(default="root", description="User at the ArangoDB server.")
    arango_password: SecretStr = Field(
        default=SecretStr(""), description="Password at the ArangoDB server."
    )
    vectors: Literal["arango", "milvus"] = Field(
        default="arango",
        description="Where vectors are searched: in the database, or in Milvus beside it.",
    )
    milvus_url: str = Field(
        default="", description="URL of a Milvus server; empty means Milvus Lite in a folder."
    )
    milvus_path: str = Field(
        default="",
        description="Folder of Milvus Lite, ending in .db; empty means milvus.db in the data"
        " folder.",
    )
    milvus_token: SecretStr = Field(
        default=SecretStr(""), description="user:password or API key at the Milvus server."
    )
    model_url: str = Field(
        default="http://127.0.0.1:8080/v1",
        description="OpenAI-compatible endpoint of the model server.",
    )
    model_name: str = Field(
        default="", description="Model to ask for; empty means the first one the server lists."
    )
    model_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key for the model server, if it wants one."
    )
    model_timeout: float = Field(
        default=120.0, gt=0, description="Seconds to wait for one model response."
    )
    model_max_tokens: int = Field(
        default=512, gt=0, description="Most tokens one model response may have."
    )
    agent: str = Field(default="librarian", description="Agent that `hades ask` runs.")
    embedder: Literal["minilm", "hashing"] = Field(
        default="minilm",
        description="What makes vectors of texts: the packaged model, or a hash of their words"
        " (no meaning, no model). After a change: hades reembed.",
    )
    document_folders: str = Field(
        default="",
        description="Folders that tools may add documents from, separated by commas; empty means"
        " any that is not hidden.",
    )
    max_rows: int = Field(default=1000, gt=0, description="Most rows one query may return.")
    max_vertices: int = Field(
        default=50_000, gt=0, description="Most vertices of a graph that is measured as a whole."
    )
    max_bytes: int = Field(
        default=4 * 2**20, gt=0, description="Most bytes the rows of one query may have together."
    )
    max_runtime: float = Field(default=30.0, gt=0, description="Most seconds one query may take.")
    max_memory: int = Field(
        default=256 * 2**20, gt=0, description="Most bytes of memory one query may hold."
    )
    max_cost: float = Field(
        default=1e9,
        gt=0,
        description="Most that the plan of a query may cost, as explain tells it.",
    )
    max_changes: int = Field(
        default=1000, gt=0, description="Most documents one writing query may change."
    )
    aql_allowed: tuple[str, ...] = Field(
        default=("*",), description="Patterns of the collections that AQL may use."
    )
    aql_denied: tuple[str, ...] = Field(
        default=(
            "context_entries",
            "contexts",
            "feedback",
            "journal",
            "journal_images",
            "library",
            "outbox",
            "pages",
            "pins",
            "reembedded",
            "sources",
            "_*",
        ),
        description="Patterns of the collections that AQL may not use, though allowed.",
    )
    result_tokens: int = Field(
        default=2000, gt=0, description="Most tokens of a tool result, counted nearly as Qwen does."
    )
    otlp_endpoint: str = Field(
        default="", description="OTLP/HTTP endpoint for spans (a Phoenix, say); empty means none."
    )
    trace_content: bool = Field(
        default=True, description="Keep prompts, arguments and results in traces."
    )
    log_level: str = Field(default="WARNING", description="Least severe log line written.")
    log_json: bool = Field(default=False, description="Write log lines as JSON.")

    @field_validator("home")
    @classmethod
    def _the_users_home(cls, home: Path) -> Path:
        return home.expanduser()


def load_settings(config: Path | None = None, **flags: Any) -> Settings:
    """Read the settings from flags, environment and file, in that order of precedence.

    Args:
        config: The TOML file; by default `HADES_CONFIG`, else `hades.toml` in the data folder.
        flags: Fields given on the command line; None means not given.

    Raises:
        ConfigError: The file is missing or broken, a key is unknown, or a value does not fit.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    values = _read(config, given.get("home")) | _environment() | given
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(_explain(error)) from None


def environment_name(field: str) -> str:
    """Return the environment variable that sets a field."""
    return f"HADES_{field.upper()}"


def _environment() -> dict[str, str]:
    found = {name: os.environ.get(environment_name(name)) for name in Settings.model_fields}
    return {name: value for name, value in found.items() if value}


def _read(config: Path | None, home: Path | str | None) -> dict[str, Any]:
    variable = os.environ.get("HADES_CONFIG")
    named = config or (Path(variable) if variable else None)
    home = home or os.environ.get("HADES_HOME") or user_data_path("hades", appauthor=False)
    path = (named or Path(home) / CONFIG_FILE).expanduser()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if named is None:
            return {}
        raise ConfigError(f"There is no settings file {path}.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"The settings file {path} cannot be read: {error}.") from None
    return _known(_flatten(table), path)


def _flatten(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{key}_")
        else:
            flat[prefix + key] = value
    return flat


def _known(values: dict[str, Any], path: Path) -> dict[str, Any]:
    for name in values:
        if name not in Settings.model_fields:
            hint = did_you_mean(name, Settings.model_fields)
            raise ConfigError(f"{path} sets {name!r}, which is no setting.", hint=hint)
    return values


def _explain(error: ValidationError) -> str:
    parts = [
        f"{environment_name(str(problem['loc'][0]))} ({problem['loc'][0]}): {problem['msg']}"
        for problem in error.errors()
    ]
    return "The settings do not fit: " + "; ".join(parts) + "."
