"""What is done to make a small model reliable, each with a switch, to measure what it is worth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measures:
    """All on; an evaluation switches them off one by one.

    Args:
        examples: Worked examples stand before the question.
        recovery: Calls are read from text.
        constraint: Replies are held to schemas where a call is due, or one went wrong.
        repair: After a failure the next request is asked differently; else errors are only told.
        grounding: An agent that must call does not answer from memory where nothing was found.
        compaction: A conversation that nears the model's window is shortened, in one cut.
    """

    examples: bool = True
    recovery: bool = True
    constraint: bool = True
    repair: bool = True
    grounding: bool = True
    compaction: bool = True
