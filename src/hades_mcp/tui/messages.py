"""What happens in a run, as Textual messages: the only place where the two vocabularies meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from hades_mcp.agents.events import RunEvent


class RunAdvanced(Message):
    """The agent said, called or got back something.

    Args:
        event: The fact, as the run loop yielded it.
    """

    def __init__(self, event: RunEvent) -> None:
        super().__init__()
        self.event = event


class RunEnded(Message):
    """Nothing more will come of a run.

    Args:
        error: What broke it; None when it ended by itself.
        cancelled: A person stopped it.
    """

    def __init__(self, error: Exception | None = None, *, cancelled: bool = False) -> None:
        super().__init__()
        self.error = error
        self.cancelled = cancelled
