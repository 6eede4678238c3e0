"""Keeps a conversation within its model's window: counts it, and shortens it in one cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hades_mcp.agents.events import Compacted
from hades_mcp.errors import LimitReached
from hades_mcp.messages import Message
from hades_mcp.prompts.chat import tools_text
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hades_mcp.messages import ToolSpec

FRAME = 5
"""Tokens of `<|im_start|>`, the role, line breaks and `<|im_end|>` around a message."""

CARE = 1.1
"""What our own count is multiplied by; the tokenizer's lies between 1/1.35 and 1/0.8 of it."""

OVERCOUNT = 1.35
TAIL = 0.4
"""Part of the room that the latest steps keep, word for word."""

SUMMARY = 0.2
"""Part of it that the gist of the older ones may take."""

ASKED, SAID, RETURNED = 300, 400, 300
"""Characters of a question, an answer and a result in a summary."""

HEAD = "What was said before, in short:"


class Room:
    """How much of the window a conversation takes.

    What a server counted itself is taken as it is; only what came later is counted here.

    Args:
        window: Tokens of prompt and reply together; None when nobody knows.
        reply: Tokens kept free for the reply.
        tools: What the model is told it may call.
    """

    def __init__(self, window: int | None, reply: int, tools: Sequence[ToolSpec]) -> None:
        self.most = None if window is None else window - reply
        self._tools = count_tokens(tools_text(tools))
        self._counts: list[int] = []
        self._known: tuple[int, int] = (0, 0)

    def shortened(
        self, messages: Sequence[Message], opening: int, most: int
    ) -> tuple[list[Message], Compacted]:
        """Return a conversation that fits, and what was done; see `compact`.

        Raises:
            LimitReached: Not even so does it fit.
        """
        before = self.used(messages)
        fixed = self._tools + sum(map(cost, messages[:opening]))
        shorter, summary = compact(messages, opening, round(most / CARE) - fixed)
        self._counts, self._known = [], (0, 0)
        cut = Compacted(len(messages) - len(shorter), before, self.used(shorter), summary)
        return shorter, cut

    def learn(self, messages: int, tokens: int) -> None:
        """Keep what the server counted: the first so many messages are so many tokens."""
        self._known = (messages, tokens)

    def fits(self, messages: Sequence[Message]) -> bool:
        """Whether the window has room for a conversation that only grows."""
        return self.most is None or self.used(messages) <= self.most

    def used(self, messages: Sequence[Message]) -> int:
        """Return about how many tokens a conversation is, rather too many than too few."""
        for message in messages[len(self._counts) :]:
            self._counts.append(cost(message))
        known, tokens = self._known
        own = self._tools + sum(self._counts)
        if not known:
            return round(own * CARE)
        # Some servers leave cached tokens out of their count.
        return max(tokens + round(sum(self._counts[known:]) * CARE), round(own / OVERCOUNT))


def cost(message: Message) -> int:
    """Return about how many tokens a message is."""
    calls = "".join(
        f"{call.name}{json.dumps(call.arguments, ensure_ascii=False)}"
        for call in message.tool_calls
    )
    return count_tokens(message.content + calls) + FRAME * (1 + len(message.tool_calls))


def compact(messages: Sequence[Message], opening: int, room: int) -> tuple[list[Message], str]:
    """Return a shorter conversation, and the summary in it.

    The opening (system prompt, examples) stays byte for byte, so that a server's cache keeps it;
    of the rest the latest steps stay, and all before them becomes a summary in front of the
    question. From then on the conversation only grows again.

    Args:
        messages: The conversation.
        opening: How many of its first messages stay.
        room: Tokens that all but the opening may take.

    Raises:
        LimitReached: Not even so is there room.
    """
    body = list(messages[opening:])
    asked = max(place for place, message in enumerate(body) if message.role == "user")
    start = _tail(body, room * TAIL)
    question = "" if start <= asked else _parts(body[asked])[1]
    summary = _summary(body[:start], asked, room * SUMMARY)
    if start < len(body) and body[start].role == "user":
        # Some servers want users and assistants to take turns: no two questions in a row.
        question, start = body[start].content, start + 1
    first = Message("user", f"{summary}\n\n{question}" if summary else question)
    shorter = [first, *body[start:]]
    if sum(map(cost, shorter)) > room or len(shorter) >= len(body):
        raise LimitReached(
            "The conversation does not fit the model's context window, not even shortened.",
            hint="Ask something shorter, or give the model a larger window.",
        )
    return [*messages[:opening], *shorter], summary


def _tail(body: Sequence[Message], room: float) -> int:
    """Return where the latest steps begin that there is room for; at the end if for none."""
    start, used = len(body), 0
    for place in range(len(body) - 1, 0, -1):
        used += cost(body[place])
        if used > room:
            break
        if body[place].role != "tool":  # results stay with their calls
            start = place
    return start


def _summary(body: Sequence[Message], asked: int, room: float) -> str:
    lines: list[str] = []
    used = 0
    for place in range(len(body) - 1, -1, -1):
        lines_of = _parts(body[place])[0] if place == asked else list(_lines(body[place]))
        for line in reversed(lines_of):  # what is asked now is asked again, in full
            used += count_tokens(line) + 1
            if used > room:
                return _headed([*lines, "- …"])
            lines.append(line)
    return _headed(lines)


def _headed(latest_first: Sequence[str]) -> str:
    return "\n".join([HEAD, *reversed(latest_first)]) if latest_first else ""


def _lines(message: Message) -> Iterator[str]:
    match message.role:
        case "user":
            older, question = _parts(message)
            yield from older
            yield f"- The user asked: {_short(question, ASKED)}"
        case "assistant":
            if message.content.strip():
                yield f"- You said: {_short(message.content, SAID)}"
            for call in message.tool_calls:
                yield f"- You called {call.name}({json.dumps(call.arguments, ensure_ascii=False)})"
        case "tool":
            yield f"- {message.name} returned: {_short(message.content, RETURNED)}"
        case "system":
            yield f"- {_short(message.content, SAID)}"


def _parts(message: Message) -> tuple[list[str], str]:
    """Return the lines of an earlier summary in front of a question, and the question."""
    if not message.content.startswith(HEAD):
        return [], message.content
    summary, _, question = message.content.partition("\n\n")
    return summary.splitlines()[1:], question


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
