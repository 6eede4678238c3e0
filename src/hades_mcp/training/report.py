"""What playing a suite showed: an EvalReport, made by `evaluate` and read by the gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.training.suites import check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from hades_mcp.training.suites import Outcome, Suite


@dataclass(frozen=True, slots=True)
class EvalReport:
    """How one model did on one suite.

    Attributes:
        model: The model, or base model and adapter, that was asked.
        suite: The suite's name.
        digest: SHA-256 of the suite's file: only equal digests compare.
        failures: Each case's id with why it failed; an empty string when it was won.
    """

    model: str
    suite: str
    digest: str
    failures: Mapping[str, str]

    @property
    def won(self) -> frozenset[str]:
        """Ids of the cases that were answered rightly."""
        return frozenset(case for case, why in self.failures.items() if not why)

    @property
    def score(self) -> float:
        """Share of the cases that were won, 0 to 1."""
        return len(self.won) / len(self.failures)


async def evaluate(
    suite: Suite, ask: Callable[[str], Awaitable[Outcome]], *, model: str
) -> EvalReport:
    """Ask every question of a suite, one after the other, and check what came.

    Args:
        suite: The questions.
        ask: Puts one question to the model in a conversation of its own.
        model: What to call the model in the report.
    """
    failures = {case.id: check(case, await ask(case.question)) for case in suite.cases}
    return EvalReport(model, suite.name, suite.digest, failures)
