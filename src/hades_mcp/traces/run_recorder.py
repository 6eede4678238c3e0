"""Records one run of an agent: each turn as a step, each model request and tool call as a span."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel_context
from opentelemetry.trace import StatusCode, set_span_in_context

from hades_mcp.messages import ToolResult, Usage
from hades_mcp.traces import attributes as names
from hades_mcp.traces.backlog import unfailing
from hades_mcp.traces.call_recorder import CallRecorder
from hades_mcp.traces.otel import describe
from hades_mcp.traces.records import Observation, Source, Step
from hades_mcp.traces.store import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

    from hades_mcp.messages import Message, ToolCall
    from hades_mcp.traces.records import Status
    from hades_mcp.traces.writer import TraceWriter
    from hades_mcp.types import JsonObject

CURRENT_CALL = otel_context.create_key("hades-call")
"""Context key of the call that a run of this process is making."""


class RunRecorder:
    """One run while it goes on.

    The run's span is never made current, so a run may live in an async generator, whose body moves
    from context to context; only `tool` makes a span current, and nothing may be yielded inside it.

    Args:
        span: The run's AGENT span.
        trace_id: 32 hex digits; the trace's id in the store and of the spans.
        tracer: Where more spans come from.
        writer: Where steps go.
        content: Whether texts may be kept.
    """

    def __init__(
        self, span: Span, trace_id: str, tracer: Tracer, writer: TraceWriter, *, content: bool
    ) -> None:
        self.trace_id = trace_id
        self._span = span
        self._tracer = tracer
        self._writer = writer
        self._content = content
        self._closed = False

    @property
    def context(self) -> Context:
        """The OpenTelemetry context whose current span is the run's."""
        return set_span_in_context(self._span)

    def system(self, text: str, facts: JsonObject | None = None) -> None:
        """Record the system prompt, or a note HADES put in between."""
        self._say("system", text, facts)

    def user(self, text: str, facts: JsonObject | None = None) -> None:
        """Record what the user asked."""
        self._say("user", text, facts)
        if self._content:
            with unfailing("run span"):
                describe(self._span, names.text_input(text))

    def earlier(self, message: Message) -> None:
        """Record a turn of the conversation from before this run: no model is asked for it now."""
        facts: JsonObject = {"earlier": True}
        match message.role:
            case "tool":
                result = ToolResult(message.tool_call_id or "", message.name or "", message.content)
                self._writer.observe(Observation(result, facts))
            case "assistant":
                said = message.content
                turn = Step("agent", said, now(), message.tool_calls, llm_calls=0, hades=facts)
                self._writer.step(turn)
            case "user" | "system":
                self._say(message.role, message.content, facts)

    @contextmanager
    def llm(
        self, sent: Sequence[Message], *, model: str, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[LLMRecorder]:
        """Record one model request.

        Args:
            sent: The messages, as they go to the model.
            model: Which model is asked.
            parameters: Temperature, seed, limits and the like.

        Yields:
            A recorder whose `respond` is to be called with what came back.
        """
        span = self._tracer.start_span(f"chat {model}".strip(), self.context)
        with unfailing("llm span"):
            describe(span, names.kind("LLM") | names.model(model, parameters or {}))
            if self._content:
                describe(span, names.messages(names.LLM_INPUT_MESSAGES, sent))
        with _ended(span):
            tracer = self._tracer
            yield LLMRecorder(span, self._writer, tracer, model=model, content=self._content)

    @contextmanager
    def tool(self, call: ToolCall) -> Iterator[CallRecorder]:
        """Record one tool call of this run; `result` of what is yielded takes the answer.

        Inside, the call's span is current: a Toolset in this process uses it as its own, an MCP
        client sends it along, and the server's span joins this trace.
        """
        recorder = self._call(call)
        span = recorder.span
        inside = otel_context.set_value(CURRENT_CALL, recorder, set_span_in_context(span))
        token = otel_context.attach(inside)
        try:
            with _ended(span):
                yield recorder
        finally:
            otel_context.detach(token)

    @contextmanager
    def delegated(self, call: ToolCall) -> Iterator[CallRecorder]:
        """Record a call that another agent answers: a run inside this one takes what is yielded.

        Its span is never made current, so what that run does may be passed on from inside.
        """
        recorder = self._call(call)
        with _ended(recorder.span):
            yield recorder

    def _call(self, call: ToolCall) -> CallRecorder:
        span = self._tracer.start_span(f"execute_tool {call.name}", self.context)
        recorder = CallRecorder(call.id, span, self.trace_id, self._writer, content=self._content)
        with unfailing("tool span"):
            about = names.kind("TOOL") | names.tool(call.name, "run", call.id)
            describe(span, about | {names.TOOL_CHANNEL: call.channel})
            if self._content:
                raw = call.raw_arguments if call.arguments is None else call.arguments
                describe(span, names.tool_arguments(raw))
        return recorder

    def finish(self, status: Status = "finished", outcome: JsonObject | None = None) -> None:
        """Close the run; only the first call counts.

        Args:
            status: How it ended.
            outcome: Why it stopped (`stop_reason`), the `answer`, the `error`.
        """
        if self._closed:
            return
        self._closed = True
        facts = dict(outcome or {})
        answer = facts.get("answer")
        if not self._content:
            facts.pop("answer", None)
        elif isinstance(answer, str):
            with unfailing("run span"):
                describe(self._span, names.text_output(answer))
        with unfailing("run span"):
            describe(self._span, {names.RUN_STATUS: status})
            self._span.set_status(StatusCode.OK if status == "finished" else StatusCode.ERROR)
        self._writer.finish(status, facts)

    def _say(self, source: Source, text: str, facts: JsonObject | None) -> None:
        self._writer.step(Step(source, text, timestamp=now(), hades=facts or {}))


class LLMRecorder:
    """One model request while it is answered."""

    def __init__(
        self, span: Span, writer: TraceWriter, tracer: Tracer, *, model: str, content: bool
    ) -> None:
        self._span = span
        self._writer = writer
        self._tracer = tracer
        self._model = model
        self._content = content

    def respond(
        self,
        message: Message,
        usage: Usage | None = None,
        *,
        finish_reason: str = "",
        reasoning: str = "",
        facts: JsonObject | None = None,
    ) -> None:
        """Record what the model answered, as a step of the agent.

        Args:
            message: The answer, its tool calls read.
            usage: What it cost.
            finish_reason: Why it ended.
            reasoning: What the model thought, where that is kept apart.
            facts: More: the raw `request` and `response`, token ids, milliseconds.
        """
        with unfailing("llm span"):
            describe(self._span, names.usage(usage or Usage(), finish_reason))
            if self._content:
                describe(self._span, names.text_output(message.content))
                describe(self._span, names.messages(names.LLM_OUTPUT_MESSAGES, [message]))
            self._span.set_status(StatusCode.OK)
        ended: JsonObject = {"finish_reason": finish_reason}
        self._writer.step(
            Step(
                "agent",
                message.content,
                timestamp=now(),
                calls=message.tool_calls,
                reasoning=reasoning,
                model=self._model,
                usage=usage,
                llm_calls=1,
                hades=ended | (facts or {}),
            )
        )

    def guardrail(self, verdict: str, rules: Sequence[str], *, started: int, ended: int) -> None:
        """Record what an output filter made of the answer, as a span inside the request's.

        Args:
            verdict: passed, masked or blocked.
            rules: What struck, in words that give away nothing of the answer.
            started: Nanoseconds since 1970.
            ended: Likewise.
        """
        with unfailing("guardrail span"):
            inside = set_span_in_context(self._span)
            span = self._tracer.start_span("apply_guardrail", inside, start_time=started)
            described = names.kind("GUARDRAIL")
            described |= {names.GUARDRAIL_VERDICT: verdict, names.GUARDRAIL_RULES: "; ".join(rules)}
            describe(span, described)
            span.set_status(StatusCode.OK)
            span.end(ended)


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    """End a span when its work ends, however that is."""
    try:
        yield
    except BaseException as error:
        span.set_status(StatusCode.ERROR)
        describe(span, {names.ERROR_TYPE: type(error).__qualname__})
        raise
    finally:
        span.end()
