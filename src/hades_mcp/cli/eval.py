"""`hades eval`: play a suite against a model, write how it did, and compare such reports."""

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
    from hades_mcp.training.evaluation.runtimes import Loop


@click.group("eval", invoke_without_command=True)
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
@click.option(
    "--runtime",
    "loop",
    type=click.Choice(["hades", "plain"]),
    default="hades",
    show_default=True,
    help="plain: a simple loop, native calls only, to compare with.",
)
@click.option(
    "--measures",
    default="all",
    show_default=True,
    help="What HADES does for the model: all, none, names,with,commas, or no-NAME for all but it.",
)
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
    loop: Loop,
    measures: str,
    as_json: bool,
    **flags: Any,
) -> None:
    """Play a suite against a model; the same command again goes on where it stopped.

    Every write that a task asks for is approved, on a copy of its world. The report is written as
    JSON, Markdown and HTML to --out, by default a folder in evaluations/ of the data folder.
    """
    import anyio

    from hades_mcp.training.evaluation.choosing import Asked
    from hades_mcp.training.evaluation.runtimes import read_runtime
    from hades_mcp.training.evaluation.tasks import SPLITS

    if ctx.invoked_subcommand:
        return
    splits = SPLITS if split == "all" else tuple(one for one in SPLITS if one == split)
    runtime = read_runtime(loop, measures)
    asked = Asked(suite, splits, categories, limit, bfcl, runtime)
    report, folder = anyio.run(_evaluate, settings(ctx, **flags), asked, out)
    if as_json:
        echo_json(report.json())
        return
    click.echo(report.markdown().split("\n## ")[0].rstrip())
    click.echo(f"\nReport: {folder / 'report.html'}")


@command.command("compare")
@click.argument("reports", nargs=-1, metavar="[NAME=]REPORT...")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for compare.md and .html.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def compare(reports: tuple[str, ...], out: Path | None, *, as_json: bool) -> None:
    """Set reports of the same suite side by side: solved, how surely, calls, tokens, seconds.

    A REPORT is a report.json or its folder. Each two are compared on the tasks that both played.
    """
    from hades_mcp.training.evaluation.comparing import Comparison, read_contestant

    # a path may hold a = of its own
    named = (("", "", one) if Path(one).exists() else one.partition("=") for one in reports)
    found = Comparison(
        tuple(read_contestant(Path(path or name), name if path else "") for name, _, path in named)
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "compare.md").write_text(found.markdown(), encoding="utf-8")
        (out / "compare.html").write_text(found.html(), encoding="utf-8")
    if as_json:
        echo_json(found.json())
        return
    click.echo(found.markdown().rstrip())


async def _evaluate(loaded: Settings, asked: Asked, out: Path | None) -> tuple[Report, Path]:
    from hades_mcp.agents.definition import load_agent
    from hades_mcp.models.registry import open_model
    from hades_mcp.training.evaluation.choosing import (
        answering,
        choose_tasks,
        conditions,
        said_template,
    )
    from hades_mcp.training.evaluation.reporting import Report
    from hades_mcp.training.evaluation.running import Journal, evaluate_all

    chosen = choose_tasks(asked, loaded)
    agent = load_agent(loaded.home, loaded.agent)
    progress = Progress("playing")
    async with open_model(loaded) as model:
        template = await said_template(loaded, model.name)
        made = conditions(asked, chosen, agent, model.name, template)
        folder = out or loaded.home / "evaluations" / _name(f"{made.suite}-{made.model}", made.id)
        journal = Journal(folder, made)
        try:
            attempts = await evaluate_all(
                chosen.ids,
                lambda name: chosen.play(name, agent, model),
                journal,
                progress=progress,
                alive=lambda: answering(loaded),
            )
        finally:
            progress.close()
    report = Report(made, tuple(attempts))
    report.write(folder)
    return report, folder


def _name(said: str, digest: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', said)}-{digest}"
