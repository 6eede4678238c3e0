"""An example is one turn of a model with everything it saw before it."""

from dataclasses import replace

import orjson

from hades_mcp.messages import ToolCall, ToolResult
from hades_mcp.traces.records import Observation, Step
from hades_mcp.training.examples import examples


def call_step(call: ToolCall, content: str, *, is_error: bool = False) -> Step:
    result = ToolResult(call.id, call.name, content, is_error)
    return Step("agent", "", calls=(call,), observations=(Observation(result),), llm_calls=1)


ASK = (Step("system", "You are a librarian."), Step("user", "Where?"))
GOOD = call_step(ToolCall("x", "search", {"text": "where"}), '{"hits": [1]}')
FAILED = call_step(ToolCall("w", "search", {"txt": "where"}), "Did you mean 'text'?", is_error=True)
GARBLED = call_step(ToolCall("v", "search", None, '{"text": whe'), "No JSON.", is_error=True)
ANSWER = Step("agent", "Here.", llm_calls=1)


def test_each_turn_of_the_model_is_one_row_that_ends_with_that_turn(run):
    first, second = examples(run(1))
    assert [message["role"] for message in first.messages] == ["system", "user", "assistant"]
    assert [message["role"] for message in second.messages][2:] == [
        "assistant",
        "tool",
        "assistant",
    ]
    assert second.messages[:3] == first.messages
    assert (first.step, second.step) == (3, 4)
    assert second.messages[-1] == {"role": "assistant", "content": "It is 1."}


def test_a_call_keeps_its_arguments_as_an_object_and_loses_its_random_id(run):
    _, example = examples(run(1, steps=(*ASK, GOOD, ANSWER)))
    assert example.messages[2]["tool_calls"] == [
        {
            "id": "call_1",
            "type": "function",
            "function": {"name": "search", "arguments": {"text": "where"}},
        }
    ]
    assert example.messages[3] == {
        "role": "tool",
        "tool_call_id": "call_1",
        "name": "search",
        "content": '{"hits": [1]}',
    }


def test_a_failed_turn_is_history_but_never_a_lesson(run):
    rows = list(examples(run(1, steps=(*ASK, FAILED, GOOD, ANSWER))))
    assert [row.step for row in rows] == [4, 5]
    assert rows[0].messages[3]["content"] == "Did you mean 'text'?"


def test_a_turn_that_was_no_json_is_shown_as_the_text_it_was(run):
    rows = list(examples(run(1, steps=(*ASK, GARBLED, ANSWER))))
    assert [row.step for row in rows] == [4]
    assert rows[0].messages[2] == {"role": "assistant", "content": '{"text": whe'}


def test_worked_examples_of_the_prompt_are_left_out(run):
    shown = Step("system", "user: And where is that?", hades={"example": True})
    (row,) = examples(run(1, steps=(ASK[0], shown, ASK[1], ANSWER)))
    assert [message["role"] for message in row.messages] == ["system", "user", "assistant"]
    assert row.step == 4


def test_a_reply_that_was_asked_for_again_was_never_seen(run):
    broken = Step("agent", '{"name": "sea', llm_calls=1, hades={"superseded": True})
    (first, _) = examples(run(1, steps=(*ASK, broken, GOOD, ANSWER)))
    assert [message["role"] for message in first.messages] == ["system", "user", "assistant"]
    assert "tool_calls" in first.messages[-1]


def test_what_came_after_a_conversation_was_shortened_is_left_out(run):
    cut = Step("system", "What was said before, in short:", hades={"compacted": 4})
    assert len(list(examples(run(1, steps=(*ASK, GOOD, cut, GOOD, ANSWER))))) == 1


def test_an_answer_from_memory_that_was_taken_back_is_no_lesson(run):
    trace = run(1, steps=(*ASK, GOOD, ANSWER))
    nothing = {"abstained": True, "answer": "Nothing stored answers this."}
    assert len(list(examples(replace(trace, outcome=nothing)))) == 1
    kept = {"abstained": True, "answer": "Here."}
    assert len(list(examples(replace(trace, outcome=kept)))) == 2


def test_a_call_nobody_answered_is_no_lesson(run):
    cut = Step("agent", "", calls=(ToolCall("x", "search", {}),), llm_calls=1)
    assert not list(examples(run(1, steps=(*ASK, cut))))


def test_what_no_model_said_is_no_lesson(run):
    dispatched = Step("agent", "Stopped: too many steps.", llm_calls=0)
    silent = Step("agent", " ", llm_calls=1)
    assert not list(examples(run(1, steps=(*ASK, dispatched, silent))))


def test_two_runs_that_teach_the_same_have_one_digest(run):
    one, other = (list(examples(run(n, question="Same?", session="s"))) for n in (1, 2))
    assert one[0].digest == other[0].digest
    assert one[1].digest != other[1].digest  # the answers differ


def test_a_secret_that_recording_let_through_is_replaced_and_counted(run):
    leak = Step("user", "My key is sk-abcdefghijklmnop1234, where is it?")
    (row,) = examples(run(1, steps=(leak, ANSWER)))
    assert b"sk-abcdef" not in orjson.dumps(row.row)
    assert row.redacted
    assert not any(row.redacted for row in examples(run(1)))


def test_the_tools_of_a_row_are_a_json_string(run):
    row = next(examples(run(1))).row
    assert isinstance(row["tools"], str)
    assert orjson.loads(row["tools"])[0]["function"]["name"] == "search"
