"""`nullsender diff`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from nullsender.commands import shared
from nullsender.diagnostic import Diagnostic
from nullsender.difference import Files, compare, summary
from nullsender.main import CLEAN, COMMANDS, COULD_NOT, FOUND

HELP = """

A and B are policies, trees that `compile` wrote, or REVISION:PATH for a policy in git, PATH as seen from the working
directory. Shows what to do to A's files to get B's. Exit codes: 0 no difference, 1 a difference, 2 could not compare.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How policies are compiled for the comparison."""

    on_date: date
    standalone: bool
    only: tuple[str, ...]


@click.command("diff", help=COMMANDS["diff"] + HELP)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@shared.mode_option("[default: that of the tree; fragment where there is none]")
@shared.deployment_option()
@shared.on_option()
@shared.format_option("They go to standard error.")
def command(
    old: str, new: str, mode: str | None, only: tuple[str, ...], on_date: date | None, format_: str | None
) -> int:
    trees = [_tree(operand) for operand in (old, new)]
    made = next(filter(None, trees), {})
    wanted = Wanted(
        on_date or shared.today(), (mode or made.get("mode")) == "standalone", only or _names(made.get("only"))
    )
    with ExitStack() as stack:
        sides = [_side(operand, wanted, stack) for operand in (old, new)]
        shared.show([d for _, found in sides for d in found], format_, err=True)
        before, after = (files for files, _ in sides)
        if before is None or after is None:
            return COULD_NOT
        changes = []
        for change in compare(before, after):
            changes.append(change)
            for line in change.shown:
                click.echo(line, nl=False)
        click.echo(summary(changes))
    return FOUND if changes else CLEAN


def _tree(operand: str) -> dict[str, object]:
    from nullsender.output import read_manifest

    return read_manifest(Path(operand)) or {}


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _side(operand: str, wanted: Wanted, stack: ExitStack) -> tuple[Files | None, tuple[Diagnostic, ...]]:
    """Return the files of one operand, None where there are none to compare, and what there is to say."""
    from nullsender import revision

    path = Path(operand)
    if path.is_dir():
        return _of_tree(path)
    parts = revision.split(operand)
    if parts is None:
        return _of_policy(path, wanted)
    from nullsender.frontend import read_document

    folder = Path(stack.enter_context(TemporaryDirectory(prefix="nullsender-")))
    try:
        copied = revision.extract(*parts, folder, read_document)
    except revision.RevisionError as error:
        return None, (Diagnostic("NS605", f"cannot read `{operand}`: {error}", None),)
    files, found = _of_policy(copied, wanted)
    return files, revision.renamed(found, folder, parts[0])


def _of_tree(tree: Path) -> tuple[Files | None, tuple[Diagnostic, ...]]:
    from nullsender.output import DUE, read_manifest, reader, tree_files

    if read_manifest(tree) is None:
        wrong = Diagnostic("NS605", f"`{tree}` is no tree that nullsender wrote", None)
        return None, (wrong,)
    todays = (path for path in tree_files(tree) if path.parts[1:2] != (DUE,))  # a policy is compared for one day
    return {str(path): reader(tree / path) for path in todays}, ()


def _of_policy(path: Path, wanted: Wanted) -> tuple[Files | None, tuple[Diagnostic, ...]]:
    from nullsender.coming import calendar
    from nullsender.frontend import build
    from nullsender.output import generated

    built = build(path, wanted.on_date, standalone=wanted.standalone, only=wanted.only)
    if not built.good:
        return None, built.diagnostics
    files, wrong = generated(built.outputs, calendar(built))
    if wrong:
        return None, (*built.diagnostics, *wrong)
    return {str(file.path): file.chunks for file in files}, built.diagnostics
