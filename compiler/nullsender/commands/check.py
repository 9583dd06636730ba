"""`nullsender check`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from nullsender.commands import shared
from nullsender.main import COMMANDS


@click.command("check", help=COMMANDS["check"])
@click.argument("policy", metavar="FILE")
@shared.mode_option()
@shared.on_option()
@shared.format_option()
def command(policy: str, mode: str | None, on_date: date | None, format_: str | None) -> int:
    from nullsender.frontend import build

    built = build(Path(policy), on_date or shared.today(), standalone=mode == "standalone")
    shared.show(built.diagnostics, format_)
    return shared.outcome(built.diagnostics)
