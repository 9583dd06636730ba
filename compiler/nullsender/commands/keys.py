"""`nullsender keys`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nullsender.commands import shared
from nullsender.main import COMMANDS, COULD_NOT

if TYPE_CHECKING:
    from nullsender.keyfile import Key


class _CouldNotError(click.ClickException):
    exit_code = COULD_NOT


_FILE = click.argument("path", metavar="FILE", type=click.Path(path_type=Path))


@click.group("keys", help=COMMANDS["keys"])
def command() -> None:
    """Hold the commands on files of keys."""


@command.command("new")
@_FILE
@click.option("--group", help="The group of the mail servers that read the file.  [default: that of the caller]")
def new(path: Path, group: str | None) -> None:
    """Write a file with one key, where there is none yet."""
    from nullsender import keyfile

    with _files():
        keyfile.create(path, (keyfile.fresh(0, shared.today()),), keyfile.group(group) if group else None)
    click.echo(f"{path}: key 0 signs")


@command.command("rotate")
@_FILE
def rotate(path: Path) -> None:
    """Have a new key sign; the others verify as long as anything that they signed is good."""
    from nullsender import keyfile

    with _files():
        before = _read(path)
        after = keyfile.rotated(before, shared.today())
        keyfile.replace(path, after)
    dropped = [str(key.number) for key in before if key not in after]
    click.echo(f"{path}: key {after[0].number} signs" + (f"; dropped: {', '.join(dropped)}" if dropped else ""))


@command.command("list")
@_FILE
def list_(path: Path) -> None:
    """Say since when each key signed, and until when it verifies. No secret is shown."""
    from nullsender import keyfile

    with _files():
        keys = _read(path)
    for use in keyfile.uses(keys):
        since = str(use.since or "unknown")
        what = (
            "signs" if use.signs else f"signed until {use.until or 'unknown'}, is needed until {use.lapses or 'then'}"
        )
        click.echo(f"key {use.number}  since {since:10}  {what}")
    for warning in keyfile.overdue(keys, shared.today()):
        click.echo(f"warning: {path}: {warning}", err=True)


def _read(path: Path) -> tuple[Key, ...]:
    from nullsender import keyfile

    keys = keyfile.parse(path.read_text(encoding="utf-8"))
    if not keys:
        raise ValueError("there is no key in it: a line is `N secret`, with a number of one digit")
    return keys


@contextmanager
def _files() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise _CouldNotError(f"{where}{(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise _CouldNotError(str(error)) from error
