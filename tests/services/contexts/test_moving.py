"""Contexts moved between stores, and summaries that stand for what is old."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded import connect
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.models.scripted import ScriptedModel
from hades_mcp.models.summarising import gist
from hades_mcp.services.contexts.service import ContextService
from hades_mcp.services.contexts.tiers import HOT
from hades_mcp.services.journal import Journal
from hades_mcp.services.layout import CONTEXT_ENTRIES, ensure_layout
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.services.contexts.records import ContextEntry


LONG_AGO = "2020-01-01T00:00:00.000+00:00"


@pytest.fixture
def other() -> Iterator[ContextService]:
    client = connect()
    client.db("_system").create_database("other")
    database = client.db("other")
    ensure_layout(database)
    yield ContextService(database, HashEmbedder(32))
    client.close()


def without_ids(entries: Sequence[ContextEntry]) -> list[tuple[object, ...]]:
    return [(one.content, one.role, one.time, one.tags, one.trust, one.expires) for one in entries]


def test_a_context_moves_whole_to_another_store(
    contexts: ContextService, other: ContextService
) -> None:
    contexts.add("c", "deadline: Friday", tags=["plan"], role="tool", source="calendar")
    contexts.add("c", "deadline: Monday", ttl=5000)
    lines = list(contexts.export("c"))
    assert all("embedding" not in json.loads(line) for line in lines)
    done = other.import_(lines)
    assert (done.name, done.added, done.known) == ("c", 2, 0)
    assert other.get("c").entries == contexts.get("c").entries
    assert other.get("c", query="deadline Monday").entries[0].score is not None
    again = other.import_(lines)
    assert (again.added, again.known) == (0, 2)


def test_a_context_is_copied_within_a_store_under_another_name(contexts: ContextService) -> None:
    for number in range(3):
        contexts.add("c", f"entry {number}")
    assert contexts.import_(contexts.export("c"), name="copy").added == 3
    copied, original = contexts.get("copy").entries, contexts.get("c").entries
    assert without_ids(copied) == without_ids(original)
    assert not {one.id for one in copied} & {one.id for one in original}


def test_an_import_brings_nothing_twice_though_its_entries_got_other_keys(
    contexts: ContextService,
) -> None:
    for number in range(3):
        contexts.add("c", f"entry {number}")
    lines = list(contexts.export("c"))
    contexts.import_(lines, name="copy")
    again = contexts.import_(lines, name="copy")
    assert (again.added, again.known, again.undo) == (0, 3, "")
    assert len(contexts.get("copy").entries) == 3


def test_an_import_shortens_the_life_of_nothing_that_was_there(
    db: StandardDatabase, contexts: ContextService, other: ContextService
) -> None:
    kept = contexts.add("c", "kept for ever")
    rows(db, "FOR e IN @@c UPDATE e WITH {time: @t} IN @@c", {"@c": CONTEXT_ENTRIES, "t": LONG_AGO})
    other.add("c", "short-lived")
    other.expire("c", 60)
    contexts.import_(other.export("c"))
    lives = {entry.content: bool(entry.expires) for entry in contexts.get("c").entries}
    assert lives == {"kept for ever": False, "short-lived": True}
    assert contexts.show("c").ttl is None
    assert kept.expires == contexts.add("c", "new").expires == ""


def test_a_new_context_has_the_time_to_live_it_was_exported_with(
    contexts: ContextService, other: ContextService
) -> None:
    other.add("c", "x")
    other.expire("c", 60)
    contexts.import_(other.export("c"))
    assert contexts.show("c").ttl == 60
    assert contexts.add("c", "new").expires


@pytest.mark.parametrize(
    "written", ["2026-01-31T14:00:00+02:00", "20260131T120000Z", "2026-01-31 12:00Z"]
)
def test_a_time_is_kept_in_one_form_however_it_is_written(
    contexts: ContextService, written: str
) -> None:
    line = {"key": "a", "role": "user", "content": "x", "time": written}
    contexts.import_(['{"context": "c", "format": 1}', json.dumps(line)])
    (entry,) = contexts.get("c").entries
    assert entry.time == "2026-01-31T12:00:00.000+00:00"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"key": "a", "role": "user", "content": ""}', "Line 2: content"),
        ('{"key": "a/b", "role": "user", "content": "x", "time": "2026-01-01T00:00:00Z"}', "key"),
        ('{"key": "a", "role": "boss", "content": "x", "time": "2026-01-01T00:00:00Z"}', "role"),
        ('{"key": "a", "role": "user", "content": "x", "time": "yesterday"}', "time"),
        ('{"key": "a", "role": "user", "content": "x", "time": "2026-01-01T00:00:00"}', "zone"),
        ('{"key": "a", "role": "user", "content": "x", "time": "9999-12-31T23:59-05:00"}', "time"),
        ('{"key": "b", "role": "user", "content": "x", "time": "2026-01-01T00:00:00Z"}', "Line 3"),
        ("no json", "Line 2"),
    ],
)
def test_a_file_with_one_bad_line_changes_nothing(
    db: StandardDatabase, contexts: ContextService, line: str, said: str
) -> None:
    good = '{"key": "b", "role": "user", "content": "x", "time": "2026-01-01T00:00:00Z"}'
    with pytest.raises(InvalidArgument, match=said):
        contexts.import_(['{"context": "c", "format": 1}', line, good])
    assert rows(db, "FOR e IN @@c RETURN 1", {"@c": CONTEXT_ENTRIES}) == []
    with pytest.raises(InvalidArgument, match="nothing in it"):
        contexts.import_([])
    with pytest.raises(InvalidArgument, match="format"):
        contexts.import_(['{"context": "c", "format": 2}'])


def test_an_import_can_be_undone(db: StandardDatabase, contexts: ContextService) -> None:
    contexts.add("a", "x")
    done = contexts.import_(contexts.export("a"), name="b")
    Journal(db).undo(done.undo)
    with pytest.raises(UnknownName):
        contexts.get("b")
    assert contexts.get("a").entries[0].content == "x"


def fill(contexts: ContextService, old: int) -> None:
    for number in range(old + HOT):
        contexts.add("c", f"On day {number} the bakery sold bread")


def joined(texts: Sequence[str]) -> str:
    return f"{len(texts)} entries, from {texts[0]!r}"


def test_a_summary_stands_for_what_is_no_longer_hot_and_the_originals_stay(
    db: StandardDatabase,
    contexts: ContextService,
) -> None:
    fill(contexts, 6)
    done = contexts.compact("c", joined)
    assert (done.summaries, done.entries) == (1, 6)
    (summary,) = [one for one in contexts.get("c").entries if one.source == "summary"]
    assert summary.content == "6 entries, from 'user: On day 0 the bakery sold bread'"
    assert contexts.show("c").tiers["cold"] == 6
    assert contexts.show("c").transitions["warm>cold"] == 6
    found = contexts.get("c", query="On day 3 the bakery sold bread", limit=100).entries
    assert "On day 3 the bakery sold bread" in [one.content for one in found]
    assert contexts.show("c").tiers["cold"] == 6, "originals stay cold though a query found them"
    revisions = "FOR e IN @@c FILTER e.compacted != null SORT e._key RETURN e._rev"
    before = rows(db, revisions, {"@c": CONTEXT_ENTRIES})
    contexts.get("c", query="On day 3 the bakery sold bread", limit=100)
    assert rows(db, revisions, {"@c": CONTEXT_ENTRIES}) == before, "the same use writes once"
    assert contexts.compact("c", joined).summaries == 0


def test_a_compaction_can_be_taken_back(db: StandardDatabase, contexts: ContextService) -> None:
    fill(contexts, 6)
    before = contexts.get("c").entries
    done = contexts.compact("c", joined)
    Journal(db).undo(done.undo)
    assert contexts.get("c").entries[-len(before) + 1 :] == before[1:]
    assert "cold" not in contexts.show("c").tiers
    assert not [one for one in contexts.get("c").entries if one.source == "summary"]


def test_a_model_that_fails_leaves_everything_as_it_was(
    db: StandardDatabase, contexts: ContextService
) -> None:
    fill(contexts, 6)
    query = "FOR e IN @@c SORT e._key RETURN e._rev"
    before = rows(db, query, {"@c": CONTEXT_ENTRIES})

    def broken(_texts: Sequence[str]) -> str:
        raise TimeoutError

    with pytest.raises(Exception, match=r".*"):
        contexts.compact("c", broken)
    assert rows(db, query, {"@c": CONTEXT_ENTRIES}) == before


def test_what_expires_by_itself_is_not_summarised(contexts: ContextService) -> None:
    for number in range(6):
        contexts.add("c", f"secret of day {number}", ttl=3600)
    fill(contexts, 0)
    assert contexts.compact("c", joined).summaries == 0


def test_long_memories_become_several_summaries(contexts: ContextService) -> None:
    for number in range(12):
        contexts.add("c", f"Report {number}: " + "the bakery sold much bread today, " * 40)
    fill(contexts, 0)
    seen: list[int] = []

    def counting(texts: Sequence[str]) -> str:
        seen.append(len(texts))
        return "much bread"

    done = contexts.compact("c", counting)
    assert done.summaries == len(seen) > 1
    assert done.entries == sum(seen) <= 12


@pytest.mark.anyio
async def test_a_model_is_asked_for_the_gist() -> None:
    model = ScriptedModel([" Bread sold. "])
    assert await gist(model, "Summarise.", ["user: a", "note: b"], 50) == "Bread sold."
    (request,) = model.requests
    assert [message.content for message in request.messages] == ["Summarise.", "user: a\nnote: b"]


def test_summaries_are_as_old_as_what_they_stand_for(contexts: ContextService) -> None:
    fill(contexts, 5)
    contexts.compact("c", joined)
    entries = contexts.get("c").entries
    assert [one.time for one in entries] == sorted(one.time for one in entries)
    assert entries[0].source == "summary"
