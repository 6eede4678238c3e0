"""Records runs and tool calls twice over: as a trace in the store, and as live spans."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel_context
from opentelemetry.trace import Link, StatusCode, get_current_span, set_span_in_context

from hades_mcp import __version__
from hades_mcp.messages import ToolCall
from hades_mcp.traces import attributes as names
from hades_mcp.traces.backlog import unfailing
from hades_mcp.traces.call_recorder import CallRecorder
from hades_mcp.traces.json_text import write_json
from hades_mcp.traces.otel import Tracing, describe, open_tracing, trace_id
from hades_mcp.traces.records import Header, Step
from hades_mcp.traces.run_recorder import CURRENT_CALL, RunRecorder
from hades_mcp.traces.store import now
from hades_mcp.traces.writer import TraceWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opentelemetry.trace import Span

    from hades_mcp.config import Settings
    from hades_mcp.messages import ToolSpec
    from hades_mcp.traces.store import TraceStore
    from hades_mcp.types import JsonObject


class Recorder:
    """Makes the records of runs and of calls.

    Args:
        store: Where traces are kept.
        tracing: Where spans come from; by default spans are made but sent nowhere.
        content: Whether prompts, arguments and results are kept (in traces and spans alike).
    """

    def __init__(
        self, store: TraceStore, tracing: Tracing | None = None, *, content: bool = True
    ) -> None:
        self._store = store
        self._tracing = tracing or Tracing(version=__version__)
        self._tracer = self._tracing.tracer
        self._content = content

    @contextmanager
    def run(
        self,
        agent: str,
        *,
        model: str = "",
        tools: Sequence[ToolSpec] = (),
        session: str = "",
        facts: JsonObject | None = None,
        caller: CallRecorder | None = None,
    ) -> Iterator[RunRecorder]:
        """Record a run of an agent.

        A run left without `finish` ends as failed when an error left it, as cancelled when it was
        torn down, else as finished.

        Args:
            agent: The agent's name.
            model: The model that speaks.
            tools: What the model is shown.
            session: Groups the runs of one conversation.
            facts: Contract, prompt and template hashes, adapter id.
            caller: The call of another run that this one answers. Its spans stand inside that
                call's; its record is its own, as what the agents said are two conversations, and
                names the call as its `parent`.

        Yields:
            The recorder of the run.
        """
        span, identity = self._opened(agent, caller)
        if caller is not None:
            parent: JsonObject = {"trace": caller.trace_id, "call": caller.call_id}
            facts = {**(facts or {}), "parent": parent}
        with unfailing("run span"):
            described = names.kind("AGENT") | names.agent(agent, model, session or identity)
            describe(span, described)
        header = Header(
            id=identity,
            agent=agent,
            version=__version__,
            model=model,
            tools=tuple(_definition(spec) for spec in tools),
            session=session or identity,
            started=now(),
            hades=facts or {},
        )
        writer = TraceWriter(self._store, header, content=self._content)
        recorder = RunRecorder(span, identity, self._tracer, writer, content=self._content)
        try:
            with _outcome(recorder):
                yield recorder
        finally:
            span.end()

    def _opened(self, agent: str, caller: CallRecorder | None) -> tuple[Span, str]:
        """Begin the span of a run; return it and the id of the run's record."""
        name = f"invoke_agent {agent}"
        if caller is not None:
            inside = set_span_in_context(caller.span, otel_context.Context())
            return self._tracer.start_span(name, inside), uuid.uuid4().hex
        outside = get_current_span().get_span_context()
        links = [Link(outside)] if outside.is_valid else None
        # A run is the root of its own trace, wherever it was started from: its id is the record's.
        span = self._tracer.start_span(name, otel_context.Context(), links=links)
        return span, trace_id(span)

    @contextmanager
    def tool_call(
        self, name: str, arguments: Any, *, source: str, facts: JsonObject | None = None
    ) -> Iterator[CallRecorder]:
        """Record a tool call where it is carried out.

        A call that a run is making is the run's to record: here it only gets (or, over MCP, joins
        by) a span. Any other call is recorded as a trace of its own, or, when it came with a trace
        id of a stranger, as the next call of that trace.

        Args:
            name: The tool's name, as it was called.
            arguments: As they came, whatever they are.
            source: The door the call came in by: "mcp", "agent", "cli".
            facts: More about it: the contract's hash.

        Yields:
            The recorder whose `result` takes the answer.
        """
        outer = otel_context.get_value(CURRENT_CALL)
        if isinstance(outer, CallRecorder):
            # One span for one call: the run opened it. Calls made inside are others.
            with _attached(otel_context.set_value(CURRENT_CALL, None)):
                yield CallRecorder(
                    outer.call_id, outer.span, outer.trace_id, None, content=self._content
                )
            return
        joined = get_current_span().get_span_context().is_valid
        span = self._tracer.start_span(f"execute_tool {name}")
        identity = trace_id(span)
        if span.is_recording():
            with unfailing("tool span"):
                described = names.kind("TOOL") | names.tool(name, source)
                describe(span, described | {names.SESSION_ID: identity})
                if self._content:
                    describe(span, names.tool_arguments(arguments))
        call = _call(span, name, arguments)
        header = Header(
            id=identity,
            agent=source,
            version=__version__,
            started=now(),
            kind="calls",
            hades=facts or {},
        )
        step = Step("agent", "", timestamp=header.started, calls=(call,), llm_calls=0)
        writer = TraceWriter(
            self._store, header, content=self._content, first=step, join=joined, soon=True
        )
        recorder = CallRecorder(call.id, span, identity, writer, content=self._content)
        try:
            with _attached(set_span_in_context(span)):
                yield recorder
        except BaseException as error:
            span.set_status(StatusCode.ERROR)
            writer.finish("cancelled", {"error": type(error).__qualname__})
            raise
        else:
            writer.finish("finished", {})
        finally:
            span.end()

    @contextmanager
    def retriever(self, query: str) -> Iterator[RetrieverRecorder]:
        """Record a search for documents, as a span inside the current one."""
        with self._tracer.start_as_current_span("retrieval") as span:
            with unfailing("retriever span"):
                described = names.kind("RETRIEVER")
                describe(span, described | (names.text_input(query) if self._content else {}))
            yield RetrieverRecorder(span, content=self._content)

    def close(self) -> None:
        """Write and send what waits, spans for two seconds at most; the store stays open."""
        with unfailing("close"):
            self._store.flush()
        with unfailing("close"):
            self._tracing.close()


class RetrieverRecorder:
    """A search while it runs."""

    def __init__(self, span: Span, *, content: bool) -> None:
        self._span = span
        self._content = content

    def documents(self, found: Sequence[Mapping[str, Any]]) -> None:
        """Record what was found: mappings with `id`, `score` and `content`."""
        with unfailing("retriever span"):
            kept = found if self._content else [{**one, "content": None} for one in found]
            describe(self._span, names.documents(kept))


def open_recorder(settings: Settings, store: TraceStore) -> Recorder:
    """Return the recorder the settings ask for.

    Raises:
        ConfigError: A span endpoint is set that can't be used.
    """
    tracing = open_tracing(settings.otlp_endpoint, version=__version__)
    return Recorder(store, tracing, content=settings.trace_content)


@contextmanager
def _outcome(run: RunRecorder) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        run.finish("failed", {"error": type(error).__qualname__, "message": str(error)})
        raise
    except BaseException as error:
        run.finish("cancelled", {"error": type(error).__qualname__})
        raise
    else:
        run.finish()


@contextmanager
def _attached(context: otel_context.Context) -> Iterator[None]:
    token = otel_context.attach(context)
    try:
        yield
    finally:
        otel_context.detach(token)


def _call(span: Span, name: str, arguments: Any) -> ToolCall:
    identity = f"call_{span.get_span_context().span_id:016x}"
    if isinstance(arguments, dict):
        return ToolCall(identity, name, arguments)
    raw = arguments if isinstance(arguments, str) else write_json(arguments)
    return ToolCall(identity, name, None, raw_arguments=raw)


def _definition(spec: ToolSpec) -> JsonObject:
    return {
        "type": "function",
        "function": {
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.parameters,
        },
    }
