"""The commands, one module each; a module is imported when its command is called."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn

import click

from nullsender.main import CLEAN, COMMANDS, HELP, INTERRUPTED


class Commands(click.Group):
    """The group whose members are the modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"nullsender.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        near = get_close_matches(name, COMMANDS, n=1)
        if near and name not in COMMANDS:
            ctx.fail(f"No such command '{name}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002  # click's signature
        return HELP.rstrip("\n")


@click.group(cls=Commands, name="nullsender", context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(package_name="nullsender", message="%(prog)s %(version)s")
def nullsender() -> None:
    """Compile a policy for bounces into the configuration of mail servers."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; wrong use is click's own message and 2."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        code = nullsender.main(args=list(arguments), prog_name="nullsender", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except click.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else CLEAN


def _leave(number: int, frame: object) -> NoReturn:  # noqa: ARG001  # the signature of handlers
    """Unwind, so that nothing half-written is left behind."""
    sys.exit(128 + number)
