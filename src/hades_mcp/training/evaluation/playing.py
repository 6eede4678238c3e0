"""Plays one task: a fresh copy of its world, one run of an agent, and what was measured of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.events import RunFinished, ToolCalled, ToolReturned
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.errors import HadesError
from hades_mcp.tools.toolset import Toolset
from hades_mcp.training.evaluation.checking import Ran, fingerprint, verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.models.base import ChatModel
    from hades_mcp.training.evaluation.tasks import Task
    from hades_mcp.training.evaluation.worlds import Worlds


@dataclass(frozen=True, slots=True)
class Attempt:
    """One task as it was played.

    Args:
        id: The task's.
        category: Its category.
        why: Why it was not solved; empty if it was.
        answer: The last words.
        calls: What was called, each as {"name", "arguments", "ok", "channel"}.
        stop: Why the run ended; "error" if it broke off.
        steps: Model responses.
        prompt_tokens: Tokens of all prompts, cached ones included.
        cached_tokens: How many of them the server had cached.
        completion_tokens: Tokens written.
        seconds: Wall time of the run.
        split: The part of the suite it is of.
    """

    id: str
    category: str
    why: str
    answer: str = ""
    calls: tuple[dict[str, Any], ...] = ()
    stop: str = ""
    steps: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    split: str = "dev"

    @property
    def solved(self) -> bool:
        """Whether all checks held."""
        return not self.why

    @property
    def channels(self) -> Counter[str]:
        """How many calls came by which channel."""
        return Counter(call["channel"] for call in self.calls)

    def row(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(slots=True)
class _Heard:
    calls: list[dict[str, Any]] = field(default_factory=list)
    finished: RunFinished | None = None

    def hear(self, event: RunEvent) -> None:
        match event:
            case ToolCalled(call):
                self.calls.append(
                    {"name": call.name, "arguments": call.arguments, "channel": call.channel,
                     "id": call.id, "ok": False}
                )  # fmt: skip
            case ToolReturned(result):
                waiting = (one for one in self.calls if one.get("id") == result.call_id)
                for one in waiting:
                    one["ok"] = not result.is_error
                    del one["id"]
                    break
            case RunFinished():
                self.finished = event


async def play_task(
    task: Task, agent: AgentDefinition, model: ChatModel, worlds: Worlds
) -> Attempt:
    """Let an agent do one task, all its writes approved, and judge what it did.

    A run that breaks off (the server is away, the prompt is too long) is not solved, and says why.
    """
    with worlds.copy(task.world) as workspace:
        before = fingerprint(workspace.db)
        toolbox = LocalToolbox(Toolset(workspace))
        events = run(agent, task.question, model=model, toolbox=toolbox, approve=approve_all)
        started = time.perf_counter()
        heard, broke = await _listen(events)
        seconds = time.perf_counter() - started
        finished = heard.finished
        answer = finished.answer if finished else ""
        cited = tuple(getattr(finished, "cited", ()))
        why = broke or verify(task, Ran(answer, cited, before), workspace.db)
    return _attempt(task, heard, why, seconds)


async def _listen(events: AsyncIterator[RunEvent]) -> tuple[_Heard, str]:
    heard = _Heard()
    try:
        async for event in events:
            heard.hear(event)
    except HadesError as error:
        return heard, f"the run broke off: {error}"
    return heard, "" if heard.finished else "the run did not end"


def _attempt(task: Task, heard: _Heard, why: str, seconds: float) -> Attempt:
    finished = heard.finished
    calls = tuple({key: call[key] for key in call if key != "id"} for call in heard.calls)
    if finished is None:
        return Attempt(
            task.id, task.category, why, calls=calls, stop="error", seconds=seconds,
            split=task.split,
        )  # fmt: skip
    usage = finished.usage
    return Attempt(
        task.id,
        task.category,
        why,
        answer=finished.answer,
        calls=calls,
        stop=finished.stop_reason,
        steps=finished.steps,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=round(seconds, 3),
        split=task.split,
    )
