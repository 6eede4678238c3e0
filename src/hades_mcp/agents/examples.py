"""Shows a small model how questions like this one were answered: the nearest examples, as turns.

An untuned Qwen2.5-Coder 0.5B needs both halves: from the calls it learns which tool to call, from
the answers that a result is to be answered and not followed by the next call.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

from hades_mcp.messages import Message, ToolCall
from hades_mcp.prompts.chat import call_text, response_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hades_mcp.agents.definition import AgentDefinition, Example

_NAME = re.compile(r"\b\w+[./]\w[\w./]*")
_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(?:es|s|ed|ing)$")
STEM = 4
"""Words longer than this are compared without their ending."""


def nearest_examples(examples: Sequence[Example], question: str, most: int) -> list[Example]:
    """Return the examples whose wording is most like the question, the nearest last.

    The last example weighs most with a small model.
    """
    nearness = likeness([example.question for example in examples], question)
    order = sorted(range(len(examples)), key=lambda index: nearness[index])
    return [examples[index] for index in order[max(0, len(order) - most) :]]


def likeness(texts: Sequence[str], question: str) -> list[float]:
    """Return how much the wording of each text is like a question, from 0 to 1.

    Words and pairs of words count, rare ones more; dotted names and paths all count as one word,
    as what is asked about matters less than how.
    """
    features = [_features(text) for text in texts]
    spread = Counter(feature for one in features for feature in one)
    weights = {name: math.log(1 + len(features) / count) for name, count in spread.items()}
    asked = _weighted(_features(question), weights)
    return [_cosine(asked, _weighted(one, weights)) for one in features]


def example_messages(examples: Sequence[Example]) -> list[Message]:
    """Return examples as turns of the conversation.

    The calls stand as text, as the model is to write them: a call in the `tool_calls` field would
    want a result, and strict servers refuse a conversation without one.
    """
    messages: list[Message] = []
    for example in examples:
        call = call_text(ToolCall("", example.tool, dict(example.arguments)))
        messages += [Message("user", example.question), Message("assistant", call)]
        if example.answer:
            messages += [
                Message("user", response_text(example.result)),
                Message("assistant", example.answer),
            ]
    return messages


def leading_examples(messages: Sequence[Message], agent: AgentDefinition) -> int:
    """Return how many messages at the beginning are an agent's examples, as it is shown them."""
    known = example_messages(agent.examples)
    return sum(1 for _ in takewhile(known.__contains__, messages))


def handed_over(messages: Sequence[Message], opener: AgentDefinition) -> tuple[Message, ...]:
    """Return a conversation without the examples of the agent that opened it, for another one.

    Small models copy what they see: with the analyst's examples before it, the scribe writes AQL.
    """
    said = [message for message in messages if message.role != "system"]
    return tuple(said[leading_examples(said, opener) :])


def _features(text: str) -> Counter[str]:
    words = [
        _ENDING.sub("", word) if len(word) > STEM else word
        for word in _WORD.findall(_NAME.sub(" thatname ", text.lower()))
    ]
    pairs = [f"{first} {second}" for first, second in zip(["", *words], words, strict=False)]
    return Counter([*words, *pairs])


def _weighted(features: Counter[str], weights: Mapping[str, float]) -> dict[str, float]:
    return {name: n * weights[name] for name, n in features.items() if name in weights}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    dot = sum(weight * other.get(name, 0.0) for name, weight in one.items())
    length = math.sqrt(
        sum(weight**2 for weight in one.values()) * sum(weight**2 for weight in other.values())
    )
    return dot / length if length else 0.0
