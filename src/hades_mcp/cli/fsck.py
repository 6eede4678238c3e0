"""`hades fsck`: does everything that is stored hang together, over both stores."""

from __future__ import annotations

from dataclasses import asdict

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json


@click.command("fsck")
@click.option("--mend", is_flag=True, help="Mend what is found.")
@click.option("--json", "as_json", is_flag=True, help="One JSON finding a line.")
@click.pass_context
def command(ctx: click.Context, *, mend: bool, as_json: bool) -> int:
    """Find what belongs to nothing: chunks, edges, vectors, notes; --mend removes or remakes it.

    Others may go on reading and writing. The files of the embedded database itself are checked by
    `hades db check`. Exit code 1 if something is wrong and has not been mended.
    """
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        findings = workspace.fsck.check(mend=mend)
    for finding in findings:
        if as_json:
            echo_json(asdict(finding))
            continue
        mark = "mended" if finding.mended else "wrong"
        examples = (
            f" ({', '.join(finding.examples)}{' …' * (finding.count > len(finding.examples))})"
        )
        click.echo(
            f"{mark:<7} {finding.collection}: {finding.count} {finding.text}"
            f"{examples if finding.examples else ''}"
        )
    left = [finding for finding in findings if not finding.mended]
    mended = len(findings) - len(left)
    click.echo(f"hades: {len(findings)} kinds of things wrong, {mended} mended.", err=True)
    if left and not mend:
        click.echo(
            "hades: --mend removes what belongs to nothing, and makes what is missing.", err=True
        )
    return 1 if left else 0
