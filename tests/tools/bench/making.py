"""What the makers of tasks share: a task with its reference solution and a wrong one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Made:
    """A task, and what proves it.

    Args:
        category: One of the nine.
        world: What it is asked about.
        question: What is asked.
        checks: What must hold afterwards.
        calls: Calls that solve it, in order.
        answer: The right last words.
        wrong: Plausible last words that are wrong; always said without the calls' results.
        wrong_calls: Calls of the wrong solution, where the world is judged.
        slips: How many of the first calls must fail: tasks of repair.
    """

    category: str
    world: str
    question: str
    checks: list[dict[str, Any]]
    calls: list[Call]
    answer: str
    wrong: str
    wrong_calls: list[Call] = field(default_factory=list)
    slips: int = 0


def number(value: float) -> dict[str, Any]:
    """Check for one number."""
    return {"kind": "number", "value": value}


def names(exactly: Iterable[str], among: Iterable[str]) -> dict[str, Any]:
    """Check that an answer names just these of a known set."""
    return {"kind": "names", "exactly": sorted(exactly), "among": sorted(among)}


def facts(*groups: str | list[str]) -> dict[str, Any]:
    """Check for facts; a list holds ways to say one."""
    return {"kind": "facts", "all": [[g] if isinstance(g, str) else g for g in groups]}


def cites(*titles: str) -> dict[str, Any]:
    """Check that documents are cited."""
    return {"kind": "cites", "titles": list(titles)}


def stored(context: str, *wanted: str | list[str]) -> dict[str, Any]:
    """Check that one entry of a context holds these facts."""
    return facts(*wanted) | {"kind": "stored", "context": context}


def rows(query: str, equals: list[Any]) -> dict[str, Any]:
    """Check what a query finds in the world afterwards."""
    return {"kind": "rows", "query": query, "equals": equals}


def abstains(*named: str) -> list[dict[str, Any]]:
    """Check that nothing was invented and nothing done."""
    return [{"kind": "abstains", "names": list(named)}, {"kind": "unchanged"}]


def listed(items: Iterable[str]) -> str:
    """Return names as a sentence lists them."""
    found = sorted(items)
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def other(right: Iterable[str], among: Iterable[str]) -> str:
    """Return the first name that is not right, whatever the order of the sets."""
    return min(set(among) - set(right))
