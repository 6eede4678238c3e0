"""Plays one task: a fresh copy of its world, one run of an agent, and what was measured of it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.definition import AgentDefinition
from hades_mcp.agents.events import ModelResponded, RunFinished, ToolCalled, ToolReturned
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.errors import HadesError
from hades_mcp.messages import ToolResult, Usage
from hades_mcp.tools.toolset import Toolset
from hades_mcp.training.evaluation.ast_checking import judge
from hades_mcp.training.evaluation.bfcl import specs
from hades_mcp.training.evaluation.checking import Ran, fingerprint, verify
from hades_mcp.training.suites import Outcome, check

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.messages import ToolCall, ToolSpec
    from hades_mcp.models.base import ChatModel
    from hades_mcp.training.evaluation.bfcl import Entry
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
    return _attempt(task.id, task.category, heard, why, seconds, task.split)


async def play_case(
    case: Case, suite: str, agent: AgentDefinition, model: ChatModel, worlds: Worlds
) -> Attempt:
    """Let an agent answer one question of a plain suite, over an empty store."""
    with worlds.empty() as workspace:
        toolbox = LocalToolbox(Toolset(workspace))
        events = run(agent, case.question, model=model, toolbox=toolbox)
        started = time.perf_counter()
        heard, broke = await _listen(events)
        seconds = time.perf_counter() - started
    answer = heard.finished.answer if heard.finished else ""
    why = broke or check(case, Outcome(tuple(heard.made), answer))
    return _attempt(case.id, suite, heard, why, seconds)


async def play_entry(entry: Entry, model: ChatModel) -> Attempt:
    """Put one question of BFCL to a model as an agent would, and judge its first reply's calls."""
    offered = specs(entry)
    names = tuple(spec.name for spec in offered)
    agent = AgentDefinition("bfcl", "", BFCL_PROMPT, names)
    started = time.perf_counter()
    calls: tuple[ToolCall, ...] = ()
    usage, why, said = Usage(), "", ""
    try:
        async with aclosing(
            run(agent, entry.question, model=model, toolbox=_NoToolbox(offered))
        ) as events:
            async for event in events:
                if isinstance(event, ModelResponded):
                    calls, usage = event.message.tool_calls, event.usage
                    said = event.message.content
                    break
    except HadesError as error:
        why = f"the run broke off: {error}"
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
        stop="error" if why else "answered",
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
    except HadesError as error:
        return heard, f"the run broke off: {error}"
    return heard, "" if heard.finished else "the run did not end"


def _attempt(
    name: str, category: str, heard: _Heard, why: str, seconds: float, split: str = "dev"
) -> Attempt:
    finished = heard.finished
    usage = finished.usage if finished else Usage()
    return Attempt(
        name,
        category,
        why,
        answer=finished.answer if finished else "",
        calls=tuple({key: call[key] for key in call if key != "id"} for call in heard.calls),
        stop=finished.stop_reason if finished else "error",
        steps=finished.steps if finished else 0,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=round(seconds, 3),
        split=split,
    )
