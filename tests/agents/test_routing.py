"""A router passes a question to the agent it suits, with one model request at most."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.agents.boxes import Shelf, agent, call

from hades_mcp.agents.definition import load_agent
from hades_mcp.agents.events import RunStarted
from hades_mcp.agents.routing import pick, routing_request
from hades_mcp.agents.run import run
from hades_mcp.config import load_settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.embedders.registry import open_embedder
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.models.registry import open_model
from hades_mcp.models.scripted import ScriptedModel

pytestmark = pytest.mark.anyio
QUESTIONS = Path(__file__).parents[2] / "benchmarks" / "routing" / "questions.jsonl"
BAKER = agent(name="baker", questions=("How is bread baked?", "When is the oven hot?"))
GUARD = agent(name="guard", questions=("Who has the key?", "Is the gate closed?"))


def router(how: str = "nearest", *agents):
    return agent(
        name="router", tools=(), router=how, agents=agents or (BAKER, GUARD), must_call=True
    )


async def test_the_shipped_router_passes_most_questions_to_the_agent_they_are_for(tmp_path):
    shipped = load_agent(tmp_path, "router")
    assert {one.name for one in shipped.agents} == {"analyst", "librarian", "scribe"}
    asked = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    known = {text for one in shipped.agents for text in one.questions}
    assert not known & {one["question"] for one in asked}, "an example is no test"
    picked = [await pick(shipped, one["question"]) for one in asked]
    right = sum(one.name == want["agent"] for one, want in zip(picked, asked, strict=True))
    assert right / len(asked) >= 0.75


async def test_the_nearest_question_decides_and_the_agent_knows_who_picked_it():
    picked = await pick(router(), "Is the bread baked?")
    assert (picked.name, picked.routed_by) == ("baker", "router")
    assert (await pick(router(), "Who has the gate key?")).name == "guard"


async def test_who_must_call_need_not_where_the_router_was_told_so():
    eager = router("nearest", replace(BAKER, must_call=True))
    assert (await pick(eager, "Bread?")).must_call
    assert not (await pick(replace(eager, must_call=False), "Bread?")).must_call


async def test_an_agent_that_is_no_router_is_itself():
    assert await pick(BAKER, "Who has the key?") is BAKER


async def test_a_router_without_anybody_says_so():
    lonely = agent(name="router", router="nearest", agents=())
    with pytest.raises(ConfigError, match="nobody to pass questions to"):
        await pick(lonely, "Anybody?")


async def test_the_model_picks_in_one_request_whose_beginning_never_changes():
    model = ScriptedModel(['{"agent": "guard"}', '{"agent": "baker"}'])
    how = router("model")
    assert (await pick(how, "Is the bread baked?", model=model)).name == "guard"
    assert (await pick(how, "Is the gate closed?", model=model)).name == "baker"
    first, second = model.requests
    assert first.messages[:-1] == second.messages[:-1]
    assert first.response_schema == second.response_schema
    assert '"enum": ["baker", "guard"]' in json.dumps(first.response_schema)


async def test_a_router_that_is_run_runs_whom_it_picks():
    baker = replace(BAKER, tools=("find",), instructions="You bake.")
    model = ScriptedModel([call("find"), "Three."])
    stream = run(
        router("nearest", baker, GUARD), "Is the bread baked?", model=model, toolbox=Shelf()
    )
    events = [event async for event in stream]
    assert isinstance(events[0], RunStarted)
    assert events[0].agent == "baker"
    assert model.requests[0].messages[0].content == "You bake."


@pytest.mark.parametrize("said", ["I think the guard.", '{"agent": "nobody"}', "[]", ""])
async def test_a_model_that_names_nobody_leaves_it_to_the_nearest(said):
    picked = await pick(router("model"), "Is the bread baked?", model=ScriptedModel([said]))
    assert picked.name == "baker"


async def test_without_a_model_or_an_embedder_words_decide():
    assert (await pick(router("model"), "Is the bread baked?")).name == "baker"

    class Broken(HashEmbedder):
        def embed(self, texts, *, progress=None):
            raise Unavailable("The embedder is not there.")

    assert (await pick(router(), "Is the bread baked?", embedder=Broken())).name == "baker"


def test_the_request_fits_a_small_window(tmp_path):
    request = routing_request(load_agent(tmp_path, "router").agents, "How many?")
    assert sum(len(message.content) for message in request.messages) < 2000


@pytest.mark.slow
async def test_the_packaged_embedder_picks_nearly_always_right(tmp_path):
    from contextlib import ExitStack

    shipped = load_agent(tmp_path, "router")
    asked = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    with ExitStack() as stack:
        embedder = open_embedder(load_settings(home=tmp_path), stack, preload=False)
        picked = [await pick(shipped, one["question"], embedder=embedder) for one in asked]
    right = sum(one.name == want["agent"] for one, want in zip(picked, asked, strict=True))
    assert right / len(asked) >= 0.85


@pytest.mark.slow
async def test_the_real_model_names_one_of_the_agents(tmp_path, model_url):
    shipped = load_agent(tmp_path, "router").agents
    async with open_model(load_settings(model_url=model_url, model_timeout=600)) as model:
        how = router("model", *shipped)
        picked = await pick(how, "How many classes are stored?", model=model)
    assert picked.name in {"analyst", "librarian", "scribe"}
