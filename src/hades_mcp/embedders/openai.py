"""Embeds with any server that has OpenAI's /v1/embeddings: llama-server, vLLM, LM Studio."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hades_mcp.embedders.remote import RemoteEmbedder
from hades_mcp.errors import ConfigError, LimitReached, Unavailable

try:
    import openai
except ImportError:
    raise ConfigError(
        "The package openai is missing; HADES speaks to model servers through it.",
        hint='Run: pip install "hades-mcp[models]"',
    ) from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOO_LONG = ("too large", "too long", "context", "maximum", "exceed")


class _OpenAI:
    def __init__(self, url: str, model: str, api_key: str, timeout: float) -> None:
        self._url = url
        self._model = model
        self._client = openai.OpenAI(
            base_url=url, api_key=api_key or "none", max_retries=0, timeout=timeout
        )

    @property
    def model_id(self) -> str:
        return f"openai:{self._model}"

    def digest(self) -> str:
        """Return what the server tells of the weights: llama-server their size, others a name."""
        with self._explained():
            listed: list[Any] = list(self._client.models.list().data)
        found: dict[str, Any] = next(
            (one.model_dump() for one in listed if one.id == self._model), {}
        )
        meta = found.get("meta") or {}
        parts = (meta.get("n_params"), meta.get("size"), meta.get("ftype"), found.get("root"))
        return "-".join(str(part) for part in (self._model, *parts) if part)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        with self._explained():
            # Plain numbers: some servers do not know the library's default, base64.
            answer = self._client.embeddings.create(
                model=self._model, input=list(texts), encoding_format="float"
            )
        return [row.embedding for row in sorted(answer.data, key=lambda row: row.index)]

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except openai.APIConnectionError as error:
            raise Unavailable(
                f"No server answers at {self._url}.",
                hint="Start it (`hades models serve` embeds too), or set HADES_EMBEDDING_URL.",
            ) from error
        except openai.APIStatusError as error:
            said = error.message
            if error.status_code in {401, 403}:
                raise ConfigError(
                    f"The server at {self._url} refuses the key: {said}",
                    hint="Set HADES_MODEL_API_KEY.",
                ) from error
            too_long = any(word in said.lower() for word in _TOO_LONG)
            if too_long and not isinstance(error, openai.RateLimitError | openai.NotFoundError):
                raise LimitReached(said) from error
            raise Unavailable(
                f"The server at {self._url} cannot embed with {self._model}: {said}",
                hint="Start llama-server with --embeddings, or set HADES_EMBEDDING_MODEL.",
            ) from error


def openai_embedder(
    url: str, model: str, *, api_key: str = "", timeout: float = 120.0
) -> RemoteEmbedder:
    """Return an embedder.

    Args:
        url: Base URL of the API, with its `/v1`.
        model: The model that embeds.
        api_key: Sent as bearer token; empty sends a placeholder.
        timeout: Seconds one request may take.
    """
    return RemoteEmbedder(_OpenAI(url, model, api_key, timeout))
