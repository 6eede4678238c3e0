"""Embeds with a model of an Ollama server, over /api/embed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hades_mcp.embedders.remote import RemoteEmbedder
from hades_mcp.errors import ConfigError, LimitReached, Unavailable

try:
    import httpx
    import ollama
except ImportError:
    raise ConfigError(
        "The package ollama is missing; HADES speaks to Ollama through it.",
        hint='Run: pip install "hades-mcp[models]"',
    ) from None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class _Ollama:
    def __init__(self, url: str, model: str, timeout: float) -> None:
        self._url = url
        self._model = model
        self._client = ollama.Client(url, timeout=timeout)

    @property
    def model_id(self) -> str:
        return f"ollama:{self._model}"

    def digest(self) -> str:
        """Return Ollama's own SHA-256 of the model."""
        names = {self._model, f"{self._model}:latest"}
        with self._explained():
            listed = self._client.list().models
        found = next((one.digest for one in listed if one.model in names), None)
        if found is None:
            raise self._missing()
        return found

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        with self._explained():
            answer = self._client.embed(self._model, list(texts), truncate=True)
        return [list(row) for row in answer.embeddings]

    def close(self) -> None:
        close: Callable[[], None] = self._client.close  # the package leaves it untyped
        close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ollama.ResponseError as error:
            if error.status_code == 404:  # noqa: PLR2004  HTTP: not found
                raise self._missing() from error
            if "context length" in error.error:
                raise LimitReached(error.error) from error
            raise Unavailable(
                f"Ollama at {self._url} cannot embed with {self._model}: {error.error}",
                hint="Choose a model that embeds with HADES_EMBEDDING_MODEL.",
            ) from error
        except (httpx.TransportError, ConnectionError) as error:
            raise Unavailable(
                f"No Ollama answers at {self._url}.",
                hint="Start it, or name its address in HADES_EMBEDDING_URL.",
            ) from error

    def _missing(self) -> Unavailable:
        return Unavailable(
            f"Ollama at {self._url} has no model {self._model!r}.",
            hint=f"Run: ollama pull {self._model}",
        )


def ollama_embedder(url: str, model: str, *, timeout: float = 120.0) -> RemoteEmbedder:
    """Return an embedder.

    Args:
        url: The server's address.
        model: The model that embeds, for instance nomic-embed-text.
        timeout: Seconds one request may take.
    """
    return RemoteEmbedder(_Ollama(url, model, timeout))
