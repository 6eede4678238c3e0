"""Trust follows its evidence: the right way round, within bounds, whatever is stored."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.services.trust.formula import (
    ALERT_BELOW,
    HALF_LIFE,
    NEUTRAL,
    PRIORS,
    evidence_of,
    trust_of,
    weighed,
)

NOW = 1_800_000_000.0
COUNTS = st.integers(0, 10_000)
EVIDENCE = st.fixed_dictionaries(
    {
        "source": st.sampled_from([*PRIORS, "heard", ""]),
        "verified": COUNTS,
        "up": COUNTS,
        "down": COUNTS,
        "at": st.floats(0, NOW * 1.1),
    }
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(EVIDENCE)
def test_trust_lies_between_nothing_and_all(evidence: dict[str, Any]) -> None:
    assert 0 <= trust_of({"evidence": evidence}, NOW) <= 1


@given(EVIDENCE, st.sampled_from(["verified", "up"]), st.integers(1, 100))
def test_trust_never_falls_with_verification_or_praise(
    evidence: dict[str, Any], voice: str, more: int
) -> None:
    better = evidence | {voice: evidence[voice] + more}
    assert trust_of({"evidence": better}, NOW) >= trust_of({"evidence": evidence}, NOW)


@given(EVIDENCE, st.integers(1, 100))
def test_trust_falls_with_every_complaint(evidence: dict[str, Any], more: int) -> None:
    worse = evidence | {"down": evidence["down"] + more}
    assert trust_of({"evidence": worse}, NOW) < trust_of({"evidence": evidence}, NOW)


@given(EVIDENCE, st.floats(0, 1e9))
def test_trust_never_rises_with_age(evidence: dict[str, Any], seconds: float) -> None:
    stored = {"evidence": evidence}
    assert trust_of(stored, NOW + seconds) <= trust_of(stored, NOW)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("source", "verified", "up", "down", "at"), ANYTHING)
    )
    | ANYTHING
)
def test_whatever_stands_in_the_attribute_there_is_a_trust(evidence: Any) -> None:
    assert 0 <= trust_of({"evidence": evidence}, NOW) <= 1


def test_a_thing_without_evidence_is_neutral_and_alarms_nobody() -> None:
    assert trust_of({}, NOW) == NEUTRAL
    assert trust_of({"evidence": {}}, NOW) == NEUTRAL
    assert NEUTRAL > ALERT_BELOW


def test_the_formula_is_the_documented_one() -> None:
    evidence = evidence_of("agent", NOW - HALF_LIFE) | {"verified": 1, "up": 2, "down": 3}
    believed = (6 * 0.75 + 2 * 1 + 2) / (6 + 2 * 1 + 2 + 3)
    assert abs(trust_of({"evidence": evidence}, NOW) - believed * 0.9) < 1e-9


def test_a_few_complaints_halve_what_a_source_is_believed() -> None:
    disliked = evidence_of("file", NOW) | {"down": 6}
    assert abs(trust_of({"evidence": disliked}, NOW) - PRIORS["file"] / 2) < 1e-9


def test_age_alone_makes_no_file_suspect_but_an_agents_word() -> None:
    long_after = NOW + 50 * HALF_LIFE
    assert trust_of({"evidence": evidence_of("file", NOW)}, long_after) > ALERT_BELOW
    assert trust_of({"evidence": evidence_of("agent", NOW)}, long_after) < ALERT_BELOW


@given(st.floats(0, 1), EVIDENCE, st.integers(1, 100))
def test_of_two_equal_scores_the_trusted_ranks_first(
    score: float, evidence: dict[str, Any], more: int
) -> None:
    better = evidence | {"verified": evidence["verified"] + more}
    ranks = [weighed(score, trust_of({"evidence": stored}, NOW)) for stored in (better, evidence)]
    assert ranks[0] >= ranks[1]
    assert 0 <= ranks[1] <= score
