"""Models that chat: one small port, a driver per kind of server, and reading calls from text."""

from hades_mcp.models.base import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    ChatResponse,
    Done,
    TextDelta,
    complete,
)
from hades_mcp.models.scripted import ScriptedModel

__all__ = [
    "ChatEvent",
    "ChatModel",
    "ChatRequest",
    "ChatResponse",
    "Done",
    "ScriptedModel",
    "TextDelta",
    "complete",
]
