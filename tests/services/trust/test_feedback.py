"""Feedback counts: in the trust of what is stored, and as a label of what was run."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from hades_mcp.embedded import connect
from hades_mcp.errors import InvalidArgument, LimitReached, NotFound, UnknownName
from hades_mcp.messages import ToolCall, ToolResult
from hades_mcp.services.layout import CHUNKS, DOCUMENTS, FEEDBACK, ensure_layout
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.feedback import FeedbackService
from hades_mcp.services.trust.formula import trust_of
from hades_mcp.traces.metrics import Metrics
from hades_mcp.traces.records import Header, Observation, Step
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.contexts.service import ContextService

TRACE = "ab" * 16


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def metrics(reader: InMemoryMetricReader) -> Iterator[Metrics]:
    provider = MeterProvider([reader], shutdown_on_exit=False)
    made = Metrics(provider.get_meter("test"), provider)
    yield made
    made.close()


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[TraceStore]:
    store = TraceStore(tmp_path / "traces.sqlite")
    yield store
    store.close()


@pytest.fixture
def feedback(db: StandardDatabase, traces: TraceStore, metrics: Metrics) -> FeedbackService:
    return FeedbackService(db, traces, metrics)


def points(reader: InMemoryMetricReader, name: str) -> list[Any]:
    data = reader.get_metrics_data()
    found = [
        metric
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
    ]
    return [point for metric in found for point in metric.data.data_points]


def stored(db: StandardDatabase, thing: str) -> dict[str, Any]:
    (found,) = rows(db, "RETURN DOCUMENT(@id)", {"id": thing})
    document: dict[str, Any] = found
    return document


def add_document(db: StandardDatabase, **attributes: Any) -> str:
    evidence = {"source": "file", "verified": 0, "up": 0, "down": 0, "at": time.time()}
    document = {"_key": "bread", "title": "Bread", "evidence": evidence} | attributes
    db.collection(DOCUMENTS).insert(document)
    return f"{DOCUMENTS}/bread"


def test_praise_raises_trust_and_complaint_lowers_it(
    db: StandardDatabase, feedback: FeedbackService
) -> None:
    bread = add_document(db)
    first = feedback.give(bread, helped=True)
    assert first.trust is not None
    assert first.before is not None
    assert first.trust > first.before
    second = feedback.give("Bread", helped=False, note="stale")
    assert second.target == bread
    assert second.trust is not None
    assert second.trust < first.trust
    evidence = stored(db, bread)["evidence"]
    assert (evidence["up"], evidence["down"]) == (1, 1)
    kept = rows(db, "FOR f IN @@c SORT f.at RETURN [f.target, f.helped, f.note]", {"@c": FEEDBACK})
    assert kept == [[bread, True, ""], [bread, False, "stale"]]


def test_what_helped_is_young_again(db: StandardDatabase, feedback: FeedbackService) -> None:
    bread = add_document(db, evidence={"source": "file", "at": 1.0})
    old = trust_of(stored(db, bread), time.time())
    feedback.give(bread, helped=False)
    assert stored(db, bread)["evidence"]["at"] == 1.0
    feedback.give(bread, helped=True)
    assert stored(db, bread)["evidence"]["at"] > 1.0
    assert trust_of(stored(db, bread), time.time()) > old


def test_feedback_from_many_threads_is_all_counted(
    tmp_path: Path, traces: TraceStore, metrics: Metrics
) -> None:
    client = connect(tmp_path / "databases")
    try:
        client.db("_system").create_database("test")
        db = client.db("test")
        ensure_layout(db)
        bread = add_document(db)
        feedback = FeedbackService(db, traces, metrics)

        def praise() -> None:
            for _ in range(5):
                feedback.give(bread, helped=True)

        threads = [threading.Thread(target=praise) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert stored(db, bread)["evidence"]["up"] == 20
        assert rows(db, "RETURN LENGTH(@@c)", {"@c": FEEDBACK}) == [20]
    finally:
        client.close()


def test_a_context_entry_and_a_passage_can_be_judged(
    db: StandardDatabase, contexts: ContextService, feedback: FeedbackService
) -> None:
    entry = contexts.add("c", "The oven is cold.", role="user")
    assert feedback.give(entry.id, helped=False).target == entry.id
    assert contexts.get("c").entries[0].trust < entry.trust
    bread = add_document(db)
    db.collection(CHUNKS).insert({"_key": "bread-0", "document": "bread", "text": "Bread."})
    assert feedback.give("chunks/bread-0", helped=True).target == bread


def test_low_trust_and_a_fall_are_warned_of_measured_and_listed(
    db: StandardDatabase,
    feedback: FeedbackService,
    reader: InMemoryMetricReader,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.WARNING)
    bread = add_document(db)
    assert feedback.watch.doubtful() == []
    alerts = [feedback.give(bread, helped=False).alert for _ in range(2)]
    assert alerts == ["fell", "low"]
    said = caplog.text + "".join(capsys.readouterr())
    assert "trust_fell" in said
    assert "trust_low" in said
    (listed,) = feedback.watch.doubtful()
    assert (listed.id, listed.title, listed.reasons) == (bread, "Bread", ("low", "fell"))
    assert listed.trust < 0.7
    (measured,) = points(reader, "hades.trust")
    assert measured.count == 2
    assert measured.min < 0.7 < measured.max
    assert {point.attributes["reason"] for point in points(reader, "hades.trust.alerts")} == {
        "fell",
        "low",
    }


def test_what_was_never_good_is_listed_though_nobody_complained(
    db: StandardDatabase, feedback: FeedbackService
) -> None:
    bread = add_document(db, evidence={"source": "web", "at": 1.0})
    assert [(one.id, one.reasons) for one in feedback.watch.doubtful()] == [(bread, ("low",))]


def test_evidence_that_makes_no_sense_is_put_right(
    db: StandardDatabase, feedback: FeedbackService
) -> None:
    bread = add_document(db, evidence={"source": "file", "up": "many", "down": -3})
    feedback.give(bread, helped=True)
    feedback.give(bread, helped=False)
    evidence = stored(db, bread)["evidence"]
    assert (evidence["up"], evidence["down"]) == (1, 1)
    rows(db, "UPDATE 'bread' WITH {evidence: 3} IN documents")
    assert feedback.give(bread, helped=True).trust is not None


def test_targets_that_are_not_there_are_refused(
    db: StandardDatabase, feedback: FeedbackService
) -> None:
    add_document(db)
    with pytest.raises(UnknownName, match="Bread"):
        feedback.give("Bred", helped=True)
    with pytest.raises(NotFound):
        feedback.give("context_entries/none", helped=True)
    with pytest.raises(NotFound):
        feedback.give("ffffffffffff", helped=True)
    with pytest.raises(LimitReached):
        feedback.give("Bread", helped=True, note="x" * 3000)
    db.collection("feedback").insert({"_key": "x"})
    with pytest.raises(UnknownName, match="no document"):
        feedback.give("feedback/x", helped=True)
    db.collection("relations").insert({"_key": "r", "_from": "documents/a", "_to": "documents/b"})
    with pytest.raises(InvalidArgument, match="no trust"):
        feedback.give("relations/r", helped=True)
    assert rows(db, "RETURN LENGTH(@@c)", {"@c": FEEDBACK}) == [1]


def begin(traces: TraceStore) -> None:
    traces.begin(Header(TRACE, "librarian", "1"))
    call = ToolCall("call_0123456789abcdef", "search", {"text": "bread"})
    traces.append(TRACE, Step("agent", "", calls=(call,)))
    traces.observe(TRACE, Observation(ToolResult(call.id, "search", "{}")))


def test_feedback_on_a_run_is_its_score_also_when_it_ends_later(
    traces: TraceStore, feedback: FeedbackService
) -> None:
    begin(traces)
    judged = feedback.give("call_0123456789abcdef", helped=True, note="token=hunter2hunter2")
    assert (judged.target, judged.kind, judged.trust) == (TRACE, "trace", None)
    feedback.give(TRACE[:10], helped=False)
    traces.finish(TRACE, status="finished", outcome={"stop_reason": "answered"})
    outcome = traces.get(TRACE).outcome
    assert (outcome["stop_reason"], outcome["score"]) == ("answered", 0.5)
    labels: Any = outcome["feedback"]
    assert [label["helped"] for label in labels] == [True, False]
    assert labels[0]["call"] == "call_0123456789abcdef"


def test_a_score_that_somebody_else_gave_stays(
    traces: TraceStore, feedback: FeedbackService
) -> None:
    begin(traces)
    traces.finish(TRACE, status="finished", outcome={"score": 0.9})
    feedback.give(TRACE, helped=False)
    outcome = traces.get(TRACE).outcome
    assert outcome["score"] == 0.9
    assert len(outcome["feedback"]) == 1  # type: ignore[arg-type]
