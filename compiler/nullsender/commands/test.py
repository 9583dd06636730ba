"""`nullsender test`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nullsender.commands import shared
from nullsender.main import CLEAN, COMMANDS, FOUND

if TYPE_CHECKING:
    from nullsender.testing.cases import Case
    from nullsender.testing.coverage import Coverage

FORMATS = {"text": "text", "junit": "junit", "json": "plain_json", "github": "github"}


@click.command("test", help=COMMANDS["test"])
@click.argument("policy", metavar="FILE")
@click.option(
    "--format",
    "format_",
    type=click.Choice(tuple(FORMATS)),
    help="[default: text; github where GITHUB_ACTIONS is true]  How results are shown.",
)
@click.option("--coverage", is_flag=True, help="Say which rules no test decides.")
@click.option(
    "--min",
    "least",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail where tests decide less than this share of the rules; includes --coverage.",
)
def command(policy: str, format_: str | None, coverage: bool, least: float | None) -> int:
    from nullsender.testing.cases import cases
    from nullsender.testing.coverage import coverage as coverage_of
    from nullsender.testing.running import run_tests

    run = run_tests(Path(policy))
    if run.diagnostics:
        shared.show(run.diagnostics, format_)
        return shared.outcome(run.diagnostics)
    covered = coverage_of(run) if coverage or least is not None else None
    _show(tuple(cases(run)), covered, format_)
    enough = least is None or covered is None or covered.percent >= least
    if not enough and covered:
        click.echo(f"nullsender: tests decide {covered.percent:.0f} % of the rules, less than {least:g} %", err=True)
    return CLEAN if run.good and enough else FOUND


def _show(shown: Sequence[Case], covered: Coverage | None, format_: str | None) -> None:
    name = format_ or ("github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text")
    if name == "text":
        from nullsender.testing.text import render

        text = render(shown, covered, colour=shared.colours(err=False))
    else:
        text = import_module(f"nullsender.testing.{FORMATS[name]}").render(shown, covered)
    click.echo(text, nl=False, color=True)
