"""Decides which calls run at once, which ask a person, and which never run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from hades_mcp.messages import ToolCall, ToolSpec

Rule = Literal["auto", "ask", "deny"]

Approve: TypeAlias = "Callable[[ToolCall, str], Awaitable[bool]]"
"""Asks a person about a call, with the reason; True lets it run."""

Answer = Literal["yes", "no", "tool", "session"]
"""What a person may say: this call, not this one, this tool from now on, all from now on."""

AskPerson: TypeAlias = "Callable[[ToolCall, str], Awaitable[Answer]]"

_STRICTNESS: dict[Rule, int] = {"auto": 0, "ask": 1, "deny": 2}


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """What happens to calls, the most particular rule first.

    Args:
        reads: Of tools that only read.
        writes: Of tools that write, and of those that do not say what they do.
        destructive: Of tools that delete or overwrite; the stricter of this and `writes` holds.
        tools: By tool, the rule that stands in for those above; a server's tool by its origin,
            `server/tool`.
    """

    reads: Rule = "auto"
    writes: Rule = "ask"
    destructive: Rule = "auto"
    tools: Mapping[str, Rule] = field(default_factory=dict)

    def rule(self, spec: ToolSpec) -> Rule:
        """Return the rule for a tool, whatever the call."""
        particular = self.tools.get(spec.origin or spec.name)
        if particular is not None:
            return particular
        if spec.annotations.read_only:
            return self.reads
        if not spec.annotations.destructive:
            return self.writes
        return max(self.writes, self.destructive, key=_STRICTNESS.__getitem__)


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
    rule = policy.rule(spec)
    if spec.annotations.read_only:
        return Decision(rule, f"{call.name} reads.")
    if rule == "auto" and call.channel == "recovered":
        return Decision("ask", f"{call.name} writes, and the call was read from plain text.")
    verb = "deletes or overwrites" if spec.annotations.destructive else "writes"
    where = f" at {spec.origin.partition('/')[0]}" if spec.origin else ""
    return Decision(rule, f"{call.name} {verb}{where}.")


class SessionApprovals:
    """Asks a person, and remembers "always": for one tool, or for all, until the session ends.

    A call that was read from plain text is asked about each time: nobody said yes to guesses.

    Args:
        ask: Asks the person; one question at a time.
    """

    def __init__(self, ask: AskPerson) -> None:
        self._ask = ask
        self._tools: set[str] = set()
        self._all = False
        self._asking = anyio.Lock()

    async def __call__(self, call: ToolCall, reason: str) -> bool:
        """Return whether a call may run."""
        async with self._asking:
            if call.channel != "recovered" and (self._all or call.name in self._tools):
                return True
            answer = await self._ask(call, reason)
            if answer == "tool":
                self._tools.add(call.name)
            elif answer == "session":
                self._all = True
            return answer != "no"

    def forget(self) -> None:
        """Ask again about everything."""
        self._tools.clear()
        self._all = False


async def deny_all(call: ToolCall, reason: str) -> bool:
    """Let nothing run that needs asking: the default where nobody can be asked."""
    del call, reason
    return False


async def approve_all(call: ToolCall, reason: str) -> bool:
    """Let everything run: for a person who said yes to all beforehand."""
    del call, reason
    return True
