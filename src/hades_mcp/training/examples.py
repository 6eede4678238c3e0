"""Turns a trace into examples: one row per model turn, in TRL's `messages` and `tools`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import orjson

from hades_mcp.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hades_mcp.messages import ToolCall
    from hades_mcp.traces.records import Step, Trace
    from hades_mcp.types import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Example:
    """One turn to learn, with everything the model saw before it.

    Attributes:
        messages: The conversation; the last message, the model's turn, is what is learned.
        tools: The definitions the model was shown, in OpenAI's shape.
        trace: Id of the trace it comes from.
        session: The conversation that trace belongs to.
        step: Place of the turn in the trace, from 1.
        redacted: A secret was found here that recording had let through.
    """

    messages: tuple[JsonObject, ...]
    tools: tuple[JsonObject, ...]
    trace: str
    session: str
    step: int
    redacted: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of what is learned: two examples with one digest teach the same."""
        learned = [list(self.messages), list(self.tools)]
        return hashlib.sha256(orjson.dumps(learned, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @property
    def row(self) -> JsonObject:
        """The JSONL row.

        `tools` is a JSON string: Arrow would make all tools of a column share one set of keys and
        fill the schemas with nulls (huggingface/trl#5118).
        """
        return {
            "id": self.digest,
            "messages": list(self.messages),
            "tools": orjson.dumps(list(self.tools)).decode(),
            "trace": self.trace,
            "session": self.session,
            "step": self.step,
        }


def examples(trace: Trace) -> Iterator[Example]:
    """Yield an example for each turn of a trace that should be done again just so.

    A turn whose call failed or was no JSON stays in the history of the turns after it, where it
    teaches how to recover, but is never itself what is learned. Worked examples that the prompt
    showed are left out: what is learned is to do without. So are replies that were asked for again,
    which the model never saw, answers from memory where nothing was found, and all that came
    after a conversation was shortened. Secrets are replaced once more.
    """
    history: list[JsonObject] = []
    names = (f"call_{number}" for number in count(1))
    session = trace.header.session or trace.id
    tools = redact(list(trace.header.tools))
    for place, step in enumerate(trace.steps, start=1):
        if step.hades.get("compacted"):
            return
        if step.hades.get("example") is True or step.hades.get("superseded") is True:
            continue
        # A server's random ids would make every row unique, and teach noise.
        ids = {call.id: next(names) for call in step.calls}
        turn = _turn(step, ids)
        if is_lesson(step) and not _taken_back(step, trace):
            seen: list[JsonObject] = [*history, turn]
            clean = redact(seen)
            found = clean != seen
            yield Example(tuple(clean), tuple(tools), trace.id, session, place, found)
        history += [turn, *_answers(step, ids)]


def _taken_back(step: Step, trace: Trace) -> bool:
    """Whether a step is an answer that gave way to "nothing was found"."""
    abstained = trace.outcome.get("abstained") is True
    return abstained and not step.calls and step.message.strip() != trace.outcome.get("answer")


def is_lesson(step: Step) -> bool:
    """Tell whether a step is a model's turn worth repeating."""
    if step.source != "agent" or step.llm_calls == 0:
        return False
    answered = {seen.result.call_id for seen in step.observations if not seen.result.is_error}
    calls_are_right = all(call.arguments is not None and call.id in answered for call in step.calls)
    return calls_are_right and bool(step.calls or step.message.strip())


def _turn(step: Step, ids: Mapping[str, str]) -> JsonObject:
    # What was no JSON object is shown as the text it was.
    spoken = [step.message, *(call.raw_arguments for call in step.calls if call.arguments is None)]
    message: JsonObject = {
        "role": "assistant" if step.source == "agent" else step.source,
        "content": "\n".join(text for text in spoken if text),
    }
    if calls := [_call(call, ids) for call in step.calls if call.arguments is not None]:
        message["tool_calls"] = calls
    return message


def _call(call: ToolCall, ids: Mapping[str, str]) -> Json:
    # Arguments stay an object: a string would be encoded twice by Qwen's chat template.
    function: JsonObject = {"name": call.name, "arguments": call.arguments}
    return {"id": ids[call.id], "type": "function", "function": function}


def _answers(step: Step, ids: Mapping[str, str]) -> list[JsonObject]:
    results = (seen.result for seen in step.observations)
    return [
        {
            "role": "tool",
            "tool_call_id": ids.get(result.call_id, result.call_id),
            "name": result.name,
            "content": result.content,
        }
        for result in results
    ]
