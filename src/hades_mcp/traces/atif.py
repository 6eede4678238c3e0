"""Writes a trace as JSON: ATIF v1.8, what is ours under `extra.hades`.

Format: Agent Trajectory Interchange Format, as the models of harbor 0.25.0 define it. Its readers
forbid unknown fields, so whatever ATIF has no name for lives in an `extra`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hades_mcp.messages import ToolCall, Usage
    from hades_mcp.traces.records import Header, Observation, Step, Trace
    from hades_mcp.types import JsonObject

SCHEMA = "ATIF-v1.8"
USAGE_FIELDS = ("prompt_tokens", "completion_tokens", "cached_tokens")


def to_atif(trace: Trace) -> JsonObject:
    """Return the trace as one ATIF v1.8 trajectory."""
    root = header_to_atif(trace.header)
    agent, extra = _objects(root, "agent"), _objects(root, "extra")
    facts = _objects(extra, "hades")
    facts |= {"status": trace.status, "finished": trace.finished, "outcome": trace.outcome}
    steps: list[Any] = [
        {"step_id": place} | step_to_atif(step) for place, step in enumerate(trace.steps, 1)
    ]
    totals: JsonObject = {f"total_{name}": getattr(trace.usage, name) for name in USAGE_FIELDS}
    written: JsonObject = {
        "schema_version": root["schema_version"],
        "session_id": root["session_id"],
        "trajectory_id": root["trajectory_id"],
        "agent": agent | _objects(trace.other, "agent"),
        "steps": steps,
        "final_metrics": totals | {"total_steps": len(steps)},
        "extra": _objects(trace.other, "extra") | {"hades": facts},
    }
    return written | {
        key: value for key, value in trace.other.items() if key not in {"agent", "extra"}
    }


def header_to_atif(header: Header) -> JsonObject:
    """Return the root of a trajectory that has no steps yet."""
    agent: JsonObject = {"name": header.agent, "version": header.version}
    if header.model:
        agent["model_name"] = header.model
    if header.tools:
        agent["tool_definitions"] = list(header.tools)
    facts: JsonObject = {"kind": header.kind, "started": header.started}
    return {
        "schema_version": SCHEMA,
        "session_id": header.session or header.id,
        "trajectory_id": header.id,
        "agent": agent,
        "extra": {"hades": facts | header.hades},
    }


def step_to_atif(step: Step) -> JsonObject:
    """Return one step, without its `step_id`: that is its place in the trace."""
    results: list[Any] = [observation_to_atif(one) for one in step.observations]
    calls: list[Any] = [_call(call) for call in step.calls]
    written: JsonObject = {
        "timestamp": step.timestamp or None,
        "source": step.source,
        "message": step.message,
        "reasoning_content": step.reasoning or None,
        "model_name": step.model or None,
        "tool_calls": calls or None,
        "observation": {"results": results} if results else None,
        "metrics": None if step.usage is None else _usage(step.usage),
        "llm_call_count": step.llm_calls,
        "extra": {"hades": step.hades} if step.hades else None,
    }
    kept: JsonObject = {key: value for key, value in written.items() if value is not None}
    return kept | step.other


def observation_to_atif(observation: Observation) -> JsonObject:
    """Return what one call returned, as an ATIF observation result."""
    result = observation.result
    facts: JsonObject = {"name": result.name, "is_error": result.is_error}
    written: JsonObject = {
        "source_call_id": result.call_id,
        "content": result.content,
        "extra": {"hades": facts | observation.hades},
    }
    return written | observation.other


def _call(call: ToolCall) -> JsonObject:
    facts: JsonObject = {"channel": call.channel}
    if call.arguments is None:
        # ATIF wants an object: what the model really wrote is kept beside it.
        facts |= {"malformed": True, "raw_arguments": call.raw_arguments}
    return {
        "tool_call_id": call.id,
        "function_name": call.name,
        "arguments": call.arguments or {},
        "extra": {"hades": facts},
    }


def _usage(usage: Usage) -> JsonObject:
    return {name: getattr(usage, name) for name in USAGE_FIELDS}


def _objects(parent: JsonObject, key: str) -> JsonObject:
    found = parent.get(key)
    return dict(found) if isinstance(found, dict) else {}
