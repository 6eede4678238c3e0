"""A run becomes one trace in the store and one tree of spans."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from opentelemetry.trace import get_current_span

from hades_mcp.messages import Message, ToolCall, ToolResult, ToolSpec, Usage
from hades_mcp.traces.atif import to_atif
from hades_mcp.traces.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Generator

    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from hades_mcp.traces.run_recorder import RunRecorder
    from hades_mcp.traces.store import TraceStore

SEARCH = ToolSpec("search", "Search.", {"type": "object", "properties": {}})
CALL = ToolCall("c1", "search", {"query": "graphs"}, channel="recovered")
KEY = "sk-abcdefghijklmnopqrstuvwx"


def record_a_run(recorder: Recorder) -> str:
    with recorder.run("librarian", model="qwen", tools=[SEARCH], facts={"contract": "abc"}) as run:
        run.system("Be brief.")
        run.user("What is a graph?")
        sent = [Message("system", "Be brief."), Message("user", "What is a graph?")]
        with run.llm(sent, model="qwen", parameters={"temperature": 0}) as llm:
            llm.respond(Message("assistant", "", (CALL,)), Usage(10, 5, 8), finish_reason="stop")
        with run.tool(CALL) as made, recorder.tool_call("search", {}, source="agent") as inner:
            inner.result(ToolResult("", "search", "[]"))
            made.result(ToolResult("c1", "search", "[]"))
        with run.llm(sent, model="qwen") as llm:
            llm.respond(Message("assistant", "Nodes and edges."), Usage(20, 4))
        run.finish(outcome={"stop_reason": "answer", "answer": "Nodes and edges."})
    return run.trace_id


def test_a_run_is_read_back_as_it_went(recorder: Recorder, store: TraceStore) -> None:
    trace = store.get(record_a_run(recorder))
    assert [step.source for step in trace.steps] == ["system", "user", "agent", "agent"]
    assert trace.steps[2].calls == (CALL,)
    assert trace.steps[2].observations[0].result == ToolResult("c1", "search", "[]")
    assert trace.status == "finished"
    assert trace.outcome["stop_reason"] == "answer"
    assert trace.usage == Usage(30, 9, 8)
    assert trace.header.hades["contract"] == "abc"
    assert trace.header.tools[0]["function"]["name"] == "search"  # type: ignore[index,call-overload]


def test_a_run_makes_one_tree_of_spans_with_the_id_of_the_record(
    recorder: Recorder, spans: InMemorySpanExporter
) -> None:
    identity = record_a_run(recorder)
    ended = spans.get_finished_spans()
    assert {f"{span.context.trace_id:032x}" for span in ended if span.context} == {identity}
    roots = [span for span in ended if span.parent is None]
    assert [root.name for root in roots] == ["invoke_agent librarian"]
    root = roots[0].context
    assert root is not None
    assert {span.parent.span_id for span in ended if span.parent} == {root.span_id}
    kinds = [span.attributes["openinference.span.kind"] for span in ended if span.attributes]
    assert sorted(map(str, kinds)) == ["AGENT", "LLM", "LLM", "TOOL"]


def test_a_run_that_answers_a_call_has_a_record_of_its_own_and_spans_inside_the_call(
    recorder: Recorder, store: TraceStore, spans: InMemorySpanExporter
) -> None:
    with recorder.run("librarian", session="s") as run, run.delegated(CALL) as call:
        assert not get_current_span().get_span_context().is_valid
        with recorder.run("analyst", session="s", caller=call) as inner:
            inner.user("How many?")
            inner.finish(outcome={"answer": "Three."})
        call.result(ToolResult("c1", "search", "Three."))
    assert store.get(inner.trace_id).header.hades["parent"] == {"trace": run.trace_id, "call": "c1"}
    assert store.get(inner.trace_id).header.session == "s"
    named = {span.name: span for span in spans.get_finished_spans()}
    child, made = named["invoke_agent analyst"], named["execute_tool search"]
    assert child.context is not None
    assert made.context is not None
    assert child.parent is not None
    assert child.parent.span_id == made.context.span_id
    assert f"{child.context.trace_id:032x}" == run.trace_id


def test_spans_carry_both_vocabularies(recorder: Recorder, spans: InMemorySpanExporter) -> None:
    record_a_run(recorder)
    by_name = {span.name: dict(span.attributes or {}) for span in spans.get_finished_spans()}
    tool = by_name["execute_tool search"]
    assert tool["tool.name"] == tool["gen_ai.tool.name"] == "search"
    assert tool["input.value"] == tool["gen_ai.tool.call.arguments"] == '{"query":"graphs"}'
    assert tool["hades.tool.channel"] == "recovered"
    llm = by_name["chat qwen"]
    assert llm["llm.token_count.total"] == 24
    assert llm["gen_ai.usage.input_tokens"] == 20
    assert llm["llm.output_messages.0.message.content"] == "Nodes and edges."
    run = by_name["invoke_agent librarian"]
    assert run["input.value"] == "What is a graph?"
    assert run["output.value"] == "Nodes and edges."


def test_the_inner_record_of_a_runs_call_is_not_a_second_trace(
    recorder: Recorder, store: TraceStore
) -> None:
    record_a_run(recorder)
    assert [summary.kind for summary in store.list()] == ["run"]


def test_a_call_from_outside_is_a_trace_of_its_own(
    recorder: Recorder, store: TraceStore, spans: InMemorySpanExporter
) -> None:
    with recorder.tool_call(
        "search", {"query": "x"}, source="mcp", facts={"contract": "h"}
    ) as call:
        call.result(ToolResult("", "search", "[]"), {"omitted": 3})
    trace = store.get(call.trace_id)
    assert (trace.header.kind, trace.header.agent, trace.status) == ("calls", "mcp", "finished")
    assert trace.steps[0].llm_calls == 0
    assert trace.steps[0].calls[0].arguments == {"query": "x"}
    assert trace.steps[0].observations[0].hades["omitted"] == 3
    assert len(spans.get_finished_spans()) == 1


def test_arguments_that_are_no_object_are_kept_as_they_came(
    recorder: Recorder, store: TraceStore
) -> None:
    with recorder.tool_call("search", '{"query": ', source="mcp") as call:
        call.result(ToolResult("", "search", "no", is_error=True))
    made = store.get(call.trace_id).steps[0].calls[0]
    assert made.arguments is None
    assert made.raw_arguments == '{"query": '


def test_calls_with_a_strangers_trace_id_are_one_trace(
    recorder: Recorder, store: TraceStore, spans: InMemorySpanExporter
) -> None:
    tracer = recorder._tracer
    with tracer.start_as_current_span("a stranger's agent") as outside:
        for query in ("a", "b"):
            with recorder.tool_call("search", {"query": query}, source="mcp") as call:
                call.result(ToolResult("", "search", query))
    assert call.trace_id == f"{outside.get_span_context().trace_id:032x}"
    trace = store.get(call.trace_id)
    assert [step.observations[0].result.content for step in trace.steps] == ["a", "b"]
    assert trace.status == "finished"


def test_a_call_inside_a_tool_is_another_call(
    recorder: Recorder, spans: InMemorySpanExporter
) -> None:
    with (
        recorder.run("librarian") as run,
        run.tool(CALL),
        recorder.tool_call("search", {}, source="agent"),
        recorder.tool_call("inner", {}, source="agent"),
    ):
        pass
    names = [span.name for span in spans.get_finished_spans()]
    assert names == ["execute_tool inner", "execute_tool search", "invoke_agent librarian"]


def test_an_error_that_leaves_a_run_marks_it_failed(recorder: Recorder, store: TraceStore) -> None:
    def fail() -> None:
        with recorder.run("librarian") as run:
            run.user("go")
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    trace = store.get(store.list()[0].id)
    assert trace.status == "failed"
    assert trace.outcome == {"error": "ValueError", "message": "boom"}


def test_a_run_torn_down_is_cancelled(recorder: Recorder, store: TraceStore) -> None:
    def run_steps() -> Generator[str]:
        with recorder.run("librarian") as run:
            run.user("go")
            yield run.trace_id
            yield run.trace_id

    steps = run_steps()
    identity = next(steps)
    assert store.get(identity).status == "running"
    steps.close()
    assert store.get(identity).status == "cancelled"


def test_a_run_in_a_generator_leaves_the_callers_context_alone(recorder: Recorder) -> None:
    def run_steps() -> Generator[RunRecorder]:
        with recorder.run("librarian") as run, run.llm([], model="m"):
            yield run

    for _ in run_steps():
        assert not get_current_span().get_span_context().is_valid


def test_secrets_reach_neither_the_store_nor_a_span(
    recorder: Recorder, store: TraceStore, spans: InMemorySpanExporter
) -> None:
    with recorder.run("librarian", facts={"note": KEY}) as run:
        run.user(f"my key is {KEY}")
        call = ToolCall("c1", "search", {"query": KEY, KEY: [KEY]})
        with run.llm([Message("user", KEY)], model="m") as llm:
            llm.respond(Message("assistant", KEY, (call,)), facts={"request": {"k": KEY}})
        with run.tool(call) as made:
            made.result(ToolResult("c1", "search", KEY))
        run.finish(outcome={"answer": KEY})
    for span in spans.get_finished_spans():
        assert KEY not in str(dict(span.attributes or {}))
    store.close()
    for file in store.path.parent.iterdir():
        assert KEY.encode() not in file.read_bytes(), file.name


def test_without_content_only_the_outline_is_kept(
    store: TraceStore, spans: InMemorySpanExporter, recorder: Recorder
) -> None:
    quiet = Recorder(store, recorder._tracing, content=False)
    identity = record_a_run(quiet)
    text = str(to_atif(store.get(identity))) + str(
        [dict(span.attributes or {}) for span in spans.get_finished_spans()]
    )
    for word in ("graphs", "What is", "Nodes", "Be brief"):
        assert word not in text
    assert store.get(identity).steps[2].calls[0].name == "search"
    assert store.get(identity).steps[1].hades["characters"] == len("What is a graph?")


def test_a_store_that_fails_fails_no_run(recorder: Recorder, store: TraceStore) -> None:
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.list()
    with recorder.run("librarian") as run:
        run.user("still here")
        with run.tool(CALL) as made:
            made.result(ToolResult("c1", "search", "[]"))
    with recorder.tool_call("search", {}, source="mcp") as call:
        call.result(ToolResult("", "search", "[]"))
    assert len(run.trace_id) == len(call.trace_id) == 32


def test_a_search_inside_a_call_is_a_retriever_span_with_its_documents(
    recorder: Recorder, spans: InMemorySpanExporter
) -> None:
    with (
        recorder.tool_call("search", {"query": "x"}, source="mcp"),
        recorder.retriever("x") as search,
    ):
        search.documents([{"id": "documents/1", "score": 0.5, "content": f"text {KEY}"}])
    retrieval, tool = spans.get_finished_spans()
    assert retrieval.parent is not None
    assert tool.context is not None
    assert retrieval.parent.span_id == tool.context.span_id
    attributes = dict(retrieval.attributes or {})
    assert attributes["openinference.span.kind"] == "RETRIEVER"
    assert attributes["retrieval.documents.0.document.id"] == "documents/1"
    assert attributes["retrieval.documents.0.document.score"] == 0.5
    assert KEY not in str(attributes)


def test_an_error_inside_a_call_marks_its_span_and_passes_on(
    recorder: Recorder, store: TraceStore, spans: InMemorySpanExporter
) -> None:
    def fail() -> None:
        with recorder.tool_call("search", {}, source="mcp"):
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    assert store.list()[0].status == "cancelled"
    [span] = spans.get_finished_spans()
    assert not span.status.is_ok


def test_runs_are_recorded_with_the_sdk_switched_off(
    store: TraceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    quiet = Recorder(store)
    identities = {record_a_run(quiet) for _ in range(2)}
    assert len(identities) == 2
    assert {store.get(identity).status for identity in identities} == {"finished"}
