"""What is stored is run, and believed for what it gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import Unavailable
from hades_mcp.services.callers import CALLER, Principal
from hades_mcp.services.layout import CONTEXT_ENTRIES, DOCUMENTS, LIBRARY
from hades_mcp.services.library.running import run_examples
from hades_mcp.services.owners import mint
from hades_mcp.services.queries.limits import QueryLimits
from hades_mcp.services.queries.service import QueryResult, QueryService
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.stating import states
from hades_mcp.services.trust.verification import VerificationService
from hades_mcp.services.trust.watch import TrustWatch
from hades_mcp.traces.metrics import Metrics
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.workspace import Workspace

COUNT = "aql: RETURN LENGTH(cities)"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as opened:
        opened.db.create_collection("cities")
        opened.db.collection("cities").insert_many([{"name": "Bonn"}, {"name": "Oslo"}])
        yield opened


def evidence(workspace: Workspace, identifier: str) -> dict[str, Any]:
    query = "RETURN DOCUMENT(@id).evidence"
    (found,) = rows(workspace.db, query, {"id": identifier})
    return dict(found)


def test_a_fact_whose_query_gives_what_it_says_is_believed_more(workspace: Workspace) -> None:
    entry = workspace.contexts.add("c", "There are 2 cities.", role="note", source=COUNT)
    done = workspace.verification.entry(entry.id)
    assert done is not None
    assert (done.passed, done.before, done.trust) == (True, 0.75, 0.81)
    (read,) = workspace.contexts.get("c").entries
    assert (read.verified, read.trust) == (True, 0.81)
    checked = evidence(workspace, entry.id)["checked"]
    assert set(checked) == {"at", "by"}


def test_a_fact_whose_query_gives_something_else_is_believed_less_and_warned_of(
    workspace: Workspace,
) -> None:
    entry = workspace.contexts.add("c", "There are 3 cities.", source=COUNT)
    done = workspace.verification.entry(entry.id)
    assert done is not None
    assert (done.passed, done.before, done.trust, done.alert) == (False, 0.85, 0.64, "low")
    assert "something else" in done.reason
    assert workspace.contexts.get("c").entries[0].verified is False
    (doubtful,) = workspace.feedback.watch.doubtful()
    assert (doubtful.id, doubtful.reasons) == (entry.id, ("low", "fell"))
    assert doubtful.evidence["checked"]["reason"] == done.reason


def test_a_fact_falls_when_the_data_change_and_rises_again(workspace: Workspace) -> None:
    entry = workspace.contexts.add("c", "There are 2 cities.", source=COUNT)
    assert [one.passed for one in workspace.verification.run()] == [True]
    workspace.db.collection("cities").insert({"name": "Rome"})
    assert [one.passed for one in workspace.verification.run()] == [False]
    rows(workspace.db, "FOR c IN cities FILTER c.name == 'Rome' REMOVE c IN cities")
    (done,) = workspace.verification.run()
    assert (done.id, done.passed) == (entry.id, True)
    assert evidence(workspace, entry.id).get("failed") == 0
    assert "reason" not in evidence(workspace, entry.id)["checked"]


def test_running_a_fact_often_counts_once(workspace: Workspace) -> None:
    workspace.contexts.add("c", "There are 2 cities.", source=COUNT)
    trusts = [workspace.verification.run()[0].trust for _ in range(3)]
    assert len(set(trusts)) == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("aql: RETURN LENGTH(citties)", "citties"),
        ("aql: INSERT {} INTO cities RETURN 2", "changes data"),
        ("aql: FOR p IN pins RETURN p", "pins"),
    ],
)
def test_a_query_that_does_not_run_or_may_not_verifies_nothing(
    workspace: Workspace, source: str, reason: str
) -> None:
    entry = workspace.contexts.add("c", "There are 2 cities.", source=source)
    done = workspace.verification.entry(entry.id)
    assert done is not None
    assert not done.passed
    assert reason in done.reason
    assert rows(workspace.db, "RETURN LENGTH(cities)") == [2]


def test_what_cannot_be_run_is_left_as_it_was(workspace: Workspace) -> None:
    said = workspace.contexts.add("c", "There are 2 cities.", source="Ann")
    unclear = workspace.contexts.add("c", "Some are nice.", source="aql: FOR c IN cities RETURN c")
    assert workspace.verification.entry(said.id) is None
    assert workspace.verification.entry(unclear.id) is None
    assert [entry.verified for entry in workspace.contexts.get("c").entries] == [None, None]
    assert workspace.verification.run() == []


def test_a_document_with_a_check_is_run(workspace: Workspace) -> None:
    added = {"_key": "d", "title": "Cities", "evidence": {"source": "file"}}
    query = "FOR c IN cities FILTER c.name == @n RETURN c.name"
    check = {"query": query, "bind_vars": {"n": "Bonn"}, "expected": ["Bonn"]}
    workspace.db.collection(DOCUMENTS).insert(added | {"check": check})
    workspace.db.collection(DOCUMENTS).insert({"_key": "odd", "check": {"query": 3}})
    (done,) = workspace.verification.run()
    assert (done.id, done.passed) == (f"{DOCUMENTS}/d", True)
    workspace.db.collection("cities").truncate()
    (done,) = workspace.verification.run()
    assert (done.passed, done.reason) == (False, "the query gives other rows")


def test_examples_are_run_when_installed_and_a_broken_one_is_doubted(tmp_path: Path) -> None:
    folder = tmp_path / "prompts" / "library" / "mine"
    folder.mkdir(parents=True)
    (folder / "data.json").write_text(json.dumps({"collections": {"cats": [{"n": 1}]}}))
    example = '[[examples]]\nquestion = "q"\nshows = "s"\naql = "FOR c IN cats RETURN c.n"\n'
    (folder / "topic.toml").write_text(
        f'{example}expected = "[1]"\n{example}expected = "[2]"\n{example}', encoding="utf-8"
    )
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as workspace:
        workspace.library.install("mine")
        kept = [evidence(workspace, f"{LIBRARY}/mine-topic-0{n}") for n in (1, 2, 3)]
        assert [one["verified"] for one in kept] == [1, 0, 0]
        assert [one.get("failed", 0) for one in kept] == [0, 1, 0]
        assert kept[1]["checked"]["reason"] == "other rows than it says"
        assert {one.id: one.passed for one in workspace.verification.run()} == {
            f"{LIBRARY}/mine-topic-01": True,
            f"{LIBRARY}/mine-topic-02": False,
        }


def test_every_shipped_example_gives_what_it_says(tmp_path: Path) -> None:
    outcomes = run_examples(tmp_path, "aql")
    assert len(outcomes) > 50
    assert set(outcomes.values()) == {""}


def test_every_run_is_counted_by_its_outcome(workspace: Workspace) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    metrics = Metrics(provider.get_meter("test"), provider)
    watch = TrustWatch(workspace.db, metrics)
    service = VerificationService(workspace.db, workspace.queries, watch, workspace.settings.home)
    workspace.contexts.add("c", "There are 2 cities.", source=COUNT)
    workspace.contexts.add("c", "There are 9 cities.", source=COUNT)
    service.run()
    service.run()
    data: Any = reader.get_metrics_data()
    counted = {
        (point.attributes["collection"], point.attributes["outcome"]): point.value
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if metric.name == "hades.trust.checks"
        for point in metric.data.data_points
    }
    metrics.close()
    assert counted == {(CONTEXT_ENTRIES, "passed"): 2, (CONTEXT_ENTRIES, "failed"): 2}


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("There are 1,200 of them.", [1200], True),
        ("There are 1200 of them.", [120], False),
        ("About 3.1 each.", [3.14159], True),
        ("About 3.2 each.", [3.14159], False),
        ("It is minus -4 there.", [-4], True),
        ("Version 1.2.3", [2], False),
        ("Ann leads it", ["ann"], True),
        ("Joanna leads it", ["ann"], False),
        ("Ann and Bob", [{"name": "Ann"}, {"name": "Bob", "ok": True, "x": None}], True),
        ("Ann alone", [{"name": "Ann"}, {"name": "Bob"}], None),
        ("Nothing", [], None),
        ("Nothing", [None], None),
        ("Many", list(range(51)), None),
    ],
)
def test_a_text_states_what_was_found(text: str, found: list[Any], expected: bool | None) -> None:
    assert states(text, found) is expected


def test_what_is_in_the_contexts_of_others_is_neither_run_nor_listed(workspace: Workspace) -> None:
    token = CALLER.set(Principal("ann"))
    try:
        hers = workspace.contexts.add(mint(), "There are 3 cities.", source=COUNT, new=True)
    finally:
        CALLER.reset(token)
    ours = workspace.contexts.add("c", "There are 4 cities.", source=COUNT)
    assert [done.id for done in workspace.verification.run()] == [ours.id]
    assert workspace.verification.entry(hers.id) is None
    for entry in (hers, ours):
        query = "UPDATE PARSE_IDENTIFIER(@id).key WITH {evidence: {failed: 9}} IN @@c"
        rows(workspace.db, query, {"id": entry.id, "@c": CONTEXT_ENTRIES})
    assert [one.id for one in workspace.feedback.watch.doubtful()] == [ours.id]


class Busy(QueryService):
    """What an ArangoDB server under load is."""

    def read(self, query: str, bind_vars: dict[str, Any] | None = None) -> QueryResult:
        raise Unavailable(f"The store is busy: {query}.", hint=str(bind_vars))


def test_what_a_busy_store_does_not_run_is_left_as_it_was(
    workspace: Workspace, tmp_path: Path
) -> None:
    entry = workspace.contexts.add("c", "There are 2 cities.", source=COUNT)
    before = evidence(workspace, entry.id)
    busy = Busy(workspace.db, QueryLimits())
    verification = VerificationService(workspace.db, busy, workspace.feedback.watch, tmp_path)
    assert verification.entry(entry.id) is None
    assert verification.run() == []
    assert evidence(workspace, entry.id) == before
