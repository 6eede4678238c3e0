"""Reads ATIF trajectories, our own and foreign ones, and keeps what HADES has no field for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from hades_mcp.errors import InvalidArgument
from hades_mcp.messages import Channel, ToolCall, ToolResult, Usage
from hades_mcp.traces.atif import USAGE_FIELDS
from hades_mcp.traces.records import Header, Observation, Source, Status, Step, Trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hades_mcp.types import JsonObject

_AGENT_ONLY = ("model_name", "reasoning_effort", "reasoning_content", "tool_calls", "metrics")
_STEP_READ = frozenset(
    {
        *("step_id", "timestamp", "source", "message", "reasoning_content", "model_name"),
        *("tool_calls", "observation", "metrics", "llm_call_count", "extra"),
    }
)
_ROOT_READ = frozenset(
    {
        *("schema_version", "session_id", "trajectory_id", "agent", "steps"),
        *("final_metrics", "extra"),
    }
)
_AGENT_READ = frozenset({"name", "version", "model_name", "tool_definitions"})


def from_atif(value: Any) -> Trace:
    """Read a trajectory of ATIF v1.0 to v1.8, from HADES or from elsewhere.

    Raises:
        InvalidArgument: It breaks a rule of ATIF; the message says which and where.
    """
    root = _object(value, "the trajectory")
    if not str(root.get("schema_version", "")).startswith("ATIF-v1."):
        raise InvalidArgument("This is no ATIF v1 trajectory: schema_version says otherwise.")
    if not (root.get("trajectory_id") or root.get("session_id")):
        raise InvalidArgument("The trajectory has neither trajectory_id nor session_id.")
    raw_steps = _array(root.get("steps"), "steps")
    if not raw_steps:
        raise InvalidArgument("The trajectory has no steps.")
    return assemble(root, raw_steps)


def assemble(root: JsonObject, raw_steps: Sequence[Any], status: Status | None = None) -> Trace:
    """Put a trace together from a trajectory's root and its steps.

    Args:
        root: The trajectory, without regard to its own `steps`.
        raw_steps: ATIF steps in order, `step_id` optional.
        status: How the run stands; by default what the root says.

    Raises:
        InvalidArgument: A step breaks a rule of ATIF.
    """
    agent = _object(root.get("agent"), "agent")
    facts, foreign = _facts(root)
    shown = facts.pop("status", "finished")
    outcome = facts.pop("outcome", None)
    finished = str(facts.pop("finished", ""))
    other: JsonObject = {key: item for key, item in root.items() if key not in _ROOT_READ}
    other |= {"extra": foreign} if foreign else {}
    rest: JsonObject = {key: item for key, item in agent.items() if key not in _AGENT_READ}
    other |= {"agent": rest} if rest else {}
    return Trace(
        header=_header(root, agent, facts),
        status=status or (shown if shown in get_args(Status) else "finished"),
        steps=tuple(step_from_atif(step, place) for place, step in enumerate(raw_steps, 1)),
        finished=finished,
        outcome=outcome if isinstance(outcome, dict) else {},
        other=other,
    )


def step_from_atif(value: Any, place: int) -> Step:
    """Read one step; `place` is its 1-based place, for messages and to check `step_id`.

    Raises:
        InvalidArgument: The step breaks a rule of ATIF.
    """
    step = _object(value, f"step {place}")
    _check(step, place)
    where = f"step {place}"
    calls = tuple(_read_call(call, where) for call in _array(step.get("tool_calls"), where))
    facts, foreign = _facts(step)
    metrics = step.get("metrics")
    other: JsonObject = {key: item for key, item in step.items() if key not in _STEP_READ}
    if foreign:
        other["extra"] = step["extra"]
    if not isinstance(step["message"], str):
        other["message"] = step["message"]
    if isinstance(metrics, dict) and set(metrics) - set(USAGE_FIELDS):
        other["metrics"] = metrics
    return Step(
        source=step["source"],
        message=_text(step["message"]),
        timestamp=str(step.get("timestamp") or ""),
        calls=calls,
        observations=_read_observations(step, calls, where),
        reasoning=str(step.get("reasoning_content") or ""),
        model=str(step.get("model_name") or ""),
        usage=_usage(metrics) if isinstance(metrics, dict) else None,
        llm_calls=step.get("llm_call_count"),
        hades=facts,
        other=other,
    )


def with_results(step: JsonObject, results: Sequence[JsonObject]) -> JsonObject:
    """Return an ATIF step with more observation results, as they were appended to the store."""
    observation = step.get("observation")
    before = observation.get("results") if isinstance(observation, dict) else None
    merged: list[Any] = [*(before if isinstance(before, list) else ()), *results]
    return step | {"observation": {"results": merged}}


def _header(root: JsonObject, agent: JsonObject, facts: JsonObject) -> Header:
    identity = str(root.get("trajectory_id") or root.get("session_id"))
    header = Header(
        id=identity,
        agent=str(agent.get("name", "")),
        version=str(agent.get("version", "")),
        model=str(agent.get("model_name") or ""),
        tools=tuple(
            _object(one, "agent") for one in _array(agent.get("tool_definitions"), "agent")
        ),
        session=str(root.get("session_id") or identity),
        started=str(facts.pop("started", "")),
        kind="calls" if facts.pop("kind", "run") == "calls" else "run",
    )
    return replace(header, hades=facts)


def _check(step: dict[str, Any], place: int) -> None:
    if step.get("step_id", place) != place:
        raise InvalidArgument(f"Step {place} has step_id {step['step_id']!r}; they count from 1.")
    if step.get("source") not in get_args(Source):
        raise InvalidArgument(f"Step {place} has source {step.get('source')!r}.")
    if "message" not in step:
        raise InvalidArgument(f"Step {place} has no message.")
    for name in _AGENT_ONLY:
        if step["source"] != "agent" and step.get(name) is not None:
            raise InvalidArgument(f"Step {place} is not the agent's, yet has {name}.")


def _read_call(value: Any, where: str) -> ToolCall:
    call = _object(value, where)
    facts, _ = _facts(call)
    channel: Any = facts.get("channel")
    malformed = facts.get("malformed") is True
    return ToolCall(
        id=str(call.get("tool_call_id", "")),
        name=str(call.get("function_name", "")),
        arguments=None if malformed else _object(call.get("arguments", {}), where),
        raw_arguments=str(facts.get("raw_arguments", "")),
        channel=channel if channel in get_args(Channel) else "native",
    )


def _read_observations(
    step: Mapping[str, Any], calls: tuple[ToolCall, ...], where: str
) -> tuple[Observation, ...]:
    if step.get("observation") is None:
        return ()
    names = {call.id: call.name for call in calls}
    observation = _object(step["observation"], where)
    found = [_object(one, where) for one in _array(observation.get("results"), where)]
    for one in found:
        identity = one.get("source_call_id")
        if identity is not None and identity not in names:
            raise InvalidArgument(
                f"In {where} a result answers {identity!r}, no call of that step."
            )
    return tuple(_read_observation(one, names) for one in found)


def _read_observation(value: JsonObject, names: Mapping[str, str]) -> Observation:
    facts, foreign = _facts(value)
    identity, content = value.get("source_call_id"), value.get("content")
    read = {"source_call_id", "content", "extra"}
    other: JsonObject = {key: item for key, item in value.items() if key not in read}
    if foreign:
        other["extra"] = value["extra"]
    if not isinstance(content, str):
        other["content"] = content
    if identity is None:
        other["source_call_id"] = None
    result = ToolResult(
        call_id=str(identity or ""),
        name=str(facts.pop("name", names.get(str(identity), ""))),
        content=_text(content),
        is_error=facts.pop("is_error", False) is True,
    )
    return Observation(result, facts, other)


def _facts(value: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    extra = value.get("extra")
    if not isinstance(extra, dict):
        return {}, {}
    ours = extra.get("hades")
    return (
        dict(ours) if isinstance(ours, dict) else {},
        {key: item for key, item in extra.items() if key != "hades"},
    )


def _usage(metrics: Mapping[str, Any]) -> Usage:
    return Usage(*(metrics.get(name) or 0 for name in USAGE_FIELDS))


def _text(content: Any) -> str:
    """Return the text of a message, which may be a list of parts."""
    if isinstance(content, list):
        return "\n".join(str(part["text"]) for part in content if _is_text(part))
    return content if isinstance(content, str) else ""


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidArgument(f"In {where}: expected an object, found {type(value).__name__}.")
    return value


def _array(value: Any, where: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise InvalidArgument(f"In {where}: expected an array, found {type(value).__name__}.")
    return value or []
