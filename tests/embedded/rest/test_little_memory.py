"""Transactions go on where there is no memory for the thread that watches them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Each room that is left beside the stack of a thread is tried in a process of its own: with too
# little there is no thread, with a little more it dies before it says that it runs.
SCRIPT = """
import os, resource, signal, traceback
from pathlib import Path
from hades_mcp.embedded import connect

stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
stack = stack if 0 < stack < 2**26 else 2**23

def held():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))

def child(room):
    signal.alarm(20)
    client = connect()
    db = client.db("_system")
    db.create_collection("things")
    resource.setrlimit(resource.RLIMIT_DATA, (held() + room,) * 2)
    for key in "ab":
        trx = db.begin_transaction(write=["things"])
        trx.collection("things").insert({"_key": key})
        trx.commit_transaction()
    assert db.collection("things").count() == 2
    client.close()

for room in (2**20, *range(stack - 2**13, stack + 2**15, 2**12)):
    pid = os.fork()
    if not pid:
        try:
            child(room)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(room, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is enforced by Linux")
def test_a_transaction_does_not_wait_for_a_thread_that_cannot_begin() -> None:
    # the threads of numpy would leave a child their stacks
    settings = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=True, env=settings
    )
    codes = dict(line.split() for line in done.stdout.splitlines())
    assert len(codes) == 11
    assert set(codes.values()) == {"0"}, f"{codes}\n{done.stderr}"
