"""What is read from a context: the newest facts, the nearest meaning, within a budget."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import ConfigError, InvalidArgument
from hades_mcp.services.contexts.reading import CANDIDATES
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
    with pytest.raises(ConfigError, match="hades reembed"):
        other.get("c", query="ladder")
    other.add("c", "Bring the rope")
    assert contents(other) == ["Bring the ladder", "Bring the rope"]
    assert contents(contexts, query="rope") == ["Bring the ladder"]


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


def test_entries_of_other_contexts_do_not_crowd_out_the_hits_of_this_one(
    db: StandardDatabase, contexts: ContextService
) -> None:
    wanted = [contexts.add("c", f"Ladder {number} is by the barn").id for number in range(3)]
    contexts.get("c", query="barn")  # from here on there is an index
    for number in range(450):  # nearer by far, and more than are looked at
        contexts.add("crowd" if number % 2 else "noise", "old wooden ladder")
    found = contexts.get("c", query="old wooden ladder", by="meaning").entries
    assert sorted(entry.id for entry in found) == wanted
    assert [each["type"] for each in entry_indexes(db)].count("vector") == 1


def test_what_is_cold_does_not_crowd_out_what_is_at_hand(
    db: StandardDatabase, contexts: ContextService
) -> None:
    near = contexts.add("c", "wooden ladder outside")
    for _ in range(120):
        contexts.add("c", "wooden ladder")
    query = "FOR e IN @@c FILTER e._key != @k UPDATE e WITH {tier: 'cold'} IN @@c"
    rows(db, query, {"@c": CONTEXT_ENTRIES, "k": near.id.partition("/")[2]})
    found = contexts.get("c", query="wooden ladder", by="meaning", limit=1).entries
    assert [entry.id for entry in found] == [near.id]


def test_a_reading_by_meaning_is_the_same_with_and_without_an_index(
    db: StandardDatabase, contexts: ContextService
) -> None:
    for number in range(40):
        contexts.add("c" if number % 3 else "d", f"Visitor {number} of hall {number % 7} sat down")
    query = "visitor of hall 3"
    with_index = contexts.get("c", query=query, by="meaning", limit=40).entries
    (made,) = [each for each in entry_indexes(db) if each["type"] == "vector"]
    assert made["fields"] == ["embedding"]
    db.collection(CONTEXT_ENTRIES).delete_index(made["id"])  # as `hades reembed` does
    without = contexts.get("c", query=query, by="meaning", limit=40).entries
    assert {e.id: e.score for e in without} == {e.id: e.score for e in with_index}
    assert [e.score for e in without] == [e.score for e in with_index]
    assert len(without) == 26


def entry_indexes(db: StandardDatabase) -> list[dict[str, Any]]:
    found: Any = db.collection(CONTEXT_ENTRIES).indexes()
    return list(found)


def test_the_newest_stands_for_the_oldest_however_much_was_said_in_between(
    contexts: ContextService,
) -> None:
    for number in range(CANDIDATES + 5):
        newest = contexts.add("c", f"progress: step {number} of many")
    (found,) = contexts.get("c", query="progress: step 2 of many", limit=1).entries
    assert found.id == newest.id
    assert [older.content for older in found.contradicts] == [
        f"progress: step {CANDIDATES + 4 - back} of many" for back in (1, 2, 3)
    ]
