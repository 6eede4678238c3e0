"""The gate lets an adapter in that wins more and loses nothing; everything else stays outside."""

from collections.abc import Collection, Sequence

from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.training.gate import Promote, Reject, decide
from hades_mcp.training.report import EvalReport

CASES = [f"case-{number}" for number in range(8)]


def report(
    won: Collection[str], *, model: str = "m", cases: Sequence[str] = CASES, digest: str = "d"
) -> EvalReport:
    return EvalReport(model, "s", digest, {one: "" if one in won else "wrong" for one in cases})


def test_a_candidate_that_wins_more_and_loses_nothing_is_promoted():
    assert decide(report(CASES[:2]), report(CASES[:4])) == Promote(("case-2", "case-3"))


def test_a_candidate_that_repairs_seven_and_breaks_one_is_refused():
    verdict = decide(report(CASES[:1], model="old"), report(CASES[1:]))
    assert verdict == Reject(("It loses what old wins: case-0.",))


def test_an_equal_candidate_is_refused():
    verdict = decide(report(CASES[:3], model="old"), report(CASES[:3]))
    assert verdict == Reject(("It wins no case that old does not win already.",))


def test_what_was_won_two_adapters_ago_must_be_won_again():
    verdict = decide(report([]), report(CASES[:1]), earlier_wins=["case-5"])
    assert verdict == Reject(("It does not win back what was won earlier: case-5.",))


def test_an_earlier_win_that_was_not_asked_again_refuses():
    verdict = decide(report([]), report(CASES[:1]), earlier_wins=["gone"])
    assert verdict == Reject(("Cases won earlier were not asked again: gone.",))


def test_another_version_of_the_suite_does_not_compare():
    verdict = decide(report([], digest="1"), report(CASES, digest="2"))
    assert verdict == Reject(("The two were not asked the same: s 1 and s 2.",))


def test_a_case_only_one_was_asked_does_not_compare():
    verdict = decide(report([]), report(CASES[1:], cases=CASES[1:]))
    assert verdict == Reject(("Only one of the two was asked case-0.",))


def test_a_long_list_of_cases_is_counted_not_recited():
    verdict = decide(report(CASES, model="old"), report([]))
    assert isinstance(verdict, Reject)
    assert verdict.reasons[0].endswith("case-0, case-1, case-2, case-3, case-4 and 3 more.")


subsets = st.sets(st.sampled_from(CASES))


@given(subsets, subsets, subsets)
def test_whoever_is_promoted_has_lost_nothing_and_won_something(old, new, earlier):
    verdict = decide(report(old), report(new), earlier_wins=earlier)
    if isinstance(verdict, Promote):
        assert old | earlier <= new
        assert set(verdict.gained) == new - old != set()
    else:
        assert not (old | earlier <= new and new - old)
        assert all(verdict.reasons)


@given(st.lists(subsets, max_size=6))
def test_a_chain_of_promotions_never_forgets(adapters):
    champion, ledger = report([]), set[str]()
    for won in adapters:
        candidate = report(won)
        if isinstance(decide(champion, candidate, earlier_wins=ledger), Promote):
            champion = candidate
            ledger |= champion.won
        assert ledger == set(champion.won)
