"""Claims: which statements are about the same thing, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.services.contexts.claims import claim_of


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("deadline: Friday", "Deadline: Monday"),
        ("python = 3.11", "python = 3.12"),
        ("The deadline is Friday.", "the deadline is now Monday"),
        ("deadline: Friday", "The deadline is Monday."),
        ("Anna's phone is 555-0100.", "Anna\u2019s phone is 555-0199."),
        ("The shop opens at 9:00.", "The shop opens at 10:30."),
        ("We have 3 open orders.", "We have 14 open orders."),
        ("Budget is 5000 EUR", "Budget is 7000 EUR"),
        ("We ship on Sunday.", "We do not ship on Sunday."),
        ("Lisa ships on Sunday.", "Lisa doesn't ship on Sunday."),
        ("Bob is a doctor.", "Bob isn't a doctor."),
        ("Bob can swim.", "Bob cannot swim."),
    ],
)
def test_statements_that_cannot_both_hold_share_a_subject(older: str, newer: str) -> None:
    first, second = claim_of(older), claim_of(newer)
    assert first is not None
    assert second is not None
    assert first[0] == second[0]
    assert first[1] != second[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna is tall.", "Anna is a doctor."),
        ("Anna has a dog.", "Anna has a cat."),
        ("Order 1 received", "Order 2 received"),
        ("Order 1 has 3 items", "Order 2 has 4 items"),
        ("entry 0", "entry 1"),
        ("Note: ask Bob", "Note: ask Eve"),
        ("The deadline is Friday.", "The budget is 100."),
        ("See https://example.org/a", "See https://example.org/b"),
        ("Is the deadline Friday?", "Is the deadline Monday?"),
        ("We like tea.", "We ship on Sunday."),
        ("The deadline is Friday. The budget is 5.", "The deadline is Monday. The budget is 6."),
    ],
)
def test_statements_that_can_both_hold_do_not_clash(one: str, other: str) -> None:
    first, second = claim_of(one), claim_of(other)
    clash = first is not None and second is not None and first[0] == second[0]
    assert not clash or first == second


def test_the_same_said_twice_is_the_same_claim() -> None:
    assert claim_of("The deadline is Friday.") == claim_of("the  deadline is friday")


def test_a_tag_says_outright_which_fact_is_stated() -> None:
    first = claim_of("We meet in Lisbon. Bring shoes.", ["travel", "fact:venue"])
    second = claim_of("Porto, after all", ["fact:Venue"])
    assert first is not None
    assert second is not None
    assert first[0] == second[0] == "fact:venue"
    assert first[1] != second[1]


@given(st.text(max_size=300))
def test_any_text_has_a_claim_or_none(text: str) -> None:
    found = claim_of(text)
    assert found is None or all(found)
