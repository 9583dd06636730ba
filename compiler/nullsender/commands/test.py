"""`nullsender test`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nullsender.commands import shared
from nullsender.main import CLEAN, COMMANDS, COULD_NOT, FOUND

if TYPE_CHECKING:
    from nullsender.policy import Deployment
    from nullsender.testing.cases import Case
    from nullsender.testing.coverage import Coverage
    from nullsender.testing.running import Run
    from nullsender.trial.trial import Trial

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
@click.option(
    "--on",
    "on",
    multiple=True,
    metavar="NAME,…",
    help="Boot these deployments and play the tests to them, too: by name, by server, by stack "
    "(SERVER+HELPER), or `all`. Needs root on Linux.",
)
@click.option(
    "--tree",
    "trees",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    metavar="DIR",
    help="Where a program's package is unpacked that cannot be installed; may be repeated.",
)
@click.option("--all-played", is_flag=True, help="Fail where a test cannot be played on a deployment of --on.")
def command(
    policy: str,
    format_: str | None,
    coverage: bool,
    least: float | None,
    on: tuple[str, ...],
    trees: tuple[Path, ...],
    all_played: bool,
) -> int:
    if (trees or all_played) and not on:
        raise click.UsageError("--tree and --all-played go with --on")
    lacking = _go_alone() if on else None  # before anything is open
    from nullsender.testing.cases import Became, cases
    from nullsender.testing.coverage import coverage as coverage_of
    from nullsender.testing.running import run_tests

    run = run_tests(Path(policy))
    if run.diagnostics:
        shared.show(run.diagnostics, format_)
        return shared.outcome(run.diagnostics)
    found = tuple(cases(run))
    if on:
        played = _tried(Path(policy), run, _chosen(run, on), trees, format_, lacking)
        if played.missing:
            shared.show(played.missing, format_)
            return COULD_NOT
        found += played.cases
    covered = coverage_of(run) if coverage or least is not None else None
    _show(found, covered, format_)
    enough = least is None or covered is None or covered.percent >= least
    if not enough and covered:
        click.echo(f"nullsender: tests decide {covered.percent:.0f} % of the rules, less than {least:g} %", err=True)
    became = {case.became for case in found}
    good = Became.FAILED not in became and not (all_played and Became.NOT_PLAYED in became)
    return CLEAN if good and enough else FOUND


def _go_alone() -> str | None:
    """Go on in a process that takes with it all that it starts, or say why servers cannot be booted here."""
    from nullsender.lab import prerequisites

    lacking = prerequisites.missing()
    if lacking is None:
        from nullsender.lab.alone import go_alone

        go_alone()
    return lacking


def _chosen(run: Run, on: Sequence[str]) -> tuple[Deployment, ...]:
    from nullsender.trial.choosing import choose

    names = [name.strip() for names in on for name in names.split(",")]
    try:
        return choose(run.policies[0][1], names)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="'--on'") from None


def _tried(
    policy: Path,
    run: Run,
    chosen: tuple[Deployment, ...],
    trees: tuple[Path, ...],
    format_: str | None,
    lacking: str | None,
) -> Trial:
    from nullsender.trial.progress import progress
    from nullsender.trial.trial import Trial, cannot_be_made, try_deployments

    if lacking is not None:
        return Trial(missing=(cannot_be_made(lacking),))
    with progress(_name(format_) == "text") as tell:
        return try_deployments(policy, run, chosen, trees, tell)


def _name(format_: str | None) -> str:
    return format_ or ("github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text")


def _show(shown: Sequence[Case], covered: Coverage | None, format_: str | None) -> None:
    name = _name(format_)
    if name == "text":
        from nullsender.testing.text import render

        text = render(shown, covered, colour=shared.colours(err=False))
    else:
        text = import_module(f"nullsender.testing.{FORMATS[name]}").render(shown, covered)
    click.echo(text, nl=False, color=True)
