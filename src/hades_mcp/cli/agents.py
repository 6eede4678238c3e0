"""`hades agents`: who there is, what each may do, and where its file lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.config import Settings
    from hades_mcp.messages import ToolSpec


@click.group("agents")
def command() -> None:
    """List agents, and show what each may do."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON agent a line.")
@click.pass_context
def list_agents(ctx: click.Context, *, as_json: bool) -> int:
    """List all agents, shipped and yours (HADES_HOME/agents); exit code 1 if one is broken."""
    from hades_mcp import assets
    from hades_mcp.agents.definition import agent_names, load_agent
    from hades_mcp.errors import HadesError

    loaded = settings(ctx)
    broken = False
    for name in agent_names(loaded.home):
        file = str(assets.find(loaded.home, "agents", f"{name}.toml"))
        shown: dict[str, Any] = {"name": name, "file": file, "default": name == loaded.agent}
        try:
            shown["description"] = load_agent(loaded.home, name).description
        except HadesError as error:
            broken = True
            shown["broken"] = str(error)
        if as_json:
            echo_json(shown)
            continue
        default = " (default)" if shown["default"] else ""
        said = shown.get("description") or f"broken: {shown['broken']}"
        click.echo(f"{name}{default}: {said}\n  {file}")
    return 1 if broken else 0


@command.command("show")
@click.argument("name")
@click.option("--connect", is_flag=True, help="Ask its MCP servers for their tools too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def show(ctx: click.Context, name: str, *, connect: bool, as_json: bool) -> None:
    """Show what agent NAME is for, its tools with the rule for each, its agents and servers."""
    loaded = settings(ctx)
    shown = _described(loaded, name, connect=connect)
    if as_json:
        echo_json(shown)
        return
    click.echo(f"{name}: {shown['description']}\n  file     {shown['file']}")
    if shown["router"]:
        click.echo(f"  router   picks by: {shown['router']}")
    for tool, about in shown["tools"].items():
        click.echo(f"  tool     {tool}: {about['does']}, {about['rule']}")
    for other, description in shown["agents"].items():
        click.echo(f"  agent    {other}: {description}")
    for server, about in shown["mcp"].items():
        trouble = f"; {about['trouble']}" if about["trouble"] else ""
        click.echo(f"  server   {server}: {about['place']}{trouble}")
    limits = ", ".join(f"{key} {value:g}" for key, value in shown["limits"].items())
    click.echo(f"  limits   {limits}")


def _described(loaded: Settings, name: str, *, connect: bool) -> dict[str, Any]:
    from dataclasses import asdict, replace

    import anyio

    from hades_mcp import assets
    from hades_mcp.agents.definition import choose_tools, load_agent, with_servers
    from hades_mcp.agents.servers import read_servers
    from hades_mcp.tools.catalog import load_tools

    servers = read_servers(loaded.mcp, "The settings")
    agent = with_servers(load_agent(loaded.home, name), servers)
    offered = [tool.spec for tool in load_tools(loaded.home).tools]
    troubles: Mapping[str, str] = {}
    if connect and agent.servers:
        # its own servers alone: those of agents it calls are theirs to show
        offered, troubles = anyio.run(_asked, replace(agent, agents=()), offered)
    specs = choose_tools(agent, offered)
    return {
        "name": name,
        "description": agent.description,
        "file": str(assets.find(loaded.home, "agents", f"{name}.toml")),
        "router": agent.router or "",
        "tools": {spec.name: _rule(agent, spec) for spec in specs},
        "agents": {one.name: one.description for one in agent.agents},
        "mcp": {
            one.name: {"place": one.place, "trouble": troubles.get(one.name, "")}
            for one in agent.servers
        },
        "limits": asdict(agent.limits),
    }


async def _asked(
    agent: AgentDefinition, offered: list[ToolSpec]
) -> tuple[list[ToolSpec], Mapping[str, str]]:
    """Return the tools of this process with those of an agent's servers, and which are down."""
    from hades_mcp.agents.combining import CombinedToolbox, open_toolbox
    from hades_mcp.agents.toolbox import FixedToolbox

    async with open_toolbox(FixedToolbox(offered), agent, tokens=1) as box:
        specs = list(await box.specs())
        return specs, box.troubles() if isinstance(box, CombinedToolbox) else {}


def _rule(agent: AgentDefinition, spec: ToolSpec) -> Mapping[str, str]:
    hints = spec.annotations
    writes = "deletes or overwrites" if hints.destructive else "writes"
    does = "reads" if hints.read_only else writes
    return {"does": does, "rule": agent.approval.rule(spec)}
