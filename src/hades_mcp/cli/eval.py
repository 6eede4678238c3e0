"""`hades eval`: play a suite against a model, and write how it did."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import Progress, echo_json

if TYPE_CHECKING:
    from hades_mcp.config import Settings
    from hades_mcp.training.evaluation.choosing import Asked
    from hades_mcp.training.evaluation.reporting import Report


@click.command("eval")
@click.option(
    "--suite", default="hades-bench", show_default=True, help="hades-bench, bfcl, or one's own."
)
@click.option("--model", "model_name", help="Model to ask for [env: HADES_MODEL_NAME].")
@click.option("--model-url", help="Model server [env: HADES_MODEL_URL].")
@click.option("--agent", help="Who plays: the name of a file in agents/ [env: HADES_AGENT].")
@click.option(
    "--split",
    type=click.Choice(["dev", "held-out", "all"]),
    default="dev",
    show_default=True,
    help="Part of hades-bench; held-out is for final figures, never for tuning.",
)
@click.option("--category", "categories", multiple=True, help="Only this one; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), help="Most tasks, of all categories in turn.")
@click.option("--bfcl", type=click.Path(path_type=Path), help="Wheel or folder of bfcl-eval.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    suite: str,
    split: str,
    categories: tuple[str, ...],
    limit: int | None,
    bfcl: Path | None,
    out: Path | None,
    *,
    as_json: bool,
    **flags: Any,
) -> None:
    """Play a suite against a model; the same command again goes on where it stopped.

    Every write that a task asks for is approved, on a copy of its world. The report is written as
    JSON, Markdown and HTML to --out, by default a folder in evaluations/ of the data folder.
    """
    import anyio

    from hades_mcp.training.evaluation.choosing import Asked
    from hades_mcp.training.evaluation.tasks import SPLITS

    splits = SPLITS if split == "all" else tuple(one for one in SPLITS if one == split)
    asked = Asked(suite, splits, categories, limit, bfcl)
    report, folder = anyio.run(_evaluate, settings(ctx, **flags), asked, out)
    if as_json:
        echo_json(report.json())
        return
    click.echo(report.markdown().split("\n## ")[0].rstrip())
    click.echo(f"\nReport: {folder / 'report.html'}")


async def _evaluate(loaded: Settings, asked: Asked, out: Path | None) -> tuple[Report, Path]:
    from hades_mcp.agents.definition import load_agent
    from hades_mcp.models.registry import open_model
    from hades_mcp.training.evaluation.choosing import choose_tasks, conditions
    from hades_mcp.training.evaluation.reporting import Report
    from hades_mcp.training.evaluation.running import Journal, evaluate_all

    chosen = choose_tasks(asked, loaded)
    agent = load_agent(loaded.home, loaded.agent)
    progress = Progress("playing")
    async with open_model(loaded) as model:
        made = conditions(asked, chosen, agent, model.name)
        folder = out or loaded.home / "evaluations" / _name(f"{made.suite}-{made.model}", made.id)
        journal = Journal(folder, made)
        try:
            attempts = await evaluate_all(
                chosen.ids,
                lambda name: chosen.play(name, agent, model),
                journal,
                progress=progress,
            )
        finally:
            progress.close()
    report = Report(made, tuple(attempts))
    report.write(folder)
    return report, folder


def _name(said: str, digest: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', said)}-{digest}"
