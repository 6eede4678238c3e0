"""`hades ask` against a server that speaks the wire format: calls aside, the answer on stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.models.conftest import WireServer, chunk, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Hades

SEARCH = json.dumps({"name": "search", "arguments": {"text": "sweet"}})
WRITE = json.dumps(
    {"name": "context_add", "arguments": {"context": "notes", "content": "Bees are kind."}}
)


class InTurn(dict[str, Any]):
    """Answers chat requests one after the other; the last one for good."""

    def __init__(self, replies: list[bytes]) -> None:
        super().__init__()
        self.replies = replies

    def get(self, path: str, default: Any = None) -> Any:
        if path != "/v1/chat/completions":
            return super().get(path, default)
        body = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return (200, "text/event-stream", body)


def reply(text: str) -> bytes:
    chunks = [
        chunk({"role": "assistant", "content": text}),
        chunk({}, "stop", usage={"prompt_tokens": 9, "completion_tokens": 3}),
    ]
    lines = [f"data: {json.dumps(one)}\n\n" for one in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


@pytest.fixture
def model(request: pytest.FixtureRequest) -> Iterator[str]:
    server = WireServer()
    server.answers = InTurn([reply(text) for text in request.param])
    server.lists({"id": "wire-model"})
    with served(server):
        yield server.url


@pytest.mark.parametrize("model", [[SEARCH, "Bees make it."]], indirect=True)
def test_calls_go_to_stderr_and_the_answer_to_stdout(hades: Hades, notes: Path, model: str) -> None:
    hades("ingest", notes)
    done = hades("ask", "Who makes honey?", "--model-url", model)
    assert done.code == 0
    assert done.out == "Bees make it.\n"
    assert "librarian on wire-model" in done.err
    assert '→ search(text="sweet")' in done.err
    assert "hades traces show" in done.err
    [trace] = hades("traces", "list", "--json").rows
    assert trace["title"] == "Who makes honey?"
    shown = hades("traces", "show", trace["id"][:6]).out
    assert "example turns" in shown
    assert "Bees make it." in shown


@pytest.mark.parametrize("model", [[WRITE, "I could not note it."]], indirect=True)
def test_a_write_is_denied_when_nobody_is_there_to_ask(hades: Hades, model: str) -> None:
    done = hades("ask", "Remember that bees are kind.", "--model-url", model)
    assert "nobody to ask (use --yes)" in done.err
    assert hades("contexts", "list", "--json").rows == []


@pytest.mark.parametrize("model", [[WRITE, "Noted."]], indirect=True)
def test_yes_approves_writes(hades: Hades, model: str) -> None:
    done = hades("ask", "Remember that bees are kind.", "--yes", "--model-url", model)
    assert done.out == "Noted.\n"
    assert [e["content"] for e in hades("contexts", "show", "notes", "--json").rows] == [
        "Bees are kind."
    ]


@pytest.mark.parametrize("model", [[SEARCH]], indirect=True)
def test_a_model_that_only_repeats_itself_ends_without_an_answer(
    hades: Hades, notes: Path, model: str
) -> None:
    hades("ingest", notes)
    done = hades("ask", "Who makes honey?", "--json", "--model-url", model)
    assert done.code == 1
    assert done.rows[0]["event"] == "run_started"
    assert done.rows[-1]["event"] == "run_finished"
    assert done.rows[-1]["stop_reason"] in {"repeated", "steps"}
