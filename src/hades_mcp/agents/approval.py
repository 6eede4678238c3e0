"""Decides which calls run at once, which ask a person, and which never run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hades_mcp.messages import ToolCall, ToolSpec

Rule = Literal["auto", "ask", "deny"]

Approve: TypeAlias = "Callable[[ToolCall, str], Awaitable[bool]]"
"""Asks a person about a call, with the reason; True lets it run."""


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """What happens to calls that read and calls that write."""

    reads: Rule = "auto"
    writes: Rule = "ask"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one call, and why."""

    rule: Rule
    reason: str = ""


def decide(call: ToolCall, spec: ToolSpec, policy: ApprovalPolicy) -> Decision:
    """Return what is to be done with a call of a known tool.

    Fails closed: a call whose arguments could not be read never runs and is never asked about, and
    a write that was read from text asks even where writes run at once.
    """
    if call.arguments is None:
        return Decision("deny", "Its arguments are not a JSON object.")
    if spec.annotations.read_only:
        return Decision(policy.reads, f"{call.name} reads.")
    rule = policy.writes
    if rule == "auto" and call.channel == "recovered":
        return Decision("ask", f"{call.name} writes, and the call was read from plain text.")
    verb = "deletes or overwrites" if spec.annotations.destructive else "writes"
    return Decision(rule, f"{call.name} {verb}.")


async def deny_all(call: ToolCall, reason: str) -> bool:
    """Let nothing run that needs asking: the default where nobody can be asked."""
    del call, reason
    return False


async def approve_all(call: ToolCall, reason: str) -> bool:
    """Let everything run: for a person who said yes to all beforehand."""
    del call, reason
    return True
