"""Standard input and output as the event loop itself reads and writes them.

The SDK's transport has threads for both (mcp 2.3), and so each call changes threads three times
more: once to be read, twice to be answered.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from itertools import combinations
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import anyio

    Files = tuple[anyio.AsyncFile[str] | None, anyio.AsyncFile[str] | None]


async def standard_pipes() -> Files:
    """Return what `stdio_server` shall read and write instead of the standard streams.

    Those then lead nowhere, and to stderr: whatever else reads or prints stays out of the protocol.
    For the rest of the process's life.

    Returns:
        Both; or None twice where they are no pipes or sockets that could be taken so, which the
        SDK's own way serves.
    """
    if not _suitable():
        return None, None
    incoming, outgoing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return cast("Files", (await _reading(incoming), await _writing(outgoing)))


class Incoming:
    """The lines that come in."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def __aiter__(self) -> AsyncIterator[str]:
        """Give one line after the other until the host closes its end."""
        while line := await self._reader.readline():
            yield line.decode("utf-8", "replace")


class Outgoing:
    """What goes out."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def write(self, text: str) -> None:
        """Send a text, as much of it as the pipe takes now; the rest follows."""
        self._writer.write(text.encode())

    async def flush(self) -> None:
        """Wait until the pipe has taken it all.

        Raises:
            OSError: The host is gone.
        """
        await self._writer.drain()


async def _reading(descriptor: int) -> Incoming:
    # No limit: a line is a message, and the SDK's own transport takes any.
    reader = asyncio.StreamReader(limit=sys.maxsize)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    return Incoming(reader)


async def _writing(descriptor: int) -> Outgoing:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()),
        os.fdopen(descriptor, "wb", buffering=0),
    )
    transport.set_write_buffer_limits(0)  # or the last answers could be lost at the end
    return Outgoing(asyncio.StreamWriter(transport, protocol, None, loop))


def _suitable() -> bool:
    if sys.platform == "win32":
        return False
    try:
        files = [os.fstat(descriptor) for descriptor in (0, 1, 2)]
    except OSError:
        return False
    # What is read and written so no longer blocks: stderr must, and so must a terminal. On a socket
    # that is both, asyncio would take what comes in for the end of what goes out.
    shared = any(os.path.samestat(*pair) for pair in combinations(files, 2))
    return not shared and all(
        stat.S_ISFIFO(file.st_mode) or stat.S_ISSOCK(file.st_mode) for file in files[:2]
    )
