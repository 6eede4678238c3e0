"""Passes what happens in a run on to the recorder, or to nobody."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunFinished
    from hades_mcp.messages import Message, ToolCall, ToolResult, ToolSpec
    from hades_mcp.models.base import ChatRequest, ChatResponse
    from hades_mcp.traces.call_recorder import CallRecorder
    from hades_mcp.traces.recorder import Recorder
    from hades_mcp.traces.run_recorder import RunRecorder
    from hades_mcp.types import JsonObject


class Recording:
    """One run's record.

    Args:
        run: The recorder of the run; None keeps no record.
    """

    def __init__(self, run: RunRecorder | None) -> None:
        self._run = run

    @property
    def trace_id(self) -> str:
        """The trace's id, empty without a record."""
        return self._run.trace_id if self._run is not None else ""

    def opened(
        self,
        system: str,
        examples: Sequence[Message],
        earlier: Sequence[Message],
        question: str,
    ) -> None:
        """Record how the conversation begins: system prompt, examples, earlier turns, question."""
        if self._run is None:
            return
        self._run.system(system)
        for message in examples:
            self._run.system(f"{message.role}: {message.content}", {"example": True})
        for message in earlier:
            self._run.earlier(message)
        self._run.user(question)

    def compacted(self, summary: str, dropped: int) -> None:
        """Record that from now on a summary stands for so many messages."""
        if self._run is not None:
            self._run.system(summary, {"compacted": dropped})

    @contextmanager
    def llm(
        self, request: ChatRequest, model: str
    ) -> Iterator[Callable[[ChatResponse, Message, JsonObject], None]]:
        """Record one model request; what is yielded takes the response and how it was read."""
        if self._run is None:
            yield _forget
            return
        parameters = {
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "constrained": request.response_schema is not None,
        }
        with self._run.llm(request.messages, model=model, parameters=parameters) as recorder:

            def keep(response: ChatResponse, read: Message, facts: JsonObject) -> None:
                guardrail = response.guardrail
                if guardrail is not None:
                    rules = [f"{one.action}: {one.rule}" for one in guardrail.findings]
                    recorder.guardrail(
                        guardrail.verdict, rules, started=guardrail.started, ended=guardrail.ended
                    )
                    facts = {**facts, "guardrail": [guardrail.verdict, *rules]}
                recorder.respond(
                    read,
                    response.usage,
                    finish_reason=response.finish_reason,
                    # The request's messages are the steps before this one: not kept twice.
                    facts={"response": response.raw_response, **facts},
                )

            yield keep

    @contextmanager
    def tool(self, call: ToolCall) -> Iterator[Callable[[ToolResult, JsonObject], None]]:
        """Record one call; its span is current inside, and what is yielded takes the result."""
        if self._run is None:
            yield _forget
            return
        with self._run.tool(call) as recorder:
            yield recorder.result

    @contextmanager
    def delegated(
        self, call: ToolCall
    ) -> Iterator[tuple[Callable[[ToolResult, JsonObject], None], CallRecorder | None]]:
        """Record a call that another agent answers: what takes its result, and its run.

        Its span is not current, so events may be passed on from inside.
        """
        if self._run is None:
            yield _forget, None
            return
        with self._run.delegated(call) as recorder:
            yield recorder.result, recorder

    def finished(self, run: RunFinished) -> None:
        """Record how the run ended."""
        if self._run is None:
            return
        outcome: JsonObject = {"answer": run.answer, "stop_reason": run.stop_reason}
        if run.cited:
            outcome["cited"] = list(run.cited)
        if run.abstained:
            outcome["abstained"] = True
        self._run.finish("finished", outcome)


@contextmanager
def recording(
    recorder: Recorder | None,
    agent: AgentDefinition,
    model: str,
    tools: Sequence[ToolSpec],
    facts: JsonObject,
    *,
    session: str = "",
    caller: CallRecorder | None = None,
) -> Iterator[Recording]:
    """Open the record of a run."""
    if recorder is None:
        yield Recording(None)
        return
    with recorder.run(
        agent.name, model=model, tools=tools, session=session, facts=facts, caller=caller
    ) as run:
        yield Recording(run)


def _forget(*_: object) -> None:
    return
