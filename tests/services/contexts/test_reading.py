"""What is read from a context: the newest facts, the nearest meaning, within a budget."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import InvalidArgument
from hades_mcp.services.contexts.service import ContextService
from hades_mcp.services.layout import CONTEXT_ENTRIES
from hades_mcp.services.statements import rows
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from arango.database import StandardDatabase


def contents(contexts: ContextService, name: str = "c", **how: Any) -> list[str]:
    return [entry.content for entry in contexts.get(name, **how).entries]


def change(db: StandardDatabase, entry: str, **attributes: Any) -> None:
    query = "UPDATE PARSE_IDENTIFIER(@id).key WITH @new IN @@c"
    rows(db, query, {"@c": CONTEXT_ENTRIES, "id": entry, "new": attributes})


def test_the_newest_fact_wins_and_shows_what_it_contradicts(contexts: ContextService) -> None:
    friday = contexts.add("c", "The deadline is Friday.")
    contexts.add("c", "We like tea.")
    contexts.add("c", "The deadline is Monday.")
    tea, monday = contexts.get("c").entries
    assert (tea.content, tea.contradicts) == ("We like tea.", ())
    assert monday.content == "The deadline is Monday."
    assert [older.id for older in monday.contradicts] == [friday.id]
    assert monday.contradicts[0].content == "The deadline is Friday."


def test_a_query_that_finds_an_outdated_fact_is_answered_with_the_newest(
    contexts: ContextService,
) -> None:
    contexts.add("c", "deadline: Friday at noon", source="mail")
    newest = contexts.add("c", "deadline: the week after next")
    (found,) = contexts.get("c", query="Friday at noon", limit=1).entries
    assert (found.id, found.content) == (newest.id, newest.content)
    assert found.contradicts[0].content == "deadline: Friday at noon"


def test_facts_of_other_contexts_contradict_nothing(contexts: ContextService) -> None:
    contexts.add("a", "deadline: Friday")
    contexts.add("b", "deadline: Monday")
    assert contexts.get("b").entries[0].contradicts == ()


def test_what_was_said_twice_contradicts_nothing(contexts: ContextService) -> None:
    contexts.add("c", "deadline: Friday")
    contexts.add("c", "Deadline: friday")
    assert [entry.contradicts for entry in contexts.get("c").entries] == [(), ()]


def test_when_the_newest_fact_is_forgotten_the_older_one_holds_again(
    contexts: ContextService,
) -> None:
    contexts.add("c", "deadline: Friday")
    newest = contexts.add("c", "deadline: Monday")
    assert contexts.clear(newest.id).removed == 1
    assert contents(contexts) == ["deadline: Friday"]


def test_the_answer_keeps_to_its_budget_and_counts_what_it_leaves_out(
    contexts: ContextService,
) -> None:
    for number in range(30):
        contexts.add("c", f"Visitor {number} brought a plant for the hall. " * 3)
    found = contexts.get("c", tokens=600)
    shown = json.dumps([asdict(entry) for entry in found.entries])
    assert 3 <= len(found.entries) < 30
    assert len(found.entries) + found.omitted == 30
    assert count_tokens(shown) < 900  # with all the fields that a tool leaves out
    assert found.entries[-1].content.startswith("Visitor 29 ")


def test_an_entry_longer_than_the_whole_budget_is_cut_and_says_so(
    contexts: ContextService,
) -> None:
    contexts.add("c", "word " * 3000)
    (entry,) = contexts.get("c", tokens=300).entries
    assert entry.content.endswith("characters more)")
    assert count_tokens(entry.content) < 300


def test_a_small_budget_costs_older_entries_not_newer_ones(contexts: ContextService) -> None:
    for number in range(10):
        contexts.add("c", f"entry {number}")
    kept = contents(contexts, tokens=250)
    assert kept == [f"entry {number}" for number in range(10 - len(kept), 10)]


def test_of_entries_equally_near_the_trusted_one_comes_first(
    db: StandardDatabase, contexts: ContextService
) -> None:
    doubted = contexts.add("c", "The roof leaks in autumn rain, says Ann")
    believed = contexts.add("c", "The roof leaks in autumn rain, says Ben")
    change(db, doubted.id, evidence={"source": "user", "down": 9})
    query = "roof leaks in autumn rain"
    assert next(entry.id for entry in contexts.get("c", query=query).entries) == believed.id
    change(db, doubted.id, evidence={"source": "user", "verified": 9})
    change(db, believed.id, evidence={"source": "user", "down": 9})
    assert next(entry.id for entry in contexts.get("c", query=query).entries) == doubted.id


def test_of_near_ties_the_latest_comes_first(contexts: ContextService) -> None:
    older = contexts.add("c", "Bring the ladder")
    newer = contexts.add("c", "Bring the ladder")
    both = contexts.get("c", query="ladder").entries
    assert [entry.id for entry in both] == [newer.id, older.id]


def test_a_reading_by_meaning_alone_ignores_recency(contexts: ContextService) -> None:
    contexts.add("c", "Bring the ladder to the barn")
    contexts.add("c", "The cat sleeps")
    assert contents(contexts, query="ladder barn", by="meaning", limit=1) == [
        "Bring the ladder to the barn"
    ]
    assert contents(contexts, query="ladder barn", by="recency") == [
        "Bring the ladder to the barn",
        "The cat sleeps",
    ]
    with pytest.raises(InvalidArgument, match="needs a query"):
        contexts.get("c", by="meaning")


def test_vectors_of_another_embedder_are_not_compared(
    db: StandardDatabase, contexts: ContextService
) -> None:
    contexts.add("c", "Bring the ladder")
    other = ContextService(db, HashEmbedder(16))
    assert other.get("c", query="ladder").entries == []
    assert contents(other) == ["Bring the ladder"]


def test_tags_and_trust_are_read_back(contexts: ContextService) -> None:
    contexts.add("c", "Ann knows the way", role="tool", tags=["people", "people", "way"])
    (entry,) = contexts.get("c").entries
    assert entry.tags == ("people", "way")
    assert entry.trust == 0.85
    contexts.add("c", "I think it rains", role="assistant")
    assert contexts.get("c").entries[1].trust == 0.75


def test_entries_of_an_older_hades_are_still_read(
    db: StandardDatabase, contexts: ContextService
) -> None:
    old = {
        "_key": "01790000000000000000-abcdef",
        "context": "c",
        "role": "user",
        "content": "We met in May.",
        "source": "",
        "time": "2026-05-01T10:00:00.000+00:00",
    }
    db.collection(CONTEXT_ENTRIES).insert(old)
    contexts.add("c", "We met again in June.")
    assert contents(contexts) == ["We met in May.", "We met again in June."]
    assert contexts.show("c").entries == 2
