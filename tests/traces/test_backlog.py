"""What may wait a moment is done in order, soon, and never forgotten."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hades_mcp.messages import ToolResult
from hades_mcp.traces.backlog import LONGEST, Backlog
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hades_mcp.traces.recorder import Recorder

CALLS = """
import os, signal, sys
from pathlib import Path
from hades_mcp.messages import ToolResult
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

def call(number):
    with recorder.tool_call("search", {"number": number}, source="mcp") as made:
        made.result(ToolResult("", "search", str(number)))

store, other = TraceStore(Path(sys.argv[1])), TraceStore(Path(sys.argv[1]))
recorder = Recorder(store)
"""
FINISHED_AND_KILLED = """
for number in range(20):
    call(number)
while len(other.list(99)) < 20:
    pass
call(20)
os.kill(os.getpid(), signal.SIGKILL)
"""
KILLED_BY_ITS_CALL = """
with recorder.tool_call("search", {"number": 7}, source="mcp"):
    while not other.list():
        pass
    os.kill(os.getpid(), signal.SIGKILL)
"""
CLOSED = """
for number in range(200):
    call(number)
recorder.close()
store.close()
"""


def process(path: Path, body: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CALLS + body, str(path)])


def call(recorder: Recorder, query: str) -> None:
    with recorder.tool_call("search", {"query": query}, source="mcp") as made:
        made.result(ToolResult("", "search", "[]"))


class Elsewhere:
    """Does work in whatever thread, except in the backlog's own."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def together(self, work: tuple[Callable[[], None], ...]) -> None:
        if threading.current_thread().name == "traces":
            raise OSError("the disk is full")
        self.batches.append(len(work))
        for one in work:
            one()


def test_what_waits_is_done_without_anybody_asking() -> None:
    done = threading.Event()
    backlog = Backlog(lambda work: work[0]())
    backlog.put(done.set)
    assert done.wait(60)
    backlog.close()


def test_what_could_not_be_done_is_done_by_the_next_in_its_order() -> None:
    elsewhere, done = Elsewhere(), list[int]()
    backlog = Backlog(elsewhere.together)
    for number in range(5):
        backlog.put(partial(done.append, number))
    backlog.flush()
    assert done == [0, 1, 2, 3, 4]
    assert elsewhere.batches == [5]
    backlog.put(partial(done.append, 5))
    backlog.close()
    assert done == [0, 1, 2, 3, 4, 5]


def test_a_full_backlog_is_emptied_by_who_brings_the_next() -> None:
    elsewhere, done = Elsewhere(), list[int]()
    backlog = Backlog(elsewhere.together)
    for number in range(LONGEST + 1):
        backlog.put(partial(done.append, number))
    assert done == list(range(LONGEST))
    backlog.close()
    assert done == list(range(LONGEST + 1))


def test_nobody_waits_for_a_batch_that_is_being_done() -> None:
    begun, more = threading.Event(), threading.Event()
    done: list[bool] = []

    def slow() -> None:
        begun.set()
        done.append(more.wait(60))

    backlog = Backlog(lambda work: [one() for one in work].clear())
    backlog.put(slow)
    assert begun.wait(60)
    backlog.put(lambda: None)  # if it waited for its turn, slow would wait in vain
    more.set()
    backlog.close()
    assert done == [True]


def test_what_comes_after_the_end_is_done_at_once() -> None:
    elsewhere, done = Elsewhere(), list[int]()
    backlog = Backlog(elsewhere.together)
    backlog.close()
    backlog.put(partial(done.append, 1))
    assert done == [1]


def test_calls_are_written_before_a_run_ends(recorder: Recorder, path: Path) -> None:
    other = TraceStore(path)
    with recorder.run("librarian"):
        call(recorder, "x")
    assert sorted(trace.kind for trace in other.list()) == ["calls", "run"]
    other.close()


def test_closing_the_recorder_writes_what_waits(recorder: Recorder, path: Path) -> None:
    call(recorder, "x")
    recorder.close()
    other = TraceStore(path)
    assert [trace.status for trace in other.list()] == ["finished"]
    other.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_process_loses_at_most_its_last_calls(path: Path) -> None:
    assert process(path, FINISHED_AND_KILLED).wait(60) == -signal.SIGKILL
    store = TraceStore(path)
    traces = [store.get(identity) for identity in store.ids()]
    assert [trace.steps[0].observations[0].result.content for trace in traces[:20]] == [
        str(number) for number in range(20)
    ]
    assert {trace.status for trace in traces} == {"finished"}
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_call_that_kills_its_process_is_read_as_interrupted(path: Path) -> None:
    assert process(path, KILLED_BY_ITS_CALL).wait(60) == -signal.SIGKILL
    store = TraceStore(path)
    [summary] = store.list()
    assert summary.status == "interrupted"
    assert store.get(summary.id).steps[0].calls[0].arguments == {"number": 7}
    store.close()


def test_processes_that_write_behind_to_one_file_lose_nothing(path: Path) -> None:
    made = [process(path, CLOSED) for _ in range(2)]
    assert [one.wait(60) for one in made] == [0, 0]
    store = TraceStore(path)
    traces = [store.get(identity) for identity in store.ids()]
    numbers = sorted(int(trace.steps[0].observations[0].result.content) for trace in traces)
    assert numbers == sorted([*range(200), *range(200)])
    store.close()
