"""The gate: compares a candidate with the champion and promotes it, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.training.report import EvalReport

SHOWN = 5
"""Cases named in one reason; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Promote:
    """The candidate takes the champion's place; `gained` are the cases it won newly."""

    gained: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """The champion stays, for these reasons, each a sentence for a person."""

    reasons: tuple[str, ...]


Verdict: TypeAlias = Promote | Reject


def decide(
    champion: EvalReport, candidate: EvalReport, *, earlier_wins: Iterable[str] = ()
) -> Verdict:
    """Promote a candidate that wins more and loses nothing that was ever won.

    A higher mean is not enough: an adapter that repairs ten cases and breaks one is refused,
    because repairs that undo each other never add up.

    Args:
        champion: What is in use now, on the suite.
        candidate: The new adapter, on the same file of the same suite.
        earlier_wins: Case ids that any earlier champion had won; the present one may have them
            lost, the next one may not.
    """
    if reasons := _incomparable(champion, candidate):
        return Reject(reasons)
    reasons = _losses(champion, candidate, frozenset(earlier_wins))
    gained = tuple(sorted(candidate.won - champion.won))
    if not gained:
        reasons += (f"It wins no case that {champion.model} does not win already.",)
    return Reject(reasons) if reasons else Promote(gained)


def _incomparable(champion: EvalReport, candidate: EvalReport) -> tuple[str, ...]:
    if (champion.suite, champion.digest) != (candidate.suite, candidate.digest):
        asked = f"{champion.suite} {champion.digest[:12]}"
        other = f"{candidate.suite} {candidate.digest[:12]}"
        return (f"The two were not asked the same: {asked} and {other}.",)
    if missing := sorted(champion.failures.keys() ^ candidate.failures.keys()):
        return (f"Only one of the two was asked {_list(missing)}.",)
    return ()


def _losses(
    champion: EvalReport, candidate: EvalReport, earlier: frozenset[str]
) -> tuple[str, ...]:
    reasons = []
    if unasked := sorted(earlier - candidate.failures.keys()):
        reasons.append(f"Cases won earlier were not asked again: {_list(unasked)}.")
    if lost := sorted(champion.won - candidate.won):
        reasons.append(f"It loses what {champion.model} wins: {_list(lost)}.")
    forgotten = (earlier & candidate.failures.keys()) - candidate.won - champion.won
    if forgotten:
        reasons.append(f"It does not win back what was won earlier: {_list(sorted(forgotten))}.")
    return tuple(reasons)


def _list(cases: list[str]) -> str:
    shown = ", ".join(cases[:SHOWN])
    return f"{shown} and {len(cases) - SHOWN} more" if len(cases) > SHOWN else shown
