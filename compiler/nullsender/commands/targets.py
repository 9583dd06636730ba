"""`nullsender targets`."""

from __future__ import annotations

import click

from nullsender.main import COMMANDS


@click.command("targets", help=COMMANDS["targets"])
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    help="How the matrix is shown.  [default: text]",
)
@click.option("--long", "long", is_flag=True, help="With a sentence for each cell; JSON has them anyway.")
def command(format_: str, long: bool) -> None:
    from nullsender import discover, matrix
    from nullsender.report import tables

    shown = matrix.matrix(discover.names(), discover.load)
    click.echo(tables.FORMATS[format_](shown, long), nl=False)
