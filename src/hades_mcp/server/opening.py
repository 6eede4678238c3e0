"""Opens the workspace while the server answers already, and again when it could not be opened."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hades_mcp.errors import HadesError, Unavailable
from hades_mcp.logging import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.workspace import Workspace

# Hosts give a server two seconds before they kill it (mcp client 2.3: PROCESS_TERMINATION_TIMEOUT).
CLOSE_SECONDS = 1.5

_log = get_logger("server")


class Opening:
    """A workspace that may still have to be opened.

    Args:
        opener: Opens it; a HadesError it raises is the answer to the call that asked for it, and
            the next call tries again.
    """

    def __init__(self, opener: Callable[[], Workspace]) -> None:
        self._opener = opener
        self._lock = threading.Lock()
        self._workspace: Workspace | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to open it in the background."""
        threading.Thread(target=self._try, name="open-workspace", daemon=True).start()

    def workspace(self) -> Workspace:
        """Return the open workspace; waits while it is being opened.

        Raises:
            HadesError: Why it can't be opened.
        """
        with self._lock:
            if self._closed:
                raise Unavailable("The server is shutting down.")
            if self._workspace is None:
                self._workspace = self._opener()
            return self._workspace

    def close(self) -> None:
        """Close it within a few seconds; a query that still runs is left to the store's journal."""
        closing = threading.Thread(target=self._close, name="close-workspace", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            if self._workspace is not None:
                # First, as it must not wait for an embedder that is still loading its model.
                self._workspace.recorder.close()
                self._workspace.close()

    def _try(self) -> None:
        try:
            self.workspace()
        except HadesError as error:
            _log.warning("workspace_not_open", reason=str(error))
        except Exception:  # noqa: BLE001  a bug; each call will say so too
            _log.exception("workspace_bug")
