"""`hades ask` against a server that speaks the wire format: calls aside, the answer on stdout."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.talker import FOREVER, PATIENCE, Talker, talking

from hades_mcp.cli import piped
from hades_mcp.cli.piped import MOST_PIPED, read_question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Done, Hades

SEARCH = json.dumps({"name": "search", "arguments": {"text": "honey"}})
WRITE = json.dumps(
    {"name": "context_add", "arguments": {"context": "notes", "content": "Bees are kind."}}
)
ENDS = {"event", "answer", "tool_calls", "rows", "cited", "usage", "stop_reason", "trace_id"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADES_EMBEDDER", "hashing")


@pytest.fixture
def model(request: pytest.FixtureRequest) -> Iterator[Talker]:
    with talking(*request.param) as server:
        yield server


def replies(*texts: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("model", [texts], indirect=True)


def asked(hades: Hades, model: Talker, *arguments: str, stdin: str = "") -> Done:
    return hades("ask", *arguments, "--model-url", model.url, stdin=stdin)


def said(request: list[dict[str, Any]]) -> list[str]:
    return [one["content"] for one in request if one["role"] == "user"]


@replies(SEARCH, "Bees make it.")
def test_calls_go_to_stderr_and_the_answer_to_stdout(hades: Hades, notes: Path, model: Talker):
    hades("ingest", notes)
    done = asked(hades, model, "Who makes honey?")
    assert done.code == 0
    assert done.out == "Bees make it.\n"
    assert "librarian on wire-model" in done.err
    assert '→ search(text="honey")' in done.err
    assert "hades traces show" in done.err
    assert "\x1b" not in done.err
    [trace] = hades("traces", "list", "--json").rows
    assert trace["title"] == "Who makes honey?"
    shown = hades("traces", "show", trace["id"][:6]).out
    assert "example turns" in shown
    assert "Bees make it." in shown


@replies(SEARCH, "Bees make it.")
def test_quiet_leaves_the_answer_alone(hades: Hades, notes: Path, model: Talker):
    hades("ingest", notes)
    done = asked(hades, model, "Who makes honey?", "--quiet")
    assert (done.out, done.err) == ("Bees make it.\n", "")


@replies(WRITE, "I could not note it.")
def test_a_write_is_denied_when_nobody_is_there_to_ask(hades: Hades, model: Talker) -> None:
    done = asked(hades, model, "Remember that bees are kind.")
    assert "nobody to ask (use --yes)" in done.err
    assert hades("contexts", "list", "--json").rows == []


@replies(WRITE, "Noted.")
def test_yes_approves_writes(hades: Hades, model: Talker) -> None:
    done = asked(hades, model, "Remember that bees are kind.", "--yes")
    assert done.out == "Noted.\n"
    assert [e["content"] for e in hades("contexts", "show", "notes", "--json").rows] == [
        "Bees are kind."
    ]


@replies(SEARCH)
def test_a_model_that_only_repeats_itself_ends_without_an_answer(
    hades: Hades, notes: Path, model: Talker
) -> None:
    hades("ingest", notes)
    done = asked(hades, model, "Who makes honey?", "--json")
    assert done.code == 1
    assert done.rows[0]["event"] == "run_started"
    assert done.rows[-1]["event"] == "run_finished"
    assert done.rows[-1]["stop_reason"] in {"repeated", "steps"}


@replies(SEARCH, "Bees make honey.")
def test_the_last_event_holds_all_that_a_script_needs(hades: Hades, notes: Path, model: Talker):
    hades("ingest", notes)
    done = asked(hades, model, "Who makes honey?", "--json")
    assert done.err == ""
    last = done.rows[-1]
    assert set(last) == ENDS
    assert last["answer"] == "Bees make honey."
    call = {"name": "search", "arguments": {"text": "honey"}, "ok": True, "channel": "constrained"}
    assert last["tool_calls"] == [call]
    ids = [row["id"] for row in last["rows"]]
    assert last["cited"]
    assert set(last["cited"]) <= set(ids)
    assert set(last["usage"]) == {"prompt_tokens", "completion_tokens", "cached_tokens"}
    assert last["stop_reason"] == "answered"
    assert last["trace_id"] == done.rows[0]["trace_id"]
    assert {row["event"] for row in done.rows} >= {"text_delta", "tool_called", "tool_returned"}


@replies(SEARCH, ["Let me look again.\n", SEARCH], "Bees\x1b[2J make it.")
def test_only_the_answer_is_written_and_no_control_codes(hades: Hades, notes: Path, model: Talker):
    hades("ingest", notes)
    assert asked(hades, model, "Who?").out == "Bees[2J make it.\n"


@replies(SEARCH, ["Let me", " look.\n\n", SEARCH], ["  Bees ", "make it:\n", "```aql\n1\n```\n"])
def test_a_streamed_answer_is_written_once_and_calls_are_not(
    hades: Hades, notes: Path, model: Talker
):
    hades("ingest", notes)
    done = asked(hades, model, "Who?", "--stream")
    assert done.out == "Let me look.\nBees make it:\n```aql\n1\n```\n"


@replies(SEARCH, "Half a pair: \ud83d.", SEARCH, "Half a pair: \ud83d.")
def test_what_cannot_be_written_is_replaced(hades: Hades, notes: Path, model: Talker):
    hades("ingest", notes)
    assert asked(hades, model, "Who?").out == "Half a pair: ?.\n"
    last = json.loads(asked(hades, model, "Who?", "--json").out.splitlines()[-1])
    assert last["answer"] == "Half a pair: \ud83d."


@pytest.mark.parametrize("stdin", ["Who makes honey?\n", "\ufeffWho makes honey?"])
@pytest.mark.parametrize("arguments", [(), ("-",)])
@replies(SEARCH, "Bees.")
def test_a_question_is_read_from_a_pipe(hades: Hades, model: Talker, stdin: str, arguments: Any):
    done = asked(hades, model, *arguments, stdin=stdin)
    assert done.code == 0
    assert said(model.sent(0))[-1] == "Who makes honey?"


@replies("It says moo.")
def test_what_is_piped_in_beside_a_question_is_what_it_is_about(hades: Hades, model: Talker):
    done = asked(hades, model, "What does this say?", stdin="The cow says moo.\n")
    assert done.out == "It says moo.\n"  # and no tool had to be called first
    assert said(model.sent(0))[-1] == "What does this say?\n\nThe text:\n\nThe cow says moo."


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (("Who?",), "x" * (MOST_PIPED + 1), 3, "hades ingest"),
        (("-",), "\0binary", 2, "no UTF-8 text"),
        ((" ",), "", 2, "question is empty"),
        (("-",), "\n", 2, "question is empty"),
        (("Who?", "--agent", "libarian"), "", 2, "Did you mean 'librarian'?"),
        (("Who?", "--model", "qwen"), "", 2, "no model 'qwen'"),
        (("Who?", "--session", " "), "", 2, "no name of a session"),
    ],
)
@replies("Nobody asks me.")
def test_what_cannot_be_asked_is_refused_with_a_way_out(
    hades: Hades, model: Talker, arguments: Any, stdin: str, code: int, words: str
):
    done = asked(hades, model, *arguments, "--json", stdin=stdin)
    assert done.code == code
    assert words in done.err
    [error] = done.rows
    assert error["event"] == "error"
    assert words in f"{error['message']} {error['hint']}"
    assert not model.bodies


def test_no_model_server_says_what_to_run_next(hades: Hades):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"
        done = hades("ask", "Who?", "--json", "--model-url", url)
    assert done.code == 4
    assert "hades models serve" in done.err
    [error] = done.rows
    assert error["kind"] == "unavailable"
    assert "hades models serve" in error["hint"]
    assert error["trace_id"] == ""


def test_settings_that_do_not_fit_are_an_event_too(hades: Hades, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HADES_MODEL_TIMEOUT", "soon")
    done = hades("ask", "Who?", "--json")
    assert (done.code, done.rows[0]["kind"]) == (5, "config_error")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(piped, "PATIENCE", 0.01)
    reading, writing = os.pipe()
    with os.fdopen(reading) as silent:
        monkeypatch.setattr("sys.stdin", silent)
        assert read_question("Who?") == ("Who?", "")
    os.close(writing)
    assert "< /dev/null" in capsys.readouterr().err


def test_no_standard_input_at_all_is_no_text(monkeypatch: pytest.MonkeyPatch):
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert read_question("Who?") == ("Who?", "")
    assert read_question("Who?") == ("Who?", "")  # closed
    monkeypatch.setattr("sys.stdin", None)
    assert read_question("Who?") == ("Who?", "")


@replies(SEARCH, "Bees.", SEARCH, "In a hive.", SEARCH, "No idea.")
def test_a_session_goes_on_and_another_name_is_a_new_one(hades: Hades, notes: Path, model: Talker):
    hades("ingest", notes)
    asked(hades, model, "Who makes honey?", "--session", "bees")
    asked(hades, model, "Where do they live?", "--session", "bees")
    asked(hades, model, "Where do they live?", "--session", "other")
    first, second, third = model.sent(1), model.sent(3), model.sent(5)
    assert second[: len(first)] == first  # to the byte, so that the server's cache holds
    assert said(second)[-2:] == ["Who makes honey?", "Where do they live?"]
    assert {"role": "assistant", "content": "Bees."}.items() <= second[len(first)].items()
    assert "Who makes honey?" not in said(third)


@replies(SEARCH, "Four.", SEARCH, "Five.")
def test_a_session_goes_on_with_its_agent(hades: Hades, model: Talker):
    asked(hades, model, "How many?", "--session", "counts", "--agent", "analyst")
    assert "analyst on" in asked(hades, model, "And now?", "--session", "counts").err
    again = asked(hades, model, "Who?", "--session", "counts", "--agent", "librarian")
    assert "librarian on" in again.err


TAUGHT = """
description = "Looks up."
prompt = "librarian"
tools = ["search"]
must_call = true

[[examples]]
question = "What does {name} know?"
tool = "search"
arguments = {{ text = "{name}" }}
result = "[]"
answer = "Nothing."
"""


@replies(SEARCH, "One.", SEARCH, "Two.", SEARCH, "Three.")
def test_another_agent_of_a_session_gets_its_own_examples(
    hades: Hades, notes: Path, model: Talker, tmp_path: Path
):
    hades("ingest", notes)
    (tmp_path / "home" / "agents").mkdir()
    for name in ("ann", "bob"):
        (tmp_path / "home" / "agents" / f"{name}.toml").write_text(TAUGHT.format(name=name))
    for agent in ("ann", "bob", "bob"):
        asked(hades, model, "Who?", "--session", "s", "--agent", agent)
    assert [said(model.sent(request))[0] for request in (1, 3, 5)] == [
        "What does ann know?", "What does bob know?", "What does bob know?",
    ]  # fmt: skip
    assert [said(model.sent(request)).count("Who?") for request in (1, 3, 5)] == [1, 2, 3]
    assert "What does ann know?" not in said(model.sent(3))
    assert model.sent(5)[: len(model.sent(3))] == model.sent(3)


class Shell:
    """Runs `hades` as a shell would, in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hades_mcp", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> subprocess.Popen[str]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)


def test_an_answer_streams_and_ctrl_c_ends_the_run_as_cancelled(hades: Hades, notes: Path):
    hades("ingest", notes)
    going_on = threading.Event()
    text: tuple[Any, ...] = (SEARCH, ["Bees make ", going_on, FOREVER])
    with (
        talking(*text) as model,
        Shell("ask", "Who?", "--json", "--model-url", model.url) as process,
    ):
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1] == {"event": "text_delta", "text": "Bees make "}:
                break  # and the model has not said the rest
        going_on.set()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130, err
        assert model.left.wait(PATIENCE)
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["kind"]) == ("error", "cancelled")
    assert "Traceback" not in err
    [trace] = hades("traces", "list", "--json").rows
    assert trace["id"] == last["trace_id"] == lines[0]["trace_id"]
    assert trace["status"] == "cancelled"


def test_a_reader_that_leaves_ends_the_run_quietly(hades: Hades, notes: Path):
    hades("ingest", notes)
    with (
        talking(SEARCH, FOREVER) as model,
        Shell("ask", "Who?", "--stream", "-q", "--model-url", model.url) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.read(3) == "and"
        process.stdout.close()
        assert process.wait(PATIENCE) == 0
        assert model.left.wait(PATIENCE)
        assert process.stderr is not None
        assert process.stderr.read() == ""
    [trace] = hades("traces", "list", "--json").rows
    assert trace["status"] == "cancelled"


def test_a_killed_run_loses_its_own_turn_and_no_other(hades: Hades, notes: Path):
    hades("ingest", notes)
    with talking(SEARCH, "Bees.", SEARCH, FOREVER) as model:
        asked(hades, model, "Who makes honey?", "--session", "bees")
        more = ("--stream", "--session", "bees", "--model-url", model.url)
        with Shell("ask", "Where do they live?", *more) as process:
            assert process.stdout is not None
            assert process.stdout.read(3) == "and"
            process.kill()
            process.wait(PATIENCE)
        model.replies = [[SEARCH], ["In a hive."]]
        asked(hades, model, "Where?", "--session", "bees")
        assert said(model.sent(-1))[-2:] == ["Who makes honey?", "Where?"]


@replies(SEARCH, ["Use this: ", '```json\n{"name": "search", "arguments": {', "\n"], "Bees.")
def test_a_reply_that_was_of_no_use_does_not_show_the_answer_twice(
    hades: Hades, notes: Path, model: Talker
):
    hades("ingest", notes)
    done = asked(hades, model, "Who?", "--stream")
    assert done.out == "Use this: Bees.\n"
