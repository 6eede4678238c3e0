"""What the tool list costs every prompt, in tokens of the model that reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.tools.qwen import QWEN
from tests.tools.test_definition import sample

from hades_mcp.models.wire import tool_body
from hades_mcp.prompts.chat import signature
from hades_mcp.server.app import tool_of
from hades_mcp.tools.catalog import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.messages import ToolSpec

LIST = 1000
"""Most tokens of all built-in tools in function-call form."""
COMPACT = 450
"""Most tokens of the same list as our own agent puts it."""
SPECS = [tool.spec for tool in BUILT_IN]


def compact_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def function_form(spec: ToolSpec) -> str:
    """One line of a prompt, as chat templates and rivals' tool lists are measured."""
    return compact_json(tool_body(spec)) + "\n"


def agents_form(spec: ToolSpec) -> str:
    return signature(spec) + "\n"


def list_form(spec: ToolSpec) -> str:
    """What a host gets, titles and annotations included; which of it it shows is its affair."""
    return tool_of(spec).model_dump_json(by_alias=True, exclude_none=True) + "\n"


def tokens(form: Callable[[ToolSpec], str]) -> dict[str, int]:
    return {spec.name: len(QWEN.encode(form(spec))) for spec in SPECS}


def test_the_whole_list_costs_a_prompt_at_most_a_thousand_tokens() -> None:
    cost = tokens(function_form)
    assert sum(cost.values()) <= LIST, cost


def test_our_own_agent_pays_less_than_half_of_it() -> None:
    cost = tokens(agents_form)
    assert sum(cost.values()) <= COMPACT, cost


def test_titles_and_annotations_at_most_double_what_a_host_reads() -> None:
    assert sum(tokens(list_form).values()) <= 2.2 * LIST


def test_every_tool_is_told_in_few_words() -> None:
    for spec in SPECS:
        assert 2 <= len(spec.description.split()) <= 20, spec.description


@pytest.mark.slow
def test_the_models_own_tokenizer_counts_the_same(model_url: str) -> None:
    for text in map(function_form, [*SPECS, sample.spec]):
        body = {"content": text, "add_special": False}
        reply = httpx.post(model_url.removesuffix("/v1") + "/tokenize", json=body, timeout=60)
        assert len(reply.json()["tokens"]) == len(QWEN.encode(text)), text
