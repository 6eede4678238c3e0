"""Picks the agent that a question suits: by the questions agents list, or by one model request.

Measured in `benchmarks/bench_router.py`: the nearest questions, by words and by meaning together,
pick better than the untuned 0.5B, and cost no request.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

import anyio.to_thread

from hades_mcp.agents.examples import likeness
from hades_mcp.errors import ConfigError, HadesError
from hades_mcp.logging import get_logger
from hades_mcp.messages import Message
from hades_mcp.models.base import ChatRequest, complete

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.embedders.base import Embedder, Vectors
    from hades_mcp.models.base import ChatModel

NEAREST = 5
"""How many of an agent's questions speak for it: the mean likeness of those most like this one."""

SHOWN = 4
"""How many of each agent's questions the model is shown, answered with its name."""

LONGEST_NAME = 48
"""Most tokens of a reply that names an agent."""

INTRODUCED = "You pass each question to the agent it suits."

_KNOWN: dict[tuple[str, tuple[str, ...]], Vectors] = {}

_log = get_logger("agents")


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Whose questions are compared, in the agents' order."""

    texts: tuple[str, ...]
    owners: tuple[int, ...]


async def pick(
    router: AgentDefinition,
    question: str,
    *,
    model: ChatModel | None = None,
    embedder: Embedder | None = None,
) -> AgentDefinition:
    """Return the agent of a router that a question suits; an agent that is no router is itself.

    Args:
        router: Whose agents to pick from.
        question: What is asked.
        model: Who picks, if the router says "model"; without, or if it fails, the nearest is taken.
        embedder: Compares by meaning; without, or if it fails, words alone decide.

    Raises:
        ConfigError: The router has nobody to pick from.
    """
    if router.router is None:
        return router
    agents = router.agents
    if not agents:
        raise ConfigError(
            f"Agent {router.name} has nobody to pass questions to.",
            hint="Give an agent `questions`, or name it in `agents`.",
        )
    picked: AgentDefinition | None = None
    match router.router:
        case "model":
            picked = await _asked(agents, question, model) if model is not None else None
        case "nearest":
            pass
        case _:
            assert_never(router.router)
    if picked is None:
        scores = await anyio.to_thread.run_sync(nearness, agents, question, embedder)
        picked = agents[max(range(len(agents)), key=scores.__getitem__)]
    must_call = picked.must_call and router.must_call
    return replace(picked, routed_by=router.name, must_call=must_call)


def nearness(
    agents: Sequence[AgentDefinition], question: str, embedder: Embedder | None
) -> list[float]:
    """Return how much a question is like what each agent is for, by words and by meaning.

    Args:
        agents: With their example questions.
        question: What is asked.
        embedder: None, or one that fails, leaves the words.
    """
    candidates = _Candidates(
        tuple(text for agent in agents for text in agent.questions),
        tuple(index for index, agent in enumerate(agents) for _ in agent.questions),
    )
    likenesses = likeness(candidates.texts, question)
    if embedder is not None and candidates.texts:
        try:
            known = _embedded(embedder, candidates.texts)
            meant = known @ embedder.embed([question])[0]
        except HadesError as error:
            _log.warning("routed_by_words_alone", reason=str(error))
        else:
            likenesses = [one + float(two) for one, two in zip(likenesses, meant, strict=True)]
    return [_mean_of_best(likenesses, candidates.owners, index) for index in range(len(agents))]


def _embedded(embedder: Embedder, texts: tuple[str, ...]) -> Vectors:
    """Return the vectors of the agents' questions, made once for as long as they stay the same."""
    key = embedder.model_id, texts
    known = _KNOWN.get(key)
    if known is None:
        known = embedder.embed(texts)
        _KNOWN.clear()
        _KNOWN[key] = known
    return known


def _mean_of_best(likenesses: Sequence[float], owners: Sequence[int], agent: int) -> float:
    mine = (one for one, owner in zip(likenesses, owners, strict=True) if owner == agent)
    best = sorted(mine, reverse=True)[:NEAREST]
    return sum(best) / len(best) if best else -1.0


def routing_request(agents: Sequence[AgentDefinition], question: str) -> ChatRequest:
    """Return the one request of a router: all but its last message stays the same, and is cached.

    Args:
        agents: The only names a reply may hold.
        question: What is asked.
    """
    lines = "\n".join(f"- {one.name}: {one.description}" for one in agents)
    messages = [Message("system", f"{INTRODUCED}\n\n{lines}")]
    # As turns, one of each agent after the other: told as a list, the 0.5B guesses.
    for number in range(SHOWN):
        for one in agents:
            if number < len(one.questions):
                named = json.dumps({"agent": one.name})
                messages += [Message("user", one.questions[number]), Message("assistant", named)]
    return ChatRequest(
        (*messages, Message("user", question)),
        max_tokens=LONGEST_NAME,
        response_schema={
            "type": "object",
            "properties": {"agent": {"enum": [one.name for one in agents]}},
            "required": ["agent"],
            "additionalProperties": False,
        },
    )


async def _asked(
    agents: Sequence[AgentDefinition], question: str, model: ChatModel
) -> AgentDefinition | None:
    try:
        response = await complete(model, routing_request(agents, question))
        said = json.loads(response.message.content)
    except (ConfigError, ValueError) as error:  # a server without schemas, or one that ignores them
        _log.info("routed_without_the_model", reason=str(error))
        return None
    name = said.get("agent") if isinstance(said, dict) else None
    return next((one for one in agents if one.name == name), None)
