"""How long entries live, how near at hand they are, and how they come back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.errors import Conflict, InvalidArgument, LimitReached, NotFound, UnknownName
from hades_mcp.services.contexts import storing, tiers
from hades_mcp.services.contexts.service import ContextService
from hades_mcp.services.contexts.storing import entry_key
from hades_mcp.services.contexts.tiers import COLD_AFTER, HOT, settle
from hades_mcp.services.journal import Journal
from hades_mcp.services.layout import CONTEXT_ENTRIES
from hades_mcp.services.owners import mint
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import StandardDatabase


def change(db: StandardDatabase, entry: str, **attributes: Any) -> None:
    query = "UPDATE PARSE_IDENTIFIER(@id).key WITH @new IN @@c"
    rows(db, query, {"@c": CONTEXT_ENTRIES, "id": entry, "new": attributes})


def contents(contexts: ContextService, **how: Any) -> list[str]:
    return [entry.content for entry in contexts.get("c", **how).entries]


def test_an_entry_past_its_time_is_never_shown_though_still_stored(
    db: StandardDatabase, contexts: ContextService
) -> None:
    brief = contexts.add("c", "deadline: today", ttl=3600)
    contexts.add("c", "deadline: Friday")
    assert brief.expires > brief.time
    change(db, brief.id, expires=time.time() - 1)
    (left,) = contexts.get("c", query="deadline today").entries
    assert (left.content, left.contradicts) == ("deadline: Friday", ())
    assert contents(contexts) == ["deadline: Friday"]
    assert contexts.show("c").entries == 1
    stored = rows(db, "FOR e IN @@c RETURN e._id", {"@c": CONTEXT_ENTRIES})
    assert brief.id in stored


def test_a_context_whose_entries_all_expired_is_unknown(
    db: StandardDatabase, contexts: ContextService
) -> None:
    change(db, contexts.add("c", "x", ttl=60).id, expires=time.time() - 1)
    assert contexts.list() == []
    with pytest.raises(UnknownName):
        contexts.get("c")


def test_the_store_is_told_when_entries_expire(db: StandardDatabase) -> None:
    indexes: Any = db.collection(CONTEXT_ENTRIES).indexes()
    (ttl,) = [index for index in indexes if index["type"] == "ttl"]
    assert ttl["fields"] == ["expires"]


def test_a_context_gives_its_time_to_live_to_what_is_in_it(
    db: StandardDatabase, contexts: ContextService
) -> None:
    old = contexts.add("c", "old")
    brief = contexts.add("c", "brief", ttl=5)
    contexts.expire("c", 100)
    lasting = contexts.add("c", "new", ttl=5000)
    found: list[Any] = rows(
        db, "FOR e IN @@c SORT e._key RETURN [e._id, e.expires - e.used]", {"@c": CONTEXT_ENTRIES}
    )
    lives = {entry: round(life) for entry, life in found}
    assert lives == {old.id: 100, brief.id: 5, lasting.id: 100}
    assert contexts.show("c").ttl == 100
    contexts.expire("c", None)
    assert contexts.add("c", "for ever").expires == ""


@pytest.mark.parametrize("ttl", [0, -1, 1e12])
def test_times_to_live_that_make_no_sense_are_refused(contexts: ContextService, ttl: float) -> None:
    with pytest.raises(InvalidArgument, match="seconds"):
        contexts.add("c", "x", ttl=ttl)


def test_only_the_entries_used_last_are_hot_and_the_moves_are_counted(
    contexts: ContextService,
) -> None:
    for number in range(HOT + 3):
        contexts.add("c", f"entry {number}")
    context = contexts.show("c")
    assert context.tiers == {"hot": HOT, "warm": 3}
    assert context.transitions == {"hot>warm": 3}
    assert "entry 2" not in contents(contexts)
    assert contents(contexts)[0] == "entry 3"
    assert contexts.get("c").omitted == 3


def test_a_query_finds_what_is_warm_and_makes_it_hot_again(db: StandardDatabase) -> None:
    contexts = ContextService(db, OnnxEmbedder())
    contexts.add("c", "The ladder is in the barn")
    for number in range(HOT):
        contexts.add("c", f"entry {number}")
    assert "The ladder is in the barn" not in contents(contexts)
    assert contents(contexts, query="where is the ladder", limit=1) == ["The ladder is in the barn"]
    assert "The ladder is in the barn" in contents(contexts)
    assert contexts.show("c").transitions == {"hot>warm": 2, "warm>hot": 1}


def test_what_is_not_used_for_long_becomes_cold_and_counts_half(
    db: StandardDatabase, contexts: ContextService
) -> None:
    old = contexts.add("c", "Look for ladders behind the barn")
    near = contexts.add("c", "Look for ladders behind the barn too")
    change(db, old.id, tier="warm", used=time.time() - COLD_AFTER - 1)
    assert settle(db, "c", time.time()) == {"warm>cold": 1}
    assert contexts.show("c").tiers == {"cold": 1, "hot": 1}
    found = contexts.get("c", query="Look for ladders behind the barn").entries
    assert [entry.id for entry in found] == [near.id, old.id]
    assert contexts.show("c").tiers == {"hot": 2}


def test_reading_the_latest_does_not_count_as_use(
    db: StandardDatabase, contexts: ContextService
) -> None:
    contexts.add("c", "x")
    before = rows(db, "FOR e IN @@c RETURN e._rev", {"@c": CONTEXT_ENTRIES})
    contexts.get("c")
    assert rows(db, "FOR e IN @@c RETURN e._rev", {"@c": CONTEXT_ENTRIES}) == before


def test_a_cleared_context_comes_back_whole(db: StandardDatabase, contexts: ContextService) -> None:
    contexts.add("c", "The ladder is in the barn", tags=["tools"])
    contexts.expire("c", 1000)
    before = contexts.get("c").entries
    cleared = contexts.clear("c")
    with pytest.raises(UnknownName):
        contexts.get("c")
    Journal(db).undo(cleared.undo)
    assert contexts.get("c").entries == before
    assert contexts.get("c", query="ladder").entries[0].score is not None
    assert contexts.show("c").ttl == 1000
    with pytest.raises(Conflict):
        Journal(db).undo(cleared.undo)


def test_a_clearing_can_be_undone_for_a_day(db: StandardDatabase, contexts: ContextService) -> None:
    contexts.add("c", "x")
    contexts.clear("c")
    (left,) = rows(db, "FOR j IN journal RETURN j.expires - j.at")
    assert 86_398 < left <= 86_400


def test_one_entry_is_forgotten_by_its_id(contexts: ContextService) -> None:
    wrong = contexts.add("c", "wrong")
    contexts.add("c", "right")
    assert contexts.clear(wrong.id).removed == 1
    assert contents(contexts) == ["right"]
    with pytest.raises(NotFound, match="context_get"):
        contexts.clear(wrong.id)


def test_a_full_context_takes_nothing_and_loses_nothing(
    contexts: ContextService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "MOST_ENTRIES", 2)
    contexts.add("c", "1")
    contexts.add("c", "2")
    with pytest.raises(LimitReached):
        contexts.add("c", "3")
    assert contents(contexts) == ["1", "2"]


def test_minted_names_are_names_and_never_twice_the_same(contexts: ContextService) -> None:
    names = {mint() for _ in range(100)}
    assert len(names) == 100
    for name in names:
        contexts.add(name, "x", new=True)
    assert {context.name for context in contexts.list()} == names


def test_keys_sort_by_time_and_after_those_of_an_older_hades() -> None:
    moments = [1_790_000_000_000_000_000, 1_790_000_000_000_001_000, 1_999_999_999_000_000_000]
    keys = [entry_key(moment) for moment in moments]
    assert sorted(keys) == keys
    assert keys[0] > "01790000000000000000-abcdef"
    assert len(set(map(len, keys))) == 1


def test_a_clearing_can_be_undone_when_something_was_added_since(
    db: StandardDatabase, contexts: ContextService
) -> None:
    contexts.add("c", "before")
    contexts.expire("c", 3600)
    cleared = contexts.clear("c")
    contexts.add("c", "after")
    Journal(db).undo(cleared.undo)
    assert [entry.content for entry in contexts.get("c").entries] == ["before", "after"]
    assert contexts.show("c").ttl == 3600


def test_where_hot_entries_expire_the_warm_ones_used_last_are_read(
    db: StandardDatabase, contexts: ContextService
) -> None:
    for number in range(HOT + 3):
        contexts.add("c", f"entry {number}")
    for number in range(HOT - 1):
        brief = contexts.add("c", f"brief {number}", ttl=60)
        change(db, brief.id, expires=time.time() - 1)
    assert contexts.show("c").tiers == {"hot": 1, "warm": HOT + 2}
    assert contents(contexts) == [f"entry {number}" for number in range(3, HOT + 3)]
    assert contexts.get("c").omitted == 3
    assert contents(contexts, limit=2) == [f"entry {HOT + 1}", f"entry {HOT + 2}"]


def test_what_has_expired_is_neither_cleared_nor_counted(
    db: StandardDatabase, contexts: ContextService
) -> None:
    change(db, contexts.add("c", "x", ttl=60).id, expires=time.time() - 1)
    with pytest.raises(UnknownName):
        contexts.clear("c")
    contexts.add("c", "y")
    assert contexts.clear("c").removed == 1


def test_what_is_too_old_for_a_new_time_to_live_comes_back_for_a_day(
    db: StandardDatabase, contexts: ContextService
) -> None:
    old = contexts.add("c", "said long ago")
    change(db, old.id, time="2020-01-01T00:00:00.000+00:00")
    contexts.add("c", "said just now")
    done = contexts.expire("c", 60)
    assert done.removed == 1
    assert contents(contexts) == ["said just now"]
    Journal(db).undo(done.undo)
    assert contents(contexts) == ["said long ago", "said just now"]
    assert (contexts.expire("c", None).undo, contexts.expire("c", 3e8).removed) == ("", 0)


def test_what_was_not_used_for_long_becomes_cold_some_at_a_time(
    db: StandardDatabase, contexts: ContextService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "COOLED", 2)
    entries = [contexts.add("c", f"entry {number}") for number in range(5)]
    for number, entry in enumerate(entries):
        change(db, entry.id, tier="warm", used=float(5 - number))
    assert settle(db, "c", time.time()) == {"warm>cold": 2}
    assert [row["tier"] for row in by_time(db)] == ["warm", "warm", "warm", "cold", "cold"]
    contexts.add("c", "now")
    contexts.add("c", "and now")
    assert contexts.show("c").tiers == {"cold": 5, "hot": 2}


def by_time(db: StandardDatabase) -> list[Any]:
    return rows(db, "FOR e IN @@c SORT e._key RETURN e", {"@c": CONTEXT_ENTRIES})
