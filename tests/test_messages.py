"""The chat vocabulary is plain, frozen data."""

from dataclasses import FrozenInstanceError

import pytest

from hades_mcp.messages import Message, ToolAnnotations, ToolCall, ToolSpec, Usage


def test_usages_add_up():
    steps = [Usage(10, 2, 0), Usage(20, 3, 10)]
    assert sum(steps, Usage()) == Usage(30, 5, 10)


def test_a_tool_nobody_described_is_taken_to_be_destructive():
    assert ToolSpec("drop", "Drops.", {}).annotations == ToolAnnotations(
        read_only=False, destructive=True
    )


def test_what_was_said_cannot_be_changed():
    message = Message("assistant", "", (ToolCall("1", "search", None, "{text:"),))
    with pytest.raises(FrozenInstanceError):
        message.content = "other"  # type: ignore[misc]
    assert message.tool_calls[0].raw_arguments == "{text:"
