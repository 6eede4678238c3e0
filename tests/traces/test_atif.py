"""Traces go out as ATIF v1.8 and come back the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hades_mcp.errors import Conflict, InvalidArgument, NotFound
from hades_mcp.messages import Channel, ToolCall, ToolResult, Usage
from hades_mcp.traces.atif import to_atif
from hades_mcp.traces.atif_reader import from_atif
from hades_mcp.traces.export import Imported, export_lines, import_file
from hades_mcp.traces.json_text import read_json, write_json
from hades_mcp.traces.records import Header, Observation, Step, Trace
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.types import Json, JsonObject

TEXT = st.text(max_size=20)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECTS: st.SearchStrategy[JsonObject] = st.dictionaries(TEXT, VALUES, max_size=3)
USAGES = st.builds(Usage, *[st.integers(0, 9999)] * 3)


@st.composite
def agent_steps(draw: st.DrawFn) -> Step:
    malformed = draw(st.booleans())
    channel = draw(st.sampled_from(get_args(Channel)))
    raw = draw(TEXT) if malformed else ""
    call = ToolCall("c1", draw(TEXT), None if malformed else draw(OBJECTS), raw, channel)
    result = ToolResult("c1", call.name, draw(TEXT), draw(st.booleans()))
    return Step(
        "agent",
        draw(TEXT),
        calls=(call,),
        observations=(Observation(result, draw(OBJECTS.filter(lambda o: not o))),),
        usage=draw(st.none() | USAGES),
        model=draw(TEXT),
        llm_calls=draw(st.sampled_from([None, 1])),
        hades=draw(OBJECTS),
    )


def user_steps() -> st.SearchStrategy[Step]:
    return st.builds(Step, st.sampled_from(["system", "user"]), TEXT, hades=OBJECTS)


@given(st.lists(user_steps() | agent_steps(), min_size=1, max_size=4))
def test_a_trace_survives_the_way_out_and_in(steps: list[Step]) -> None:
    header = Header("a" * 32, "agent", "1", "m", session="s", started="2026-01-01T00:00:00Z")
    trace = Trace(header, "failed", tuple(steps), "2026-01-01T00:00:01Z", {"error": "x"})
    written = to_atif(trace)
    again = from_atif(read_json(write_json(written)))
    assert again == trace
    assert write_json(to_atif(again)) == write_json(written)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(user_steps() | agent_steps(), min_size=1, max_size=3))
def test_export_import_export_gives_the_same_bytes(tmp_path: Path, steps: list[Step]) -> None:
    file = tmp_path / "traces.jsonl"
    for name in ("one", "two"):
        for suffix in ("", "-wal", "-shm"):
            (tmp_path / f"{name}.sqlite{suffix}").unlink(missing_ok=True)
    first, second = TraceStore(tmp_path / "one.sqlite"), TraceStore(tmp_path / "two.sqlite")
    try:
        first.begin(Header("a" * 32, "agent", "1", started="2026-01-01T00:00:00Z"))
        for step in steps:
            first.append("a" * 32, step)
        first.finish("a" * 32, status="finished", outcome={"stop_reason": "answer"})
        exported = list(export_lines(first))
        file.write_text("\n".join(exported) + "\n", encoding="utf-8")
        assert import_file(second, file) == Imported(added=1, known=0)
        assert import_file(second, file) == Imported(added=0, known=1)
        assert list(export_lines(second)) == exported
    finally:
        first.close()
        second.close()


FOREIGN: dict[str, Any] = {
    "schema_version": "ATIF-v1.6",
    "session_id": "theirs",
    "agent": {"name": "other", "version": "3", "extra": {"temperature": 1}},
    "notes": "kept",
    "extra": {"run": 7},
    "steps": [
        {"step_id": 1, "source": "user", "message": [{"type": "text", "text": "look"}]},
        {
            "step_id": 2,
            "source": "agent",
            "message": "I see",
            "reasoning_effort": "high",
            "tool_calls": [{"tool_call_id": "c", "function_name": "f", "arguments": {"a": 1}}],
            "observation": {"results": [{"source_call_id": "c", "content": None}]},
            "metrics": {"prompt_tokens": 3, "logprobs": [-0.5]},
            "extra": {"theirs": True},
        },
    ],
}


def test_a_foreign_trajectory_keeps_what_we_have_no_field_for() -> None:
    trace = from_atif(FOREIGN)
    assert trace.steps[0].message == "look"
    assert trace.steps[1].usage == Usage(3, 0, 0)
    written: Any = to_atif(trace)
    assert written["agent"] == FOREIGN["agent"]
    assert written["notes"] == "kept"
    assert written["extra"]["run"] == 7
    assert written["steps"][0]["message"] == FOREIGN["steps"][0]["message"]
    for name in ("reasoning_effort", "metrics"):
        assert written["steps"][1][name] == FOREIGN["steps"][1][name]
    assert written["steps"][1]["extra"]["theirs"] is True
    assert from_atif(written) == trace


def broken(change: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(FOREIGN))
    match change:
        case "version":
            value["schema_version"] = "OTHER"
        case "no id":
            del value["session_id"]
        case "no steps":
            value["steps"] = []
        case "count":
            value["steps"][1]["step_id"] = 5
        case "source":
            value["steps"][0]["source"] = "robot"
        case "agent only":
            value["steps"][0]["tool_calls"] = []
        case "stray result":
            value["steps"][1]["observation"]["results"][0]["source_call_id"] = "d"
        case "arguments":
            value["steps"][1]["tool_calls"][0]["arguments"] = "{}"
        case "agent":
            value["agent"] = "me"
    return value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("version", "schema_version"),
        ("no id", "neither trajectory_id nor session_id"),
        ("no steps", "no steps"),
        ("count", "Step 2 has step_id 5"),
        ("source", "Step 1 has source 'robot'"),
        ("agent only", "Step 1 is not the agent's, yet has tool_calls"),
        ("stray result", "In step 2 a result answers 'd'"),
        ("arguments", "In step 2: expected an object, found str"),
        ("agent", "In agent: expected an object"),
    ],
)
def test_what_breaks_a_rule_of_atif_is_named(change: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        from_atif(broken(change))


def test_a_file_with_a_bad_line_adds_nothing(store: TraceStore, tmp_path: Path) -> None:
    file = tmp_path / "traces.jsonl"
    for bad in ("{oops", "[]", json.dumps(broken("count"))):
        file.write_text(f"{json.dumps(FOREIGN)}\n{bad}\n")
        with pytest.raises(InvalidArgument, match=r"traces\.jsonl, line 2"):
            import_file(store, file)
    assert store.list() == ()


def test_another_trace_with_the_same_id_is_not_overwritten(
    store: TraceStore, tmp_path: Path
) -> None:
    file = tmp_path / "traces.jsonl"
    file.write_text(json.dumps(FOREIGN))
    import_file(store, file)
    file.write_text(json.dumps(FOREIGN | {"notes": "another"}))
    with pytest.raises(Conflict, match="theirs"):
        import_file(store, file)
    assert store.get("theirs").other["notes"] == "kept"


def test_a_missing_import_file_is_a_clear_error(store: TraceStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No such file"):
        import_file(store, tmp_path / "none.jsonl")


def test_a_trace_without_a_step_is_not_exported(store: TraceStore) -> None:
    store.begin(Header("a" * 32, "agent", "1"))
    assert list(export_lines(store)) == []
