"""Opens the embedder the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from contextlib import ExitStack

    from hades_mcp.config import Settings
    from hades_mcp.embedders.base import Embedder


def open_embedder(settings: Settings, stack: ExitStack, *, preload: bool = True) -> Embedder:
    """Open it; whatever it must give back is given back when the stack closes.

    Args:
        settings: Names it.
        stack: Closes it.
        preload: Load the packaged model in the background from now on.

    Raises:
        ConfigError: The settings name no model for a server's embedder, or a package is missing.
    """
    match settings.embedder:
        case "hashing":
            from hades_mcp.embedders.hashing import HashEmbedder  # noqa: PLC0415  imports numpy

            return HashEmbedder()
        case "minilm":
            packaged = OnnxEmbedder()
            stack.callback(packaged.close)
            if preload:
                packaged.load_in_background()
            return packaged
        case "openai" | "ollama":
            return _remote(settings, stack)


def _remote(settings: Settings, stack: ExitStack) -> Embedder:
    if not settings.embedding_model:
        raise ConfigError(
            f"The embedder {settings.embedder} needs a model.",
            hint="Set HADES_EMBEDDING_MODEL, for instance to nomic-embed-text.",
        )
    first = settings.model_url.partition(",")[0]
    root = (settings.embedding_url or first).strip().rstrip("/").removesuffix("/v1")
    if settings.embedder == "ollama":
        from hades_mcp.embedders.ollama import ollama_embedder  # noqa: PLC0415  optional

        embedder = ollama_embedder(root, settings.embedding_model, timeout=settings.model_timeout)
    else:
        from hades_mcp.embedders.openai import openai_embedder  # noqa: PLC0415  optional

        embedder = openai_embedder(
            f"{root}/v1",
            settings.embedding_model,
            api_key=settings.model_api_key.get_secret_value(),
            timeout=settings.model_timeout,
        )
    stack.callback(embedder.close)
    return embedder
