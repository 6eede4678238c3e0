"""A real pseudo-terminal that a test types into and reads from."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from typing import Self

PATIENCE = 60.0
"""Seconds after which what was to be seen will not come any more."""

BEGIN = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C typed there is a signal here
runpy.run_module("hades_mcp", run_name="__main__")
"""

CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """`hades` with arguments at a terminal of 100 columns."""

    def __init__(self, *arguments: str, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._master, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", BEGIN, *arguments],
            stdin=child,
            stdout=child,
            stderr=child,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(child)
        self.screen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self._master)

    def type(self, text: str) -> None:
        """Type, as fast as a paste."""
        os.write(self._master, text.encode())

    def sees(self, pattern: str) -> str:
        """Wait until something is on the screen; return what came since the last look."""
        deadline = time.monotonic() + self._patience
        while not (found := re.search(pattern, self.screen)):
            left = deadline - time.monotonic()
            if left < 0 or not self._read(left):
                raise AssertionError(f"never saw {pattern!r} but:\n{self.screen}")
        seen, self.screen = self.screen[: found.end()], self.screen[found.end() :]
        return seen

    def ends(self) -> int:
        """Wait until the process has ended; return its exit code."""
        while self._read(self._patience):
            pass
        return self.process.wait(PATIENCE)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody holds the other end
            return False
        self.screen += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)
