"""Sums attempts up by category: solved, how surely, valid calls, channels, tokens, seconds."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hades_mcp.training.evaluation.playing import Attempt

ALL = "all"
_Z = 1.959964
"""Of the normal distribution: 95 % lie within."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How the tasks of one category went.

    Args:
        category: Its name, or "all".
        tasks: How many were played.
        solved: How many of them were solved.
        low: Lower bound of the share solved, with 95 % confidence (Wilson).
        high: Upper bound.
        calls: Calls made.
        valid: Calls that came back without an error.
        channels: Calls by channel.
        tokens: Mean tokens per task that the model read anew or wrote.
        cached: Share of the prompts' tokens that the server had cached.
        seconds: Mean wall time per task.
        slowest: Longest wall time of one task.
        invalid: Calls that reached a tool though their name or arguments do not fit it.
    """

    category: str
    tasks: int
    solved: int
    low: float
    high: float
    calls: int
    valid: int
    channels: dict[str, int]
    tokens: float
    cached: float
    seconds: float
    slowest: float
    invalid: int = 0

    @property
    def share(self) -> float:
        """Share of the tasks that were solved."""
        return self.solved / self.tasks if self.tasks else 0.0


def wilson(solved: int, tasks: int) -> tuple[float, float]:
    """Return the 95 % interval of a share: Wilson's score interval (1927), sound at 0 and 1."""
    if not tasks:
        return 0.0, 1.0
    share, square = solved / tasks, _Z * _Z
    middle = (share + square / (2 * tasks)) / (1 + square / tasks)
    spread = math.sqrt(share * (1 - share) / tasks + square / (4 * tasks * tasks))
    half = _Z * spread / (1 + square / tasks)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return round(low, 12), round(high, 12)  # 1.0 is 1.0, whatever the last bit


def summaries(attempts: Sequence[Attempt]) -> list[Summary]:
    """Return a summary of each category, by name, and one of all at the end."""
    categories = sorted({attempt.category for attempt in attempts})
    kinds = ((name, [a for a in attempts if a.category == name]) for name in categories)
    return [*(_summary(name, kind) for name, kind in kinds), _summary(ALL, attempts)]


def _summary(category: str, attempts: Sequence[Attempt]) -> Summary:
    solved = sum(attempt.solved for attempt in attempts)
    low, high = wilson(solved, len(attempts))
    channels: Counter[str] = Counter()
    for attempt in attempts:
        channels += attempt.channels
    prompts = sum(attempt.prompt_tokens for attempt in attempts)
    cached = sum(attempt.cached_tokens for attempt in attempts)
    written = sum(attempt.completion_tokens for attempt in attempts)
    return Summary(
        category,
        tasks=len(attempts),
        solved=solved,
        low=round(low, 4),
        high=round(high, 4),
        calls=sum(len(attempt.calls) for attempt in attempts),
        valid=sum(call["ok"] for attempt in attempts for call in attempt.calls),
        channels=dict(sorted(channels.items())),
        tokens=round(_mean([prompts - cached + written], len(attempts)), 1),
        cached=round(cached / prompts, 4) if prompts else 0.0,
        seconds=round(_mean((a.seconds for a in attempts), len(attempts)), 2),
        slowest=max((attempt.seconds for attempt in attempts), default=0.0),
        invalid=sum(attempt.invalid for attempt in attempts),
    )


def _mean(values: Iterable[float], count: int) -> float:
    return sum(values) / count if count else 0.0
