"""What the commands have in common: options, how diagnostics are shown, and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import click

from nullsender import report
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.main import CLEAN, COULD_NOT, FOUND
from nullsender.policy import Policy
from nullsender.suggest import did_you_mean

COULD_NOT_CODES = frozenset({"NS101", "NS105", "NS601", "NS602", "NS605", "NS813"})  # nothing wrong is written anywhere

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Day(click.ParamType[date]):
    """A day in the form of ISO 8601."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2027-06-30", param, ctx)


def format_option(help_: str = "How diagnostics are shown.") -> Decorator:
    default = f"[default: text; github where GITHUB_ACTIONS is true]  {help_}"
    return click.option("--format", "format_", type=click.Choice(tuple(report.FORMATS)), help=default)


def on_option() -> Decorator:
    return click.option(
        "--on", "on_date", type=Day(), metavar="DATE", help="The day to compile for, in UTC.  [default: today]"
    )


def mode_option(help_: str = "[default: fragment]") -> Decorator:
    text = f"Files beside an existing configuration, or a whole server.  {help_}"
    return click.option("--mode", type=click.Choice(("fragment", "standalone")), help=text)


def deployment_option() -> Decorator:
    return click.option(
        "--deployment", "only", multiple=True, metavar="NAME", help="Only this deployment; may be repeated."
    )


def today() -> date:
    return datetime.now(UTC).date()


def show(diagnostics: Iterable[Diagnostic], format_: str | None, *, err: bool = False) -> None:
    """Print diagnostics, those of all formats but text also where there are none."""
    ordered = report.in_order(diagnostics)
    name = format_ or ("github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text")
    if name == "text":
        from nullsender.report.text import render

        text = render(ordered, colours(err))
    else:
        text = report.renderer(name)(ordered)
    click.echo(text, nl=False, err=err, color=True)


def outcome(diagnostics: Sequence[Diagnostic]) -> int:
    """Return the exit code that diagnostics ask for: warnings are clean."""
    if any(d.code in COULD_NOT_CODES and d.is_error for d in diagnostics):
        return COULD_NOT
    return FOUND if has_errors(diagnostics) else CLEAN


def see_deployments(policy: Policy, only: Sequence[str]) -> None:
    """Refuse names of deployments that the policy does not have, as wrong use."""
    names = [deployment.name for deployment in policy.deployments]
    for name in only:
        if name not in names:
            guess = did_you_mean(name, names) or f"there are {', '.join(names)}"
            raise click.BadParameter(f"no deployment {name!r} in the policy; {guess}", param_hint="'--deployment'")


def colours(err: bool) -> bool:
    """Tell whether a stream shows colours."""
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
