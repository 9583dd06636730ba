"""`nullsender explain`."""

from __future__ import annotations

import click

from nullsender.main import COMMANDS


@click.command("explain", help=COMMANDS["explain"] + " Without a code, list them all.")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    from nullsender import explain

    if code is None:
        for known in explain.codes():
            click.echo(f"{known}  {explain.title(known)}")
        return
    found = explain.find(code)
    if found is None:
        near = explain.near(code)
        guess = f"did you mean {' or '.join(near)}?" if near else "`nullsender explain` lists them all"
        raise click.BadParameter(f"no such code {code!r}; {guess}", param_hint="'CODE'")
    click.echo(explain.page(found), nl=False)
