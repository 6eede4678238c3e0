"""`hades chat`: the terminal chat."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.config import Settings


@click.command("chat")
@click.option("--agent", help="Who answers: the name of a file in agents/ [env: HADES_AGENT].")
@click.option("--model-url", help="OpenAI-compatible model server [env: HADES_MODEL_URL].")
@click.option("--model", "model_name", help="Model to ask for [env: HADES_MODEL_NAME].")
@click.pass_context
def command(ctx: click.Context, /, **flags: Any) -> None:
    """Chat with an agent in the terminal."""
    loaded = settings(ctx, **flags)
    try:
        import textual  # noqa: F401  only to see whether it is there
    except ImportError:
        hint = 'Install it: pip install "hades-mcp[tui]"'
        raise ConfigError("The terminal chat needs textual.", hint=hint) from None
    _chat(loaded)


def _chat(loaded: Settings) -> None:
    from hades_mcp.agents.definition import load_agent
    from hades_mcp.agents.run import run
    from hades_mcp.agents.toolbox import LocalToolbox
    from hades_mcp.models.registry import open_model
    from hades_mcp.tools.toolset import Toolset
    from hades_mcp.tui.app import ChatApp
    from hades_mcp.workspace import open_workspace

    agent = load_agent(loaded.home, loaded.agent)
    with open_workspace(loaded) as workspace:
        toolbox = LocalToolbox(Toolset(workspace))

        async def run_agent(question: str) -> AsyncIterator[RunEvent]:
            async with open_model(loaded) as model:
                events = run(
                    agent,
                    question,
                    model=model,
                    toolbox=toolbox,
                    recorder=workspace.recorder,
                    approve=app.approve,
                )
                async with aclosing(events):
                    async for event in events:
                        yield event

        app = ChatApp(run_agent, caption=f"HADES · {agent.name}")
        app.run()
