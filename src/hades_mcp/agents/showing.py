"""Shows results to a model: without what it has no use for, and no more than its window bears."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hades_mcp.prompts.chat import result_text
from hades_mcp.tools.rendering import render

if TYPE_CHECKING:
    from collections.abc import Collection

    from hades_mcp.messages import ToolCall
    from hades_mcp.types import JsonObject

MORE = "more"
"""The tool that shows what was cut off."""

SHARE = 4
"""One result takes at most this part of the window: a question, three results and an answer fit."""

LEAST = 200


class Results:
    """The results of one run, as its model sees them.

    What the tools themselves cut has a handle of theirs. What is cut here, because the window is
    small or the tool a stranger's, has one of ours, if the agent has the tool `more`.

    Args:
        hidden: Keys the model is not shown.
        window: The model's context window; None cuts nothing.
        more: Whether the agent can ask for the rest.
    """

    def __init__(self, hidden: Collection[str], window: int | None, *, more: bool) -> None:
        self._hidden = hidden
        self._most = None if window is None else max(LEAST, window // SHARE)
        self._more = more
        self._rests: dict[str, JsonObject] = {}

    def shown(self, content: str) -> str:
        """Return a result as the model is to read it."""
        text = result_text(content, self._hidden)
        # No token is shorter than a byte: most results need not be counted.
        if self._most is None or len(text.encode()) <= self._most:
            return text
        try:
            value: Any = json.loads(text)
        except ValueError:
            value = text
        handle = value.get("next") if isinstance(value, dict) else None

        def keep(page: JsonObject) -> str:
            name = f"rest{len(self._rests) + 1}"
            # What the tool itself had kept back comes behind what is kept back here.
            self._rests[name] = page | ({"next": handle} if handle else {})
            return name

        cut = render(value, self._most, keep if self._more else None)
        return cut.text if cut.truncated else text

    def rest(self, call: ToolCall) -> str | None:
        """Return what a call of `more` asks for if it was cut off here; None if it was not."""
        if call.name != MORE or call.arguments is None:
            return None
        page = self._rests.get(str(call.arguments.get("next", "")))
        return None if page is None else json.dumps(page, ensure_ascii=False)
