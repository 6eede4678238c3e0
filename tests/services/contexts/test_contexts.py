"""Contexts keep what was said, apart, in order and within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.errors import InvalidArgument, LimitReached, Unavailable, UnknownName
from hades_mcp.services.callers import CALLER, Principal
from hades_mcp.services.contexts import storing as module
from hades_mcp.services.contexts.service import OVERVIEW, ContextService
from hades_mcp.services.layout import CONTEXT_ENTRIES, CONTEXTS
from hades_mcp.services.owners import mint
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import StandardDatabase


def test_entries_come_back_in_order_with_who_said_them(contexts: ContextService) -> None:
    first = contexts.add("trip", "We fly to Lisbon.", role="user", source="chat")
    second = contexts.add("trip", "Noted.", role="assistant")
    contexts.add("work", "Ship it.")
    assert contexts.get("trip").entries == [first, second]
    assert (first.role, first.content, first.source) == ("user", "We fly to Lisbon.", "chat")
    assert first.time <= second.time


def test_the_latest_entries_are_those_returned(contexts: ContextService) -> None:
    for number in range(5):
        contexts.add("c", f"entry {number}")
    assert [entry.content for entry in contexts.get("c", limit=2).entries] == ["entry 3", "entry 4"]


def test_a_query_finds_what_was_meant_whenever_it_was_said(db: StandardDatabase) -> None:
    contexts = ContextService(db, OnnxEmbedder())
    contexts.add("c", "The user is allergic to peanuts.")
    contexts.add("c", "The meeting is on Thursday at ten.")
    contexts.add("other", "Nuts are not allowed on this flight.")
    best, rest = contexts.get("c", query="what food must I avoid?").entries
    assert best.content == "The user is allergic to peanuts."
    assert best.score is not None
    assert rest.score is not None
    assert best.score > rest.score


def test_clear_forgets_one_context_and_counts(contexts: ContextService) -> None:
    contexts.add("a", "1")
    contexts.add("a", "2")
    contexts.add("b", "3")
    assert contexts.clear("a").removed == 2
    assert [context.name for context in contexts.list()] == ["b"]
    with pytest.raises(UnknownName):
        contexts.clear("a")


def test_list_describes_each_context(contexts: ContextService) -> None:
    assert contexts.list() == []
    contexts.add("a", "four")
    contexts.add("b", "x")
    last = contexts.add("a", "more!")
    described = {context.name: context for context in contexts.list()}
    assert (described["a"].entries, described["a"].characters) == (2, 9)
    assert described["a"].updated == last.time


def test_the_overview_names_what_the_list_does(contexts: ContextService) -> None:
    assert contexts.overview() == []
    contexts.add("gone", "x")
    contexts.add("half", "stays")
    contexts.add("half", "expires", ttl=3600)
    contexts.add("b", "y")
    last = contexts.add("a", "z")
    contexts.clear("gone")
    expired = "FOR e IN @@c FILTER e.expires != null UPDATE e WITH {expires: 1} IN @@c"
    rows(contexts._db, expired, {"@c": CONTEXT_ENTRIES})
    overview = contexts.overview()
    assert [(one.name, one.entries) for one in overview] == [("a", 1), ("b", 1), ("half", 1)]
    assert overview[0].updated == last.time
    assert {one.name for one in overview} == {one.name for one in contexts.list()}


def test_the_overview_counts_by_an_index(contexts: ContextService) -> None:
    contexts.add("a", "z")
    bind: dict[str, Any] = {"now": 0.0, "user": None}
    bind |= {"@entries": CONTEXT_ENTRIES, "@contexts": CONTEXTS}
    plan: Any = contexts._db.aql.explain(OVERVIEW, bind_vars=bind)
    of_entries = [node for node in plan["nodes"] if node.get("collection") == CONTEXT_ENTRIES]
    expired, counted = of_entries
    assert [node["type"] for node in of_entries] == ["IndexNode", "IndexNode"]
    assert [index["fields"] for index in expired["indexes"]] == [["expires"]]
    assert not counted["producesResult"]


def test_the_overview_keeps_minted_contexts_to_their_user(contexts: ContextService) -> None:
    mine = mint()
    contexts.add(mine, "x", new=True)
    contexts.add("ours", "x")
    assert {one.name for one in contexts.overview()} == {mine, "ours"}
    token = CALLER.set(Principal("somebody else", "agent"))
    try:
        assert {one.name for one in contexts.overview()} == {"ours"}
    finally:
        CALLER.reset(token)


def test_a_name_nearly_right_is_suggested(contexts: ContextService) -> None:
    contexts.add("holiday", "x")
    with pytest.raises(UnknownName, match="Did you mean 'holiday'"):
        contexts.get("holidays")


@pytest.mark.parametrize("name", ["", "with space", "-dash", "x" * 129, "semi;colon"])
def test_names_that_cannot_be_are_refused(contexts: ContextService, name: str) -> None:
    with pytest.raises(InvalidArgument):
        contexts.add(name, "x")


def test_bounds_are_kept(contexts: ContextService, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitReached, match="20,001 characters"):
        contexts.add("c", "x" * 20_001)
    with pytest.raises(InvalidArgument, match="empty"):
        contexts.add("c", " ")
    with pytest.raises(UnknownName, match="Did you mean 'assistant'"):
        contexts.add("c", "x", role="asistant")
    monkeypatch.setattr(module, "MOST_ENTRIES", 1)
    contexts.add("c", "x")
    with pytest.raises(LimitReached, match="Clear it first"):
        contexts.add("c", "y")
    with pytest.raises(InvalidArgument, match="Use 1 to 100"):
        contexts.get("c", limit=0)


def test_without_an_embedder_entries_are_kept_and_read_by_recency(db: StandardDatabase) -> None:
    contexts = ContextService(db, OnnxEmbedder(package="no_such_model_package"))
    entry = contexts.add("c", "remember me")
    assert contexts.get("c").entries == [entry]
    with pytest.raises(Unavailable, match="pip install"):
        contexts.get("c", query="whom?")
