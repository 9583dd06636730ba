"""`nullsender compile`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from nullsender.commands import shared
from nullsender.main import COMMANDS


@click.command("compile", help=COMMANDS["compile"])
@click.argument("policy", metavar="FILE")
@click.option(
    "--out", required=True, metavar="DIR", help="Where to write; a tree of ours there is replaced as a whole."
)
@shared.mode_option()
@shared.deployment_option()
@shared.on_option()
@click.option("--verify/--no-verify", default=True, help="Have the real programs check the files.  [default: verify]")
@shared.format_option()
def command(
    policy: str,
    out: str,
    mode: str | None,
    only: tuple[str, ...],
    on_date: date | None,
    verify: bool,
    format_: str | None,
) -> int:
    from nullsender.frontend import build
    from nullsender.manifest import Request
    from nullsender.writing import write_tree

    request = Request(policy, mode == "standalone", only)
    built = build(Path(policy), on_date or shared.today(), standalone=request.standalone, only=only)
    if built.policy:
        shared.see_deployments(built.policy, only)
    result = write_tree(built, request, Path(out), verify=verify)
    for line in result.remarks:
        click.echo(line, err=True)
    shared.show(result.diagnostics, format_)
    return shared.outcome(result.diagnostics)
