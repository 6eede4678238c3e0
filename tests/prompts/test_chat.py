"""The renderer and the two chat templates write the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hades_mcp.messages import Message, ToolCall, ToolSpec
from hades_mcp.models.wire import message_body, tool_body
from hades_mcp.prompts.chat import (
    SERVING_TEMPLATE,
    TRAINING_TEMPLATE,
    render,
    result_text,
    segments,
    signature,
    template_hash,
    tools_text,
    user_text,
)

PROMPTS = Path(__file__).parents[2] / "prompts"
SEARCH = ToolSpec(
    "search",
    "Find documents by meaning.",
    {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "limit": {"type": "integer", "default": 10},
            "way": {"type": "string", "enum": ["outbound", "any"], "default": "any"},
            "edges": {"type": "array", "items": {"type": "string"}},
            "things": {"type": "array"},
            "near": {"type": "number", "default": 0.5},
            "deep": {"type": "boolean", "default": False},
            "bind": {"type": "object"},
            "free": {},
            "empty": {"type": "string", "default": ""},
        },
        "required": ["text"],
    },
)
SCHEMA = ToolSpec("schema", "Show the schema.", {"type": "object", "properties": {}})
CALL = ToolCall("c1", "search", {"text": "zwölf", "limit": 2})
CHAT = (
    Message("system", "You look things up."),
    Message("user", "Which?"),
    Message("assistant", "", (CALL, ToolCall("c2", "schema", {}))),
    Message("tool", '{"hits": []}', (), "c1"),
    Message("tool", "{}", (), "c2"),
    Message("assistant", "I look again.", (CALL,)),
    Message("tool", "[]", (), "c1"),
    Message("assistant", "None."),
)


def _jinja(name: str, messages: Any, tools: Any, *, reply: bool) -> str:
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)
    # As transformers and llama.cpp do: plain JSON, keys in their order.
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    text = (PROMPTS / name).read_text(encoding="utf-8")
    for tag in ("generation", "endgeneration"):
        text = text.replace("{%- " + tag + " -%}", "{#- -#}")
    bodies: list[Any] = [message_body(message) for message in messages]
    for body in bodies:
        for call in body.get("tool_calls", ()):
            call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return environment.from_string(text).render(
        messages=bodies,
        tools=[tool_body(spec) for spec in tools] or None,
        add_generation_prompt=reply,
    )


@pytest.mark.parametrize("template", [SERVING_TEMPLATE, TRAINING_TEMPLATE])
@pytest.mark.parametrize("tools", [(), (SCHEMA,), (SEARCH, SCHEMA)])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6, 8])
def test_the_templates_write_what_the_renderer_writes(template, tools, length):
    messages = CHAT[:length]
    for reply in (True, False):
        assert render(messages, tools, reply=reply) == _jinja(
            template, messages, tools, reply=reply
        )


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(max_size=60), st.dictionaries(st.text(max_size=8), st.integers(), max_size=3))
def test_the_serving_template_and_the_renderer_agree_on_any_words(text, arguments):
    call = ToolCall("c", "search", arguments)
    chat = (Message("user", text), Message("assistant", text, (call,)), Message("tool", text))
    assert render(chat, (SCHEMA,)) == _jinja(SERVING_TEMPLATE, chat, (SCHEMA,), reply=True)


def test_a_signature_is_one_line():
    assert signature(SEARCH) == (
        'search(text: str, limit?: int = 10, way?: "outbound"|"any" = "any", edges?: list[str], '
        "things?: list[any], near?: float = 0.5, deep?: bool = false, bind?: dict, free?: any, "
        "empty?: str) - Find documents by meaning."
    )
    assert signature(SCHEMA) == "schema() - Show the schema."


def test_without_tools_nothing_is_said_of_them():
    assert tools_text(()) == ""
    assert "Tools" not in render((Message("user", "Hi"),))


def test_only_what_the_model_writes_is_learned():
    learned = [segment.text for segment in segments(CHAT, (SEARCH,)) if segment.learned]
    assert len(learned) == 3
    assert learned[2] == "None.<|im_end|>\n"
    assert learned[0].startswith('```json\n{"name": "search"')


def test_a_longer_chat_begins_with_the_shorter_one():
    for length in range(2, len(CHAT)):
        shorter = render(CHAT[:length], (SEARCH,), reply=False)
        assert (
            render(CHAT[: length + 1], (SEARCH,), reply=False)[: len(shorter) - 11]
            == (shorter[:-11])
        )


def test_volatile_facts_stand_last():
    assert user_text("Which?", "Today is Monday.") == "Which?\n\nToday is Monday."
    assert user_text("Which?") == "Which?"


def test_hidden_keys_are_left_out_at_every_depth():
    content = json.dumps({"hits": [{"id": "documents/1", "title": "ü", "at": {"id": 2}}]})
    assert result_text(content, ["id"]) == '{"hits": [{"title": "ü", "at": {}}]}'
    assert result_text(content) == content
    assert result_text("no json", ["id"]) == "no json"


def test_a_model_sees_all_that_its_query_returned():
    content = '{"rows": [{"id": 7, "time": "noon"}], "id": "x"}'
    assert result_text(content, ["id", "time"]) == '{"rows": [{"id": 7, "time": "noon"}]}'


def test_a_templates_hash_changes_with_its_bytes(tmp_path):
    shipped = template_hash(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / SERVING_TEMPLATE).write_text("other", encoding="utf-8")
    assert len(shipped) == 16
    assert template_hash(tmp_path) != shipped


def test_the_template_for_ollama_asks_for_calls_in_the_same_words():
    modelfile = (PROMPTS / "qwen2_5.ollama.modelfile").read_text(encoding="utf-8")
    before, after = tools_text((SEARCH,)).split(f"\n{signature(SEARCH)}")
    assert before in modelfile
    assert after in modelfile
    assert "<tool_call>" not in modelfile
