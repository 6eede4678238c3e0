"""The ladder of repair: after each failure the model is asked differently, and not for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.models.reading import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hades_mcp.messages import ToolSpec

SAMPLED = 0.7
"""Temperature of the last try: what is likeliest was wrong three times."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the next reply is asked for.

    Args:
        tools: A schema holds the reply to a call of one of these; without any it is free.
        answer: The schema leaves room for an answer too.
        temperature: Instead of the agent's.
        repair: What is different after a failure, in a word for the record: told, held, narrowed.
    """

    tools: tuple[ToolSpec, ...] = ()
    answer: bool = False
    temperature: float | None = None
    repair: str = ""


class Ladder:
    """How often in a row it went wrong, and what is changed for that.

    1. told: the error, with the nearest name and a corrected call, stands in the conversation; a
       reply that could not be read is asked for again, held to any tool's schema.
    2. held: the reply is held to the schema of the tool whose call failed.
    3. narrowed: it is held to the other tools or an answer, and sampled.

    Then there is nothing left to change. A call that goes well leads back to the ground.

    Args:
        tools: What may be called.
        must_call: An answer will not do before a call went well or was denied.
        climbs: False for an agent that is only told its errors.
    """

    def __init__(self, tools: Sequence[ToolSpec], *, must_call: bool, climbs: bool = True) -> None:
        self._tools = tuple(tools)
        self._due = must_call
        self._climbs = climbs
        self._failures = 0
        self._attempted: bool | None = None
        self._failed: dict[str, None] = {}

    @property
    def due(self) -> bool:
        """Whether an answer will not do yet."""
        return self._due

    def succeeded(self) -> None:
        """A call went well, or a person said no to it."""
        self._due = False
        self._failures = 0
        self._attempted = None
        self._failed.clear()

    def failed(self, names: Iterable[str]) -> None:
        """All calls of a reply went wrong; `names` are the tools it named."""
        self._failures += 1
        self._attempted = None
        for name in names:
            near = resolve(name, {spec.name: spec for spec in self._tools})
            self._failed.pop(near or name, None)
            self._failed[near or name] = None

    def unusable(self, *, attempted: bool) -> None:
        """A reply was nothing, or (`attempted`) a call that could not be read."""
        self._failures += 1
        self._attempted = attempted

    def asking(self) -> Asking | None:
        """Return how to ask next; None when there is no other way left."""
        if not self._climbs:
            if self._attempted is not None:
                return None
            return Asking(self._tools if self._due and not self._failures else ())
        match self._failures:
            case 0:
                return Asking(self._tools if self._due else ())
            case 1 if self._attempted is not None:
                either = not (self._attempted or self._due)
                return Asking(self._tools, answer=either, repair="held")
            case 1:
                return Asking(self._tools if self._due else (), repair="told")
            case 2:
                return Asking(self._failing(), answer=not self._due, repair="held")
            case 3:
                return Asking(self._others(), answer=True, temperature=SAMPLED, repair="narrowed")
            case _:
                return None

    def _failing(self) -> tuple[ToolSpec, ...]:
        """Return the tool that failed last; all when nothing tells which was meant."""
        last = next(reversed(self._failed), "")
        return tuple(spec for spec in self._tools if spec.name == last) or self._tools

    def _others(self) -> tuple[ToolSpec, ...]:
        return tuple(spec for spec in self._tools if spec.name not in self._failed) or self._tools
