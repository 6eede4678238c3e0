"""The trace store keeps every acknowledged step, whoever writes and whoever is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import ConfigError, Conflict, InvalidArgument, NotFound
from hades_mcp.messages import ToolCall, ToolResult
from hades_mcp.traces.records import Header, Observation, Step
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from hades_mcp.traces.records import Header, Step
from hades_mcp.traces.store import TraceStore
store = TraceStore(Path(sys.argv[1]))
identity, number = sys.argv[2], int(sys.argv[3])
store.begin(Header(identity, "writer", "1", started="2026-01-01T00:00:00Z"))
for place in range(number):
    store.append(identity, Step("user", f"step {place}"))
    print(place, flush=True)
if number < 1_000_000:
    store.finish(identity, status="finished")
    store.close()
"""


def write(path: Path, identity: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), identity, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_writer_loses_no_acknowledged_step(path: Path, store: TraceStore) -> None:
    with write(path, "a" * 32, 10_000_000) as writer:
        assert writer.stdout is not None
        for _ in range(50):
            last = int(writer.stdout.readline())
        assert store.get("a" * 32).status == "running"
        writer.send_signal(signal.SIGKILL)
        rest = [int(line) for line in writer.stdout.read().splitlines() if line]
    last = max([last, *rest[:-1]])
    trace = store.get("a" * 32)
    assert trace.status == "interrupted"
    assert [step.message for step in trace.steps[: last + 1]] == [
        f"step {place}" for place in range(last + 1)
    ]


def test_four_processes_that_make_one_file_lose_nothing(path: Path) -> None:
    writers = [write(path, str(number) * 32, 40) for number in range(4)]
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0] * 4
    store = TraceStore(path)
    assert sorted(summary.steps for summary in store.list()) == [40] * 4
    assert {summary.status for summary in store.list()} == {"finished"}
    store.close()


def test_threads_append_to_one_trace_without_losing_a_step(store: TraceStore) -> None:
    store.begin(Header("a" * 32, "agent", "1"))

    def append() -> None:
        for _ in range(25):
            store.append("a" * 32, Step("user", "x"))

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(store.get("a" * 32).steps) == 100


def test_a_result_goes_to_the_last_step_that_made_the_call(store: TraceStore) -> None:
    store.begin(Header("a" * 32, "agent", "1"))
    call = ToolCall("c1", "search", {})
    for answer in ("first", "second"):
        store.append("a" * 32, Step("agent", "", calls=(call,)))
        store.observe("a" * 32, Observation(ToolResult("c1", "search", answer)))
    steps = store.get("a" * 32).steps
    assert [step.observations[0].result.content for step in steps] == ["first", "second"]


def test_a_trace_is_found_by_the_start_of_its_id(store: TraceStore) -> None:
    for identity in ("ab" + "0" * 30, "ac" + "0" * 30):
        store.begin(Header(identity, "agent", "1"))
    assert store.get("ab").id == "ab" + "0" * 30
    with pytest.raises(InvalidArgument, match="Several traces begin with 'a'"):
        store.get("a")
    for missing in ("ff", "", "%"):
        with pytest.raises(NotFound, match="There is no trace"):
            store.get(missing)


def test_the_list_is_newest_first_and_titled_by_the_question(store: TraceStore) -> None:
    for day in (1, 3, 2):
        store.begin(Header(str(day) * 32, "agent", "1", started=f"2026-01-0{day}T00:00:00Z"))
    store.append("3" * 32, Step("system", "Be brief."))
    store.append("3" * 32, Step("user", "What\nis  this? " + "x" * 200))
    store.append("3" * 32, Step("user", "And that?"))
    listed = store.list(limit=2)
    assert [summary.id[0] for summary in listed] == ["3", "2"]
    assert listed[0].title.startswith("What is this? xxx")
    assert len(listed[0].title) == 120
    assert listed[0].steps == 3


def test_a_call_from_outside_is_titled_by_its_tool_and_arguments(store: TraceStore) -> None:
    calls = [
        ToolCall("c1", "search", {"text": "oven", "limit": 2}),
        ToolCall("c2", "context_list", {}),
        ToolCall("c3", "search", None, raw_arguments="{oops"),
        ToolCall("c4", "search", {"text": "token=ghp_" + "a1B2" * 9}),
    ]
    for number, call in enumerate(calls):
        header = Header(str(number) * 32, "mcp", "1", kind="calls")
        store.begin(header, Step("agent", "", calls=(call,)))
    titles = [summary.title for summary in reversed(store.list())]
    assert titles[:3] == ['search {"text":"oven","limit":2}', "context_list", "search"]
    assert "ghp_" not in titles[3]


def test_odd_values_from_a_model_are_kept(store: TraceStore) -> None:
    store.begin(Header("a" * 32, "agent", "1"))
    store.append("a" * 32, Step("user", "half a pair: \ud83d"))
    call = ToolCall("c", "f", {"big": 2**70, "none": None, "deep": [[[{}]]]})
    store.append("a" * 32, Step("agent", "", calls=(call,)))
    steps = store.get("a" * 32).steps
    assert steps[0].message == "half a pair: \ud83d"
    assert steps[1].calls[0].arguments == call.arguments


def test_a_trace_is_begun_once_and_must_exist(store: TraceStore) -> None:
    store.begin(Header("a" * 32, "agent", "1"))
    with pytest.raises(Conflict):
        store.begin(Header("a" * 32, "agent", "1"))
    with pytest.raises(NotFound):
        store.append("b" * 32, Step("user", "x"))
    with pytest.raises(NotFound):
        store.finish("b" * 32, status="finished")


def test_a_file_that_is_no_trace_store_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("this is no database, and it is longer than a header " * 40)
    with pytest.raises(ConfigError, match="not a database"):
        TraceStore(text)
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(ConfigError, match="not a trace store"):
        TraceStore(other)


def test_a_newer_file_is_left_alone(path: Path) -> None:
    TraceStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match="newer HADES"):
        TraceStore(path)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="can't be opened"):
        TraceStore(tmp_path / "file" / "traces.sqlite")


def test_a_run_of_an_earlier_life_of_this_process_id_is_interrupted(store: TraceStore) -> None:
    store.begin(Header("a" * 32, "agent", "1"))
    assert store.get("a" * 32).status == "running"
    store._connection.execute("UPDATE traces SET owner = ?", (f"{os.getpid()}:other",))
    assert store.get("a" * 32).status == "interrupted"


def test_a_trace_may_begin_with_its_first_steps(store: TraceStore) -> None:
    store.begin(Header("a" * 32, "agent", "1"), Step("system", "s"), Step("user", "why?"))
    store.append("a" * 32, Step("user", "and?"))
    assert [step.message for step in store.get("a").steps] == ["s", "why?", "and?"]
    assert store.list()[0].title == "why?"
