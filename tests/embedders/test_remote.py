"""Embedders behind a server, over real HTTP: Ollama's and OpenAI's embedding calls."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.models.conftest import WireServer
from tests.tools.loopback import served

from hades_mcp.config import load_settings
from hades_mcp.embedders.ollama import ollama_embedder
from hades_mcp.embedders.openai import openai_embedder
from hades_mcp.embedders.registry import open_embedder
from hades_mcp.errors import ConfigError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedders.remote import RemoteEmbedder

LONGEST = 40
"""Characters that the server below reads of a text."""


class Embedding(dict[str, Any]):
    """Answers with one vector a text, as Ollama and OpenAI do; `hot` texts have no direction."""

    def __init__(self, server: WireServer) -> None:
        super().__init__()
        self.server = server

    def get(self, path: str, default: Any = None) -> Any:
        if path not in {"/api/embed", "/v1/embeddings"}:
            return super().get(path, default)
        texts = self.server.bodies[-1]["input"]
        if path == "/v1/embeddings" and any(len(text) > LONGEST for text in texts):
            error = {"message": "input is too large to process. increase the physical batch size"}
            return (500, "application/json", json.dumps({"error": error}).encode())
        rows = [[3.0 * len(text), 4.0 * len(text), 0.0] for text in texts]
        data = [{"index": at, "embedding": row} for at, row in enumerate(rows)]
        body = {"embeddings": rows} if path == "/api/embed" else {"data": data[::-1]}
        return (200, "application/json", json.dumps({"model": "m", "usage": {}, **body}).encode())


@pytest.fixture
def wire() -> Iterator[WireServer]:
    server = WireServer()
    server.answers = Embedding(server)
    server.says("/api/tags", {"models": [{"model": "m:latest", "digest": "0a8c26"}]})
    server.lists({"id": "m", "object": "model", "meta": {"n_params": 5, "size": 7}})
    with served(server):
        yield server


def ollama(wire: WireServer) -> RemoteEmbedder:
    return ollama_embedder(wire.root, "m", timeout=20)


def openai(wire: WireServer) -> RemoteEmbedder:
    return openai_embedder(wire.url, "m", timeout=20)


both = pytest.mark.parametrize("make", [ollama, openai])


@pytest.fixture
def opened(request, wire: WireServer) -> Iterator[Callable[[Any], RemoteEmbedder]]:
    with ExitStack() as stack:

        def make(maker: Callable[[WireServer], RemoteEmbedder]) -> RemoteEmbedder:
            embedder = maker(wire)
            stack.callback(embedder.close)
            return embedder

        yield make


@both
def test_rows_are_of_unit_length_and_in_the_order_of_the_texts(opened, make):
    rows = opened(make).embed(["a", "bcd", ""])
    assert (rows.dtype, rows.shape) == (np.float32, (3, 3))
    assert rows == pytest.approx(np.tile([0.6, 0.8, 0.0], (3, 1)))


@both
def test_many_texts_go_in_batches_and_progress_is_told(opened, wire, make):
    seen: list[tuple[int, int]] = []
    opened(make).embed(["text"] * 70, progress=lambda done, total: seen.append((done, total)))
    assert [len(body["input"]) for body in wire.bodies] == [32, 32, 6]
    assert seen == [(32, 70), (64, 70), (70, 70)]


@both
def test_the_dimension_is_asked_once(opened, wire, make):
    embedder = opened(make)
    assert embedder.dimension == embedder.dimension == 3
    assert len(wire.bodies) == 1
    assert embedder.embed([]).shape == (0, 3)


@pytest.mark.parametrize(("make", "digest"), [(ollama, "0a8c26"), (openai, "m-5-7")])
def test_the_digest_is_what_the_server_tells_of_the_weights(opened, make, digest):
    embedder = opened(make)
    assert embedder.digest == digest
    assert embedder.model_id == f"{make.__name__}:m"


def test_a_text_the_server_finds_too_long_is_cut_and_the_others_are_not(opened, wire):
    rows = opened(openai).embed(["short", "x" * 100])
    assert rows.shape == (2, 3)
    sent = [body["input"] for body in wire.bodies]
    assert sent[0] == ["short", "x" * 100]
    assert sent[1] == ["short"]
    assert LONGEST / 2 < len(sent[-1][0]) <= LONGEST


def test_a_text_is_not_cut_because_too_many_were_asked_for(opened, wire):
    wire.answers = {}
    wire.says("/v1/embeddings", {"error": {"message": "Rate limit exceeded: maximum 3 / min"}}, 429)
    with pytest.raises(Unavailable, match="Rate limit"):
        opened(openai).embed(["x" * 100, "short"])
    assert len(wire.bodies) == 1


@both
def test_nobody_there_is_unavailable(opened, make):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = WireServer.__new__(WireServer)
        gone.server_port = unused.getsockname()[1]
        with pytest.raises(Unavailable, match="answers at"):
            opened(lambda _: make(gone)).embed(["a"])


def test_a_model_ollama_does_not_have_says_how_to_get_it(opened, wire):
    wire.answers = {}
    wire.says("/api/embed", {"error": 'model "m" not found, try pulling it first'}, 404)
    with pytest.raises(Unavailable, match="ollama pull m"):
        opened(ollama).embed(["a"])


def test_the_settings_name_the_embedder_and_where_it_is(wire):
    with ExitStack() as stack:
        settings = load_settings(embedder="openai", embedding_model="m", model_url=wire.url)
        assert open_embedder(settings, stack).model_id == "openai:m"
        settings = load_settings(embedder="ollama", embedding_model="m", embedding_url=wire.root)
        assert open_embedder(settings, stack).dimension == 3
        with pytest.raises(ConfigError, match="HADES_EMBEDDING_MODEL"):
            open_embedder(load_settings(embedder="openai"), stack)


@pytest.mark.slow
def test_a_real_llama_server_embeds_and_cuts_what_is_too_long(model_url):
    with ExitStack() as stack:
        embedder = openai_embedder(model_url, "qwen2.5-coder-0.5b")
        stack.callback(embedder.close)
        rows = embedder.embed(
            ["bees make honey", "honey is made by bees", "x = [1, 2]", "long " * 600]
        )
        assert rows.shape == (4, embedder.dimension)
        assert rows[0] @ rows[1] > rows[0] @ rows[2]
        assert embedder.digest.startswith("qwen2.5-coder-0.5b-6")
