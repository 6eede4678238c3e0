"""How far a run may go, and how far it has gone."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hades_mcp.messages import Usage

if TYPE_CHECKING:
    from hades_mcp.messages import ToolCall

StopReason = Literal["answered", "steps", "tokens", "seconds", "repeated", "failed"]
"""Why a run ended: it answered; a limit was reached; or (`failed`) nothing usable came, however the
model was asked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may cost.

    Args:
        steps: Most model responses.
        tokens: Most tokens of prompts (cached ones not counted) and replies together.
        seconds: Longest time.
        repeats: The same call that often ends the run.
    """

    steps: int = 8
    tokens: int = 30_000
    seconds: float = 300.0
    repeats: int = 3


@dataclass(slots=True)
class Budget:
    """What one run has cost so far."""

    limits: Limits
    started: float = field(default_factory=time.monotonic)
    steps: int = 0
    usage: Usage = field(default_factory=Usage)
    calls: Counter[str] = field(default_factory=Counter)

    def spend(self, usage: Usage) -> None:
        """Count one model response."""
        self.steps += 1
        self.usage += usage

    def exceeded(self) -> StopReason | None:
        """Return the limit that is reached, if one is."""
        if self.steps >= self.limits.steps:
            return "steps"
        if not self.tokens_left():
            return "tokens"
        if not self.left():
            return "seconds"
        return None

    def tokens_left(self) -> int:
        """Return how many tokens are left."""
        usage = self.usage
        spent = usage.prompt_tokens - usage.cached_tokens + usage.completion_tokens
        return max(0, self.limits.tokens - spent)

    def left(self) -> float:
        """Return how many seconds are left."""
        return max(0.0, self.limits.seconds - (time.monotonic() - self.started))

    def repeated(self, call: ToolCall) -> int:
        """Count a call, and return how often the very same call was made, this time included."""
        arguments = call.raw_arguments if call.arguments is None else call.arguments
        key = json.dumps([call.name, arguments], sort_keys=True, default=str)
        self.calls[key] += 1
        return self.calls[key]
