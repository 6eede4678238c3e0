"""Plays one task: a fresh copy of its world, one run of an agent, and what was measured of it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hades_mcp.agents.definition import AgentDefinition
from hades_mcp.agents.events import ModelResponded, RunFinished, ToolCalled, ToolReturned
from hades_mcp.errors import HadesError, LimitReached
from hades_mcp.messages import ToolResult, Usage
from hades_mcp.training.evaluation.ast_checking import judge
from hades_mcp.training.evaluation.bfcl import specs
from hades_mcp.training.evaluation.checking import Ran, fingerprint, verify
from hades_mcp.training.evaluation.counting import CountingToolbox
from hades_mcp.training.evaluation.runtimes import OURS
from hades_mcp.training.suites import Outcome, check

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.messages import ToolCall, ToolSpec
    from hades_mcp.models.base import ChatModel
    from hades_mcp.training.evaluation.bfcl import Entry
    from hades_mcp.training.evaluation.runtimes import Runtime
    from hades_mcp.training.evaluation.tasks import Task
    from hades_mcp.training.evaluation.worlds import Worlds
    from hades_mcp.training.suites import Case

BFCL_PROMPT = (
    "You are given functions. Call those that the question needs, all at once, with the values it"
    " gives. If none fits, say so and call none."
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One task as it was played.

    Args:
        id: The task's.
        category: Its category.
        why: Why it was not solved; empty if it was.
        answer: The last words.
        calls: What was called, each as {"name", "arguments", "ok", "channel"}.
        stop: Why the run ended; "error" if it broke off, "window" if it outgrew the model's,
            "refused" if a server that was there failed at it twice.
        steps: Model responses.
        prompt_tokens: Tokens of all prompts, cached ones included.
        cached_tokens: How many of them the server had cached.
        completion_tokens: Tokens written.
        seconds: Wall time of the run.
        split: The part of the suite it is of.
        invalid: Calls that reached a tool though their name or arguments do not fit it.
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
    invalid: int = 0

    @property
    def solved(self) -> bool:
        """Whether all checks held."""
        return not self.why

    @property
    def channels(self) -> Counter[str]:
        """How many calls came by which channel."""
        return Counter(call["channel"] for call in self.calls)

    def veiled(self) -> Attempt:
        """Return it without what would tell of a task that is held out, its answer above all."""
        if self.split != "held-out":
            return self
        calls = tuple({"ok": call["ok"], "channel": call["channel"]} for call in self.calls)
        why = self.why if self.stop == "error" or self.solved else "not solved"
        return replace(self, answer="", calls=calls, why=why)

    def row(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(slots=True)
class _Heard:
    calls: list[dict[str, Any]] = field(default_factory=list)
    made: list[ToolCall] = field(default_factory=list)
    finished: RunFinished | None = None
    stop: str = "error"
    steps: int = 0
    usage: Usage = field(default=Usage())

    def hear(self, event: RunEvent) -> None:
        match event:
            case ToolCalled(call):
                self.made.append(call)
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
            case ModelResponded(usage=usage):
                self.steps += 1
                self.usage += usage
            case RunFinished():
                self.finished = event
                self.stop, self.steps, self.usage = event.stop_reason, event.steps, event.usage


async def play_task(
    task: Task,
    agent: AgentDefinition,
    model: ChatModel,
    worlds: Worlds,
    runtime: Runtime = OURS,
) -> Attempt:
    """Let an agent do one task, all its writes approved, and judge what it did.

    A run that breaks off (the server is away, the prompt is too long) is not solved, and says why.
    """
    with worlds.copy(task.world) as workspace:
        before = fingerprint(workspace.db)
        toolbox = CountingToolbox(workspace)
        events = runtime.events(agent, task.question, model=model, toolbox=toolbox)
        started = time.perf_counter()
        heard, broke = await _listen(events)
        seconds = time.perf_counter() - started
        finished = heard.finished
        answer = finished.answer if finished else ""
        cited = tuple(getattr(finished, "cited", ()))
        why = broke or verify(task, Ran(answer, cited, before), workspace.db)
    played = _attempt(task.id, task.category, heard, why, seconds)
    return replace(played, split=task.split, invalid=toolbox.invalid)


async def play_case(
    case: Case,
    suite: str,
    agent: AgentDefinition,
    model: ChatModel,
    worlds: Worlds,
    runtime: Runtime = OURS,
) -> Attempt:
    """Let an agent answer one question of a plain suite, over an empty store."""
    with worlds.empty() as workspace:
        toolbox = CountingToolbox(workspace)
        events = runtime.events(agent, case.question, model=model, toolbox=toolbox)
        started = time.perf_counter()
        heard, broke = await _listen(events)
        seconds = time.perf_counter() - started
    answer = heard.finished.answer if heard.finished else ""
    why = broke or check(case, Outcome(tuple(heard.made), answer))
    played = _attempt(case.id, suite, heard, why, seconds)
    return replace(played, invalid=toolbox.invalid)


async def play_entry(entry: Entry, model: ChatModel, runtime: Runtime = OURS) -> Attempt:
    """Put one question of BFCL to a model as an agent would, and judge its first reply's calls."""
    offered = specs(entry)
    names = tuple(spec.name for spec in offered)
    agent = AgentDefinition("bfcl", "", BFCL_PROMPT, names)
    started = time.perf_counter()
    calls: tuple[ToolCall, ...] = ()
    usage, why, said, stop = Usage(), "", "", "answered"
    try:
        async with aclosing(
            runtime.events(agent, entry.question, model=model, toolbox=_NoToolbox(offered))
        ) as events:
            async for event in events:
                if isinstance(event, ModelResponded):
                    calls, usage = event.message.tool_calls, event.usage
                    said = event.message.content
                    break
    except LimitReached as error:
        why, stop = f"the run outgrew the model's window: {error}", "window"
    except HadesError as error:
        why, stop = f"the run broke off: {error}", "error"
    seconds = round(time.perf_counter() - started, 3)
    rows = tuple(
        {"name": call.name, "arguments": call.arguments, "channel": call.channel,
         "ok": call.name in names and call.arguments is not None}
        for call in calls
    )  # fmt: skip
    return Attempt(
        entry.id,
        entry.category,
        why or judge(entry, calls),
        answer=said,
        calls=rows,
        stop=stop,
        steps=1,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=seconds,
    )


class _NoToolbox:
    """Functions that are only described: BFCL judges calls, it makes none."""

    def __init__(self, offered: Sequence[ToolSpec]) -> None:
        self._offered = offered

    async def specs(self) -> Sequence[ToolSpec]:
        return self._offered

    async def call(self, call: ToolCall) -> ToolResult:
        return ToolResult(call.id, call.name, "Not made.", is_error=True)


async def _listen(events: AsyncIterator[RunEvent]) -> tuple[_Heard, str]:
    heard = _Heard()
    try:
        async for event in events:
            heard.hear(event)
    except LimitReached as error:  # the loop's own fault: playing it again would not help
        heard.stop = "window"
        return heard, f"the run outgrew the model's window: {error}"
    except HadesError as error:
        return heard, f"the run broke off: {error}"
    return heard, "" if heard.finished else "the run did not end"


def _attempt(name: str, category: str, heard: _Heard, why: str, seconds: float) -> Attempt:
    return Attempt(
        name,
        category,
        why,
        answer=heard.finished.answer if heard.finished else "",
        calls=tuple({key: call[key] for key in call if key != "id"} for call in heard.calls),
        stop=heard.stop,
        steps=heard.steps,
        prompt_tokens=heard.usage.prompt_tokens,
        cached_tokens=heard.usage.cached_tokens,
        completion_tokens=heard.usage.completion_tokens,
        seconds=round(seconds, 3),
    )
