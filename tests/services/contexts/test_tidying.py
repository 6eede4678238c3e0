"""Contexts that grew long are compacted by themselves, and nobody waits for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import LimitReached, Unavailable
from hades_mcp.services.callers import CALLER, Principal
from hades_mcp.services.contexts import storing, tidying, tiers
from hades_mcp.services.contexts.tidying import Tidier
from hades_mcp.services.contexts.tiers import HOT
from hades_mcp.services.journal import Journal
from hades_mcp.services.owners import mint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.services.contexts.service import ContextService

AFTER = 5


class Model:
    """Says how much it read; may be busy, or away."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self, texts: Sequence[str]) -> str:
        self.asked += 1
        self.may_answer.wait(30)
        if self.is_away:
            raise Unavailable("The model is away.", hint="Start it.")
        return f"{len(texts)} entries about walks"


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def tidier(db: StandardDatabase, contexts: ContextService, model: Model) -> Iterator[Tidier]:
    made = Tidier(db, contexts, model, after=AFTER, retry=0)
    yield made
    model.may_answer.set()
    made.close()


def add(contexts: ContextService, tidier: Tidier, count: int, name: str = "c") -> None:
    for number in range(count):
        contexts.add(name, f"On day {number} we walked, then rested")
        tidier.added(name)


def test_a_context_that_grew_is_compacted_by_itself_and_can_be_brought_back(
    db: StandardDatabase, contexts: ContextService, tidier: Tidier, model: Model
) -> None:
    add(contexts, tidier, HOT + AFTER - 1)
    tidier.wait(30)
    assert model.asked == 0
    add(contexts, tidier, 1)
    tidier.wait(30)
    assert contexts.show("c").tiers["cold"] == AFTER
    (summary,) = contexts.get("c", query="entries about walks", limit=1).entries
    assert summary.content == f"{AFTER} entries about walks"
    assert contexts.show("c").entries == HOT + AFTER + 1
    Journal(db).undo()
    assert contexts.show("c").tiers.get("cold", 0) == 0
    assert contexts.show("c").entries == HOT + AFTER


def test_an_addition_does_not_wait_and_begins_nothing_twice(
    contexts: ContextService, tidier: Tidier, model: Model
) -> None:
    model.may_answer.clear()
    add(contexts, tidier, HOT + AFTER + 3)  # returns, while the model thinks
    assert contexts.show("c").tiers.get("cold", 0) == 0
    model.may_answer.set()
    tidier.wait(30)
    assert model.asked == 1
    assert contexts.show("c").tiers["cold"] >= AFTER


def test_a_model_that_is_away_fails_no_addition_and_is_asked_again(
    contexts: ContextService,
    tidier: Tidier,
    model: Model,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model.is_away = True
    add(contexts, tidier, HOT + AFTER)
    tidier.wait(30)
    assert contexts.show("c").entries == HOT + AFTER
    assert "The model is away." in caplog.text + "".join(capsys.readouterr())
    model.is_away = False
    add(contexts, tidier, 1)
    tidier.wait(30)
    assert contexts.show("c").tiers["cold"] == AFTER + 1


def test_after_a_failure_the_model_is_left_alone_for_a_while(
    db: StandardDatabase, contexts: ContextService, model: Model
) -> None:
    model.is_away = True
    patient = Tidier(db, contexts, model, after=AFTER, retry=600)
    add(contexts, patient, HOT + AFTER)
    patient.wait(30)
    add(contexts, patient, 3)
    patient.close()
    assert model.asked == 1


def test_without_a_threshold_nothing_is_compacted(
    db: StandardDatabase, contexts: ContextService, model: Model
) -> None:
    never = Tidier(db, contexts, model, after=0)
    add(contexts, never, HOT + AFTER)
    never.close()
    assert model.asked == 0


def test_summaries_alone_are_not_compacted_again_and_again(
    contexts: ContextService, tidier: Tidier, model: Model
) -> None:
    for number in range(HOT + AFTER):
        contexts.add("c", f"This is forgotten by itself, {number}", ttl=3600)
    for _ in range(3):
        tidier.added("c")
        tidier.wait(30)
    assert model.asked == 0


def test_originals_make_room_in_a_nearly_full_context_and_come_back(
    db: StandardDatabase,
    contexts: ContextService,
    tidier: Tidier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tidying, "NEARLY_FULL", HOT)
    add(contexts, tidier, HOT + AFTER)
    tidier.wait(30)
    assert contexts.show("c").entries == HOT + 1  # the summary for five
    assert "cold" not in contexts.show("c").tiers
    Journal(db).undo()
    assert contexts.show("c").tiers["cold"] == AFTER


def test_a_context_of_one_user_alone_is_compacted_for_that_user(
    contexts: ContextService, tidier: Tidier
) -> None:
    token = CALLER.set(Principal("ann"))
    try:
        name = mint()
        contexts.add(name, "This one is Ann's", new=True)
        add(contexts, tidier, HOT + AFTER, name)
        tidier.wait(30)
        assert contexts.show(name).tiers["cold"] >= AFTER
    finally:
        CALLER.reset(token)


def test_closing_waits_for_no_model_however_many_contexts_grew(
    db: StandardDatabase,
    contexts: ContextService,
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tiers, "HOT", 1)
    tidier = Tidier(db, contexts, model, after=AFTER)
    model.may_answer.clear()
    before = threading.active_count()
    for number in range(8):
        add(contexts, tidier, 1 + AFTER, f"c{number}")
    assert threading.active_count() == before + 1
    ended = threading.Thread(target=tidier.close, daemon=True)
    ended.start()
    ended.join(3 * tidying.CLOSING)
    assert not ended.is_alive()
    model.may_answer.set()
    tidier.wait(30)
    assert model.asked == 1


def test_contexts_that_grew_meanwhile_are_compacted_in_turn(
    contexts: ContextService, tidier: Tidier, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "HOT", 1)
    model.may_answer.clear()
    for number in range(3):
        add(contexts, tidier, 1 + AFTER, f"c{number}")
    model.may_answer.set()
    tidier.wait(30)
    assert model.asked == 3
    assert [contexts.show(f"c{number}").tiers["cold"] >= AFTER for number in range(3)] == [True] * 3


def test_a_full_context_gets_room_again(
    contexts: ContextService, tidier: Tidier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(HOT + AFTER):  # while no model was there
        contexts.add("c", f"On day {number} we walked, then rested")
    monkeypatch.setattr(storing, "MOST_ENTRIES", HOT + AFTER)
    monkeypatch.setattr(tidying, "NEARLY_FULL", HOT)
    with pytest.raises(LimitReached):
        contexts.add("c", "One more")
    tidier.added("c")
    tidier.wait(30)
    assert contexts.add("c", "One more").content == "One more"
