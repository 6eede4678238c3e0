"""After each failure the model is asked differently, and in the end it is said that it failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs
from tests.agents.boxes import FIND, Shelf, agent, call
from tests.agents.library import ask, library, reader

from hades_mcp.agents.correcting import corrected, problem, taught
from hades_mcp.agents.events import RunFinished, ToolCalled, ToolReturned
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.measures import Measures
from hades_mcp.agents.repairing import SAMPLED, Ladder
from hades_mcp.agents.run import run
from hades_mcp.errors import ConfigError
from hades_mcp.messages import ToolCall, ToolSpec
from hades_mcp.models import ScriptedModel
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from hades_mcp.models import ChatRequest

pytestmark = pytest.mark.anyio
SPEC = ToolSpec(
    "walk",
    "Walks.",
    {
        "type": "object",
        "properties": {
            "start": {"type": "string"},
            "depth": {"type": "integer"},
            "direction": {"enum": ["outbound", "inbound"]},
            "edges": {"type": "array", "items": {"type": "string"}},
            "all": {"type": "boolean"},
        },
        "required": ["start"],
    },
)


async def play(model: ScriptedModel, **given: Any) -> list[Any]:
    who = given.pop("who", None) or agent(limits=Limits(steps=20))
    stream = run(who, "?", model=model, toolbox=given.pop("box", None) or Shelf(), **given)
    return [event async for event in stream]


def names_in(request: ChatRequest) -> list[str]:
    """Return what a request's schema leaves: tools by name, and `answer`."""
    if request.response_schema is None:
        return []
    choices: Any = request.response_schema.get("oneOf", [])
    return [
        one["properties"]["name"]["const"] if "name" in one["properties"] else "answer"
        for one in choices
    ]


async def test_each_rung_asks_differently_and_the_last_is_an_honest_answer():
    titles = iter("abcdefgh")

    def reply(request: ChatRequest) -> Any:
        wants = names_in(request)
        if request.response_schema is not None and not wants:
            return '{"answer": "I could not find it."}'
        if wants and "find" not in wants:
            return json.dumps({"name": "crash", "arguments": {"title": "x"}})
        return call("find", next(titles))

    who = agent(tools=("find", "crash"), limits=Limits(steps=20))
    model = ScriptedModel(reply)
    with capture_logs():
        events = await play(model, who=who, box=Shelf())
    rungs = [(names_in(request), request.temperature) for request in model.requests]
    assert rungs == [
        ([], 0.0),
        ([], 0.0),  # the error with its hint stands in the conversation now
        (["find", "answer"], 0.0),
        (["crash", "answer"], SAMPLED),
        ([], 0.0),
    ]
    assert "answer" in (model.requests[-1].response_schema or {})["properties"]  # type: ignore[operator]
    assert (events[-1].answer, events[-1].stop_reason) == ("I could not find it.", "failed")


async def test_a_call_that_goes_well_leads_back_to_the_ground():
    script: list[Any] = [
        call("find", "?"),
        call("find", "?!"),
        call("find"),
        call("find", "!"),
        "3",
    ]
    model = ScriptedModel(script)
    await play(model)
    assert [bool(names_in(request)) for request in model.requests] == [
        False,
        False,
        True,
        False,
        False,
    ]


async def test_a_server_without_schemas_is_asked_with_more_freedom():
    def reply(request: ChatRequest) -> Any:
        if request.response_schema is not None:
            raise ConfigError("response_format is not supported")
        return call("find", str(len(model.requests)))

    model = ScriptedModel(reply)
    events = await play(model)
    free = [r.temperature for r in model.requests if r.response_schema is None]
    assert free == [0.0, 0.0, 0.4, SAMPLED, 0.0]
    assert events[-1].stop_reason == "failed"
    assert isinstance(events[-1], RunFinished)


async def test_what_was_done_is_in_the_record(tmp_path):
    store = TraceStore(tmp_path / "traces.sqlite")
    script: list[Any] = ['{"name": "find", "arguments": {"ti', call("find", "?"), call("find"), "3"]
    events = await play(ScriptedModel(script), recorder=Recorder(store))
    steps = [one for one in store.get(events[-1].trace_id).steps if one.source == "agent"]
    store.close()
    assert [step.hades.get("repair") for step in steps] == [None, "held", "held", None]
    assert [bool(step.hades.get("superseded")) for step in steps] == [True, False, False, False]
    assert [bool(step.hades.get("constrained")) for step in steps] == [False, True, True, False]


async def test_without_repair_errors_are_only_told():
    model = ScriptedModel([call("find", "?"), call("find", "!"), call("find", "??"), "None."])
    events = await play(model, measures=Measures(repair=False))
    assert all(request.response_schema is None for request in model.requests)
    assert events[-1].answer == "None."


async def test_without_recovery_a_written_call_is_an_answer():
    text = '```json\n{"name": "find", "arguments": {"title": "Rivers"}}\n```'
    events = await play(ScriptedModel([text]), measures=Measures(recovery=False))
    assert events[-1].answer == text
    assert not any(isinstance(event, ToolCalled) for event in events)


async def test_without_constraint_no_schema_is_ever_sent():
    model = ScriptedModel(lambda _: call("find", "?"))
    events = await play(model, measures=Measures(constraint=False), who=agent(must_call=True))
    assert all(request.response_schema is None for request in model.requests)
    assert isinstance(events[-1], RunFinished)


async def test_a_wrong_argument_is_answered_with_the_call_that_fits(tmp_path):
    with library(tmp_path) as workspace:
        wrong = ToolCall("c1", "graph_traverse", {"strat": "Rivers", "depth": "2"})
        events = await ask(workspace, ScriptedModel([wrong, "None."]))
    (returned,) = [event for event in events if isinstance(event, ToolReturned)]
    said = json.loads(returned.result.content)
    assert "Did you mean 'start'?" in said["hint"]
    assert said["write"] == {
        "name": "graph_traverse",
        "arguments": {"start": "Rivers", "depth": 2},
    }


async def test_a_missing_argument_is_answered_with_the_signature(tmp_path):
    with library(tmp_path) as workspace:
        wrong = ToolCall("c1", "search", {"limit": 3})
        events = await ask(workspace, ScriptedModel([wrong, "None."]))
    (returned,) = [event for event in events if isinstance(event, ToolReturned)]
    assert json.loads(returned.result.content)["write"].startswith("search(text: str")


async def test_an_honest_not_found_is_left_as_it_is(tmp_path):
    with library(tmp_path) as workspace:
        missing = ToolCall("c1", "document_get", {"document": "Oceans"})
        events = await ask(workspace, ScriptedModel([missing, "None."]), who=reader())
    (returned,) = [event for event in events if isinstance(event, ToolReturned)]
    assert "write" not in json.loads(returned.result.content)


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"strat": "a"}, {"start": "a"}),
        ({"start": 3}, {"start": "3"}),
        ({"start": "a", "depth": "2"}, {"start": "a", "depth": 2}),
        ({"start": "a", "edges": "imports"}, {"start": "a", "edges": ["imports"]}),
        ({"start": "a", "direction": "inbond"}, {"start": "a", "direction": "inbound"}),
        ({"start": "a", "all": "True"}, {"start": "a", "all": True}),
        ({"start": "a", "colour": "red"}, {"start": "a"}),
        ({"depth": 2}, None),
    ],
)
def test_arguments_are_shown_as_they_would_fit(given, fits):
    assert corrected(given, SPEC) == fits


def test_a_strangers_arguments_are_checked_by_its_schema():
    assert problem({"start": "a"}, SPEC) is None
    assert "'start' is a required property" in str(problem({}, SPEC))
    assert "depth: 'x' is not of type 'integer'" in str(problem({"start": "a", "depth": "x"}, SPEC))


def test_an_error_in_words_gets_the_call_behind_it():
    words = taught("No such argument.", {"titel": "Rivers"}, FIND)
    assert words == 'No such argument. Write: {"name": "find", "arguments": {"title": "Rivers"}}'
    assert taught("No book.", {"title": "x"}, FIND) == "No book."
    assert taught("Not an object.", None, FIND).endswith("Write: find(title: str)")


def test_the_ladder_ends():
    ladder = Ladder((SPEC,), must_call=True)
    asked = []
    while (asking := ladder.asking()) is not None:
        asked.append(asking)
        ladder.failed(["wlak"])
    assert [one.repair for one in asked] == ["", "told", "held", "narrowed"]
    assert asked[2].tools == (SPEC,)
