"""Turns what a person asks to be evaluated into tasks with ids, and a way to play each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp import __version__
from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.models.registry import look_at_servers, served_models
from hades_mcp.prompts.chat import template_hash
from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.tools.contract import contract_hash
from hades_mcp.training.evaluation.bfcl import BFCL, CATEGORIES, load_bfcl
from hades_mcp.training.evaluation.playing import BFCL_PROMPT, play_case, play_entry, play_task
from hades_mcp.training.evaluation.running import Conditions
from hades_mcp.training.evaluation.runtimes import OURS, code_hash
from hades_mcp.training.evaluation.tasks import HADES_BENCH, choose, in_turn, load_bench
from hades_mcp.training.evaluation.worlds import Worlds
from hades_mcp.training.suites import load_suite, suites

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.config import Settings
    from hades_mcp.models.base import ChatModel
    from hades_mcp.training.evaluation.playing import Attempt
    from hades_mcp.training.evaluation.runtimes import Runtime
    from hades_mcp.training.evaluation.tasks import Split


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be evaluated.

    Args:
        suite: hades-bench, bfcl, or the name of a file in `training/suites/`.
        splits: Parts of HADES-Bench.
        categories: Only these; none named: all.
        limit: Most tasks; None: all.
        bfcl: Where BFCL's data is; None: the installed package.
        runtime: Who leads the model.
    """

    suite: str = HADES_BENCH
    splits: tuple[Split, ...] = ("dev",)
    categories: tuple[str, ...] = ()
    limit: int | None = None
    bfcl: Path | None = None
    runtime: Runtime = OURS


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tasks' ids in their order, the digest of what they were read from, and how to play."""

    ids: tuple[str, ...]
    digest: str
    play: Callable[[str, AgentDefinition, ChatModel], Awaitable[Attempt]]


def choose_tasks(asked: Asked, settings: Settings) -> Chosen:
    """Return what is to be played.

    Raises:
        UnknownName: There is no such suite or category.
        ConfigError: The suite is broken, or BFCL's data is not there.
        InvalidArgument: Nothing is left to be played.
    """
    if asked.suite == HADES_BENCH:
        chosen = _bench(asked, settings)
    elif asked.suite == BFCL:
        chosen = _bfcl(asked)
    else:
        chosen = _suite(asked, settings)
    if not chosen.ids:
        raise InvalidArgument("No task is left.", hint="Ask for more categories, or no limit.")
    return chosen


def conditions(
    asked: Asked, chosen: Chosen, agent: AgentDefinition, model: str, template: str = ""
) -> Conditions:
    """Return what an evaluation is made under.

    Args:
        asked: What is evaluated.
        chosen: Its tasks.
        agent: Who plays.
        model: What the server calls the model.
        template: Of the chat template, as `said_template` returns it.
    """
    made_of = {
        **asked.runtime.row,
        "template": template or "not told",
        "hades": __version__,
        "code": code_hash(),
    }
    name = agent.name
    if asked.suite == BFCL:  # its functions are not ours, and neither is the prompt
        name = BFCL
        made_of["prompt"] = _digest(BFCL_PROMPT)
    else:
        made_of["contract"] = contract_hash([tool.spec for tool in BUILT_IN])
        made_of["agent_digest"] = _digest(repr(agent))
    return Conditions(asked.suite, chosen.digest, model, name, made_of)


async def said_template(settings: Settings, model: str) -> str:
    """Return which chat template the server uses, by its hash, and whether it is ours; or "".

    Only llama-server tells.
    """
    if settings.model_driver == "transformers":
        return ""
    for served in await served_models(settings):
        if served.name == model and served.template:
            ours = served.template == template_hash(settings.home)
            return f"{'ours' if ours else 'not ours'} {served.template}"
    return ""


async def answering(settings: Settings) -> bool:
    """Tell whether a model server is there and ready."""
    if settings.model_driver == "transformers":
        return False
    return any(server.state == "ready" for server in await look_at_servers(settings))


def _bench(asked: Asked, settings: Settings) -> Chosen:
    bench = load_bench(settings.home, asked.splits)
    tasks = {task.id: task for task in choose(bench, asked.categories, asked.limit)}
    worlds = Worlds(settings)
    return Chosen(
        tuple(tasks),
        bench.digest,
        lambda name, agent, model: play_task(tasks[name], agent, model, worlds, asked.runtime),
    )


def _bfcl(asked: Asked) -> Chosen:
    for name in asked.categories:
        if name not in CATEGORIES:
            raise UnknownName("category", name, CATEGORIES)
    found = load_bfcl(asked.bfcl, asked.categories or CATEGORIES)
    entries = {entry.id: entry for entry in in_turn(found, asked.limit)}
    return Chosen(
        tuple(entries),
        _digest(repr(found)),
        lambda name, _, model: play_entry(entries[name], model, asked.runtime),
    )


def _suite(asked: Asked, settings: Settings) -> Chosen:
    known = suites(settings.home)
    if asked.suite not in known:
        raise UnknownName("suite", asked.suite, [HADES_BENCH, BFCL, *known])
    suite = load_suite(settings.home, asked.suite)
    for name in asked.categories:
        raise UnknownName("category", name, [])
    cases = {case.id: case for case in suite.cases[: asked.limit]}
    worlds = Worlds(settings)
    return Chosen(
        tuple(cases),
        suite.digest,
        lambda name, agent, model: play_case(
            cases[name], suite.name, agent, model, worlds, asked.runtime
        ),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
