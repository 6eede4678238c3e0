"""How often a router picks the agent that a person would: by words, by meaning, by a model.

`routing/questions.jsonl` holds 96 questions, each with the agent it was written for; a third of
them, marked `held_out`, was not looked at while the router was made. The agents' own example
questions are others. Without HADES_MODEL_URL the model is left out.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from hades_mcp.agents import routing
from hades_mcp.agents.definition import AgentDefinition, load_agent
from hades_mcp.agents.examples import likeness
from hades_mcp.config import load_settings
from hades_mcp.embedders.registry import open_embedder
from hades_mcp.models.base import complete
from hades_mcp.models.registry import open_model

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent
QUESTIONS = [
    json.loads(line)
    for line in (FOLDER / "routing" / "questions.jsonl").read_text("utf-8").splitlines()
]


def measured(picks: Callable[[str], str]) -> dict[str, Any]:
    """Return how many questions went right, of those tuned on and of those held out."""
    started = time.perf_counter()
    right = {False: 0, True: 0}
    for one in QUESTIONS:
        right[one["held_out"]] += picks(one["question"]) == one["agent"]
    took = (time.perf_counter() - started) / len(QUESTIONS)
    of = {held: sum(one["held_out"] == held for one in QUESTIONS) for held in (False, True)}
    return {
        "tuned_on": f"{right[False]}/{of[False]}",
        "held_out": f"{right[True]}/{of[True]}",
        "milliseconds": round(1000 * took, 2),
    }


def nearest_word(agents: tuple[AgentDefinition, ...], question: str) -> str:
    """The rival: the agent that has the single question most alike in words."""
    owned = [(text, one.name) for one in agents for text in one.questions]
    scores = likeness([text for text, _ in owned], question)
    return owned[max(range(len(owned)), key=scores.__getitem__)][1]


async def by_model(agents: tuple[AgentDefinition, ...], url: str) -> dict[str, Any]:
    """Ask the model, one request a question."""
    answers: dict[str, str] = {}
    cached = prompt = 0
    started = time.perf_counter()
    async with open_model(load_settings(model_url=url, model_timeout=600)) as model:
        for one in QUESTIONS:
            request = routing.routing_request(agents, one["question"])
            response = await complete(model, request)
            cached += response.usage.cached_tokens
            prompt += response.usage.prompt_tokens
            answers[one["question"]] = json.loads(response.message.content)["agent"]
        took = (time.perf_counter() - started) / len(QUESTIONS)
        found = measured(answers.__getitem__) | {"milliseconds": round(1000 * took, 2)}
        return {**found, "model": model.name, "cached": round(cached / prompt, 3)}


def main() -> None:
    """Measure all ways and write the result."""
    settings = load_settings()
    agents = load_agent(settings.home, "router").agents

    def best(scores: list[float]) -> str:
        return agents[max(range(len(agents)), key=scores.__getitem__)].name

    with ExitStack() as stack:
        embedder = open_embedder(settings, stack, preload=False)
        embedder.embed(["warm"])
        found = {
            "one nearest question, words": measured(lambda text: nearest_word(agents, text)),
            "words": measured(lambda text: best(routing.nearness(agents, text, None))),
            "words and meaning": measured(
                lambda text: best(routing.nearness(agents, text, embedder))
            ),
        }
    url = os.environ.get("HADES_MODEL_URL", "")
    if url:
        found["model, constrained"] = anyio.run(by_model, agents, url)
    result = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "questions": len(QUESTIONS),
        "ways": found,
    }
    text = json.dumps(result, indent=2)
    (FOLDER / "results" / "router.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
