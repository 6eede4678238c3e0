"""Makes the calls of one reply: each gets exactly one result, whatever goes wrong."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import anyio

from hades_mcp.agents.approval import Decision, decide
from hades_mcp.agents.correcting import problem, taught
from hades_mcp.agents.events import ApprovalNeeded, ToolReturned
from hades_mcp.errors import HadesError, did_you_mean
from hades_mcp.logging import get_logger
from hades_mcp.messages import ToolResult
from hades_mcp.models.reading import resolve
from hades_mcp.prompts.chat import signature
from hades_mcp.services.callers import acting

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from hades_mcp.agents.approval import Approve
    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import AgentSpoke
    from hades_mcp.agents.recording import Recording
    from hades_mcp.agents.showing import Results
    from hades_mcp.agents.subagents import Colleagues
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.messages import ToolCall, ToolSpec
    from hades_mcp.types import JsonObject

_log = get_logger("agents")


class Caller:
    """Makes calls on behalf of one run.

    Args:
        toolbox: Where the tools are.
        tools: Which of them may be called.
        agent: On whose behalf: its policy, and the arguments it adds.
        approve: Asks a person.
        record: Where calls are recorded.
        results: What was cut off earlier results.
        left: How many seconds there are.
        teaches: Whether errors show the call that would be right.
        colleagues: The agents that may be called.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        tools: Sequence[ToolSpec],
        agent: AgentDefinition,
        approve: Approve,
        record: Recording,
        *,
        results: Results,
        left: Callable[[], float],
        colleagues: Colleagues,
        teaches: bool = True,
    ) -> None:
        self._toolbox = toolbox
        self._tools = {spec.name: spec for spec in tools}
        self._agent = agent.name
        self._policy = agent.approval
        self._defaults = agent.defaults
        self._approve = approve
        self._record = record
        self._results = results
        self._left = left
        self._teaches = teaches
        self._colleagues = colleagues

    async def make(
        self, calls: Sequence[ToolCall]
    ) -> AsyncGenerator[ApprovalNeeded | AgentSpoke | ToolReturned, None]:
        """Make calls in their order, neighbours that only read side by side.

        Calls that a cancelled run leaves unmade get their results in the record.

        Yields:
            What needs approval, what agents that are called do, and for each call its one result,
            in the order of the calls.
        """
        waiting = list(calls)
        try:
            for side_by_side, group in groupby(calls, self._independent):
                batch = list(group)
                if side_by_side:
                    for result in await self._together(batch, waiting):
                        yield ToolReturned(result)
                    continue
                for call in batch:
                    refusal = self._refusal(call)
                    decision = Decision("deny") if refusal else self._decide(call)
                    if decision.rule == "ask":
                        yield ApprovalNeeded(call, decision.reason)
                    approved = decision.rule == "auto" or (
                        decision.rule == "ask" and await self._asked(call, decision.reason)
                    )
                    waiting.pop(0)
                    if not approved:
                        words = refusal or _denied(call, decision)
                        yield ToolReturned(self._unmade(call, words), approved=bool(refusal))
                    elif call.name in self._colleagues:
                        async with aclosing(self._colleagues.answer(call)) as said:
                            async for event in said:
                                yield event
                    else:
                        yield ToolReturned(await self._one(call))
        finally:
            for call in waiting:
                self._unmade(call, "The run was cancelled before this call.")

    def _independent(self, call: ToolCall) -> bool:
        spec = self._tools.get(call.name)
        return (
            spec is not None
            and spec.annotations.read_only
            and call.name not in self._colleagues
            and self._refusal(call) is None
            and self._decide(call).rule == "auto"
        )

    def _decide(self, call: ToolCall) -> Decision:
        return decide(call, self._tools[call.name], self._policy)

    def _refusal(self, call: ToolCall) -> str | None:
        """Return why a call cannot be made at all, in words that lead to one that can.

        Our own tools check their arguments themselves, and forgive more than their schemas say; a
        stranger's are checked here.
        """
        spec = self._tools.get(call.name)
        if spec is None:
            near = resolve(call.name, self._tools)
            hint = f"Did you mean {near!r}?" if near else did_you_mean(call.name, self._tools)
            return f"There is no tool {call.name!r}. {hint}"
        if call.arguments is None:
            return f"The arguments are not a JSON object. Write them so: {signature(spec)}"
        if not spec.origin:
            return None
        wrong = problem(call.arguments, spec)
        return taught(wrong, call.arguments, spec) if wrong and self._teaches else wrong

    async def _asked(self, call: ToolCall, reason: str) -> bool:
        try:
            return await self._approve(call, reason)
        except Exception:  # noqa: BLE001  whatever it is, the call must not run
            _log.exception("nobody could be asked", tool=call.name)
            return False  # a call nobody could be asked about does not run

    async def _together(
        self, calls: Sequence[ToolCall], waiting: list[ToolCall]
    ) -> list[ToolResult]:
        results: dict[int, ToolResult] = {}

        async def make(index: int, call: ToolCall) -> None:
            waiting.remove(call)
            results[index] = await self._one(call)

        async with anyio.create_task_group() as group:
            for index, call in enumerate(calls):
                group.start_soon(make, index, call)
        return [results[index] for index in range(len(calls))]

    async def _one(self, call: ToolCall) -> ToolResult:
        with self._record.tool(call) as keep:
            facts: JsonObject = {}
            try:
                result = await self._made(call)
            except TimeoutError:
                result = self._timed_out(call)
                facts["error"] = "timeout"
            except HadesError as error:
                result = ToolResult(call.id, call.name, str(error), is_error=True)
            except Exception:  # noqa: BLE001  a broken tool must not take the run with it
                _log.exception("tool failed", tool=call.name)
                words = f"{call.name} failed inside; the log says why. Go on without it."
                result = ToolResult(call.id, call.name, words, is_error=True)
            except BaseException:
                cancelled = ToolResult(call.id, call.name, "Cancelled.", is_error=True)
                keep(cancelled, {"error": "cancelled"})
                raise
            if result.is_error and self._teaches:
                words = taught(result.content, call.arguments, self._tools[call.name])
                result = replace(result, content=words)
            keep(result, facts)
        return result

    async def _made(self, call: ToolCall) -> ToolResult:
        rest = self._results.rest(call)
        if rest is not None:
            return ToolResult(call.id, call.name, rest)
        with acting(self._agent), anyio.move_on_after(self._left()) as scope:
            return await self._toolbox.call(self._filled(call))
        assert scope.cancelled_caught  # noqa: S101  nothing else leads here
        raise TimeoutError

    def _timed_out(self, call: ToolCall) -> ToolResult:
        words = f"{call.name} took longer than this run may."
        if not self._tools[call.name].annotations.read_only:
            words += " Whether it was done is not known."
        return ToolResult(call.id, call.name, words, is_error=True)

    def _filled(self, call: ToolCall) -> ToolCall:
        """Return a call that reads with the agent's own arguments where the model gave none.

        A call that writes stays as it was approved.
        """
        defaults = self._defaults.get(call.name, {})
        if not defaults or not self._tools[call.name].annotations.read_only:
            return call
        return replace(call, arguments={**defaults, **(call.arguments or {})})

    def _unmade(self, call: ToolCall, words: str) -> ToolResult:
        result = ToolResult(call.id, call.name, words, is_error=True)
        with self._record.tool(call) as keep:
            keep(result, {"error": "not_made"})
        return result


def _denied(call: ToolCall, decision: Decision) -> str:
    who = "The user" if decision.rule == "ask" else "The policy of this agent"
    return f"{who} did not allow {call.name}; do not call it again, and say that it was not done."
