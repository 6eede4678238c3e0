"""What a suite is played in: HADES's loop with some or all of its measures, or a plain one."""

from __future__ import annotations

import hashlib
from contextlib import aclosing
from dataclasses import dataclass, field, fields
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, TypeAlias

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.measures import Measures
from hades_mcp.agents.run import run
from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.training.evaluation.plain import plain_run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from importlib.resources.abc import Traversable

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.models.base import ChatModel

Loop: TypeAlias = Literal["hades", "plain"]

MEASURES = tuple(one.name for one in fields(Measures))
ALL, NONE = "all", "none"

PLAYERS = ("agents", "models", "prompts", "tools", "training/evaluation/plain.py")
"""What of the package decides what a model reads and what is made of its words."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Who leads the model through a task.

    Args:
        loop: Ours, or the plain one.
        measures: What ours does for the model.
    """

    loop: Loop = "hades"
    measures: Measures = field(default=Measures())

    @property
    def row(self) -> dict[str, str]:
        """Return it as conditions of an evaluation."""
        if self.loop == "plain":
            return {"runtime": self.loop}
        on = [name for name in MEASURES if getattr(self.measures, name)]
        said = ALL if len(on) == len(MEASURES) else " ".join(on) or NONE
        return {"runtime": self.loop, "measures": said}

    async def events(
        self, agent: AgentDefinition, question: str, *, model: ChatModel, toolbox: Toolbox
    ) -> AsyncGenerator[RunEvent, None]:
        """Run an agent on one question, all its writes approved.

        Raises:
            ConfigError, Unavailable, LimitReached: As `hades_mcp.agents.run.run`.
        """
        if self.loop == "plain":
            events = plain_run(agent, question, model=model, toolbox=toolbox)
        else:
            events = run(
                agent, question, model=model, toolbox=toolbox, approve=approve_all,
                measures=self.measures,
            )  # fmt: skip
        async with aclosing(events):
            async for event in events:
                yield event


OURS = Runtime()
"""HADES's loop with all it has."""


def read_runtime(loop: Loop, said: str) -> Runtime:
    """Return a runtime from words.

    Args:
        loop: Which loop.
        said: "all", "none", names of measures with commas between them, or names with "no-" before
            each: all but these.

    Raises:
        UnknownName: There is no such measure; the nearest is named.
        InvalidArgument: The plain loop has no measures, or names with and without "no-" are mixed.
    """
    words = [word for word in said.replace(",", " ").split() if word]
    if loop == "plain" and words not in ([], [ALL]):
        raise InvalidArgument("The plain loop has no measures.", hint="Leave --measures out.")
    if words in ([], [ALL], [NONE]):
        return Runtime(loop, _measures(() if words == [NONE] else MEASURES))
    without = [word.removeprefix("no-") for word in words if word.startswith("no-")]
    for name in (word.removeprefix("no-") for word in words):
        if name not in MEASURES:
            raise UnknownName("measure", name, MEASURES)
    if without and len(without) < len(words):
        raise InvalidArgument(
            f"{said!r} names measures to have and measures to leave out.",
            hint="Write examples,recovery for these alone, or no-repair for all but that.",
        )
    return Runtime(
        loop, _measures([name for name in MEASURES if name not in without] if without else words)
    )


def _measures(on: tuple[str, ...] | list[str]) -> Measures:
    return Measures(**{name: name in on for name in MEASURES})


def code_hash() -> str:
    """Return 16 hex digits of the sources that play: a change to them makes other conditions."""
    digest = hashlib.sha256()
    package = files("hades_mcp")
    for place in PLAYERS:
        for name, source in _sources(package.joinpath(place), place):
            digest.update(f"{name}\0".encode() + source + b"\0")
    return digest.hexdigest()[:16]


def _sources(place: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for one in sorted(place.iterdir(), key=lambda each: each.name):
            yield from _sources(one, f"{name}/{one.name}")
    elif name.endswith(".py"):
        yield name, place.read_bytes()
