"""The one settings object: flags before environment before TOML file before defaults."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hades_mcp.errors import ConfigError, did_you_mean

CONFIG_FILE = "hades.toml"

_ALSO = {
    f"{table}_{key}": field
    for table in ("model", "model_engine", "model_engine_ollama")
    for key, field in (
        ("endpoint", "model_url"),
        ("default_model", "model_name"),
        ("timeout", "model_timeout"),
        ("max_tokens", "model_max_tokens"),
    )
}
"""Other words for settings in the file: those of the first model engine's configuration."""


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
        enable_decoding=False,  # what the environment says is read below
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
        description="Endpoint of the model server (also `[model] endpoint`); several, separated by"
        " commas, share the work and stand in for each other.",
    )
    model_name: str = Field(
        default="",
        description="Model to ask for (also `[model] default_model`); empty means the first one the"
        " server lists.",
    )
    model_driver: Literal["auto", "openai", "ollama", "transformers"] = Field(
        default="auto",
        description="How the model is spoken to; auto asks the server what it is. transformers"
        " loads the folder that model_name names in this process.",
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
    model_context: int = Field(
        default=8192,
        gt=0,
        description="Tokens of prompt and reply together that Ollama and `hades models serve` make"
        " room for; other servers say themselves what they have.",
    )
    model_adapter: str = Field(
        default="",
        description="LoRA adapter to answer with, by its name or number at the server; `none` is"
        " the bare model, empty leaves the server's choice.",
    )
    model_keep_alive: str = Field(
        default="5m", description="How long Ollama keeps an idle model loaded."
    )
    model_retries: int = Field(
        default=2, ge=0, description="How often a request that may heal is tried again."
    )
    model_bits: Literal[4, 8, 16, 32] = Field(
        default=16,
        description="Bits of a weight that the transformers driver loads with; 4 and 8 need"
        " bitsandbytes.",
    )
    model_folder: str = Field(
        default="",
        description="Folder that `hades models pull` fills; empty means models/ in the platform's"
        " cache folder.",
    )
    model_weights: Literal["disk", "cache", "ram"] = Field(
        default="disk",
        description="Where `hades models serve` wants the weights before it starts: left on disk,"
        " read once into the page cache, or copied to a folder in RAM.",
    )
    llama_server: str = Field(
        default="", description="llama.cpp's llama-server; empty means the one on PATH."
    )
    filter_secrets: bool = Field(
        default=False, description="Mask keys, tokens and passwords in what a model answers."
    )
    filter_mask: tuple[str, ...] = Field(
        default=(), description="Regular expressions whose matches in a reply are masked."
    )
    filter_block: tuple[str, ...] = Field(
        default=(), description="Regular expressions that no reply may match."
    )
    filter_characters: int = Field(
        default=0, ge=0, description="Most characters of a reply; 0 is any number."
    )
    filter_model: str = Field(
        default="",
        description="Model at the same server that judges whether a reply is harmful; empty asks"
        " none.",
    )
    compact_after: int = Field(
        default=200,
        ge=0,
        description="Warm entries of a context after which the model summarises them, if model_url"
        " or model_name is set; 0 means only on command.",
    )
    agent: str = Field(default="librarian", description="Agent that `hades ask` runs.")
    mcp: tuple[dict[str, Any], ...] = Field(
        default=(),
        description="Other MCP servers whose tools agents may use, as `[[mcp]]` tables.",
    )
    embedder: Literal["minilm", "hashing", "openai", "ollama"] = Field(
        default="minilm",
        description="What makes vectors of texts: the packaged model, a hash of their words"
        " (no meaning, no model), or a server's model. After a change: hades reembed.",
    )
    embedding_url: str = Field(
        default="", description="Server that embeds; empty means the model server."
    )
    embedding_model: str = Field(
        default="", description="Model that embeds there, for instance nomic-embed-text."
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

    @field_validator("aql_allowed", "aql_denied", "mcp", mode="before")
    @classmethod
    def _lists_in_the_environment(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        if info.field_name != "mcp" and not value.startswith("["):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f"it is no JSON list: {error}") from None

    @field_validator("filter_mask", "filter_block", mode="before")
    @classmethod
    def _one_pattern_a_line(cls, patterns: Any) -> Any:
        return patterns.splitlines() if isinstance(patterns, str) else patterns

    @field_validator("filter_mask", "filter_block")
    @classmethod
    def _patterns_that_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return patterns

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
    flat = _flatten(table)
    return _known({_ALSO.get(name, name): value for name, value in flat.items()}, path)


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
