"""What the same policy becomes on coming days: a tree holds it beside today's files, so that nobody has to be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath

from nullsender.apply import Calendar
from nullsender.diagnostic import Diagnostic
from nullsender.frontend import Built, build
from nullsender.output import GeneratedFile, generated, same_bytes

MOST = 12  # days; beyond, a tree says on which day it has to be made anew


@dataclass(frozen=True, slots=True)
class Later:
    """A day on which the output changes by itself, what comes of the policy then, and all of its files."""

    day: date
    built: Built
    files: tuple[GeneratedFile, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """All files of a tree but the manifest, sorted by path, what is wrong, and the coming days that it holds."""

    files: tuple[GeneratedFile, ...]
    diagnostics: tuple[Diagnostic, ...]
    later: tuple[Later, ...] = ()


def whole(path: Path, built: Built, *, standalone: bool, only: tuple[str, ...] = ()) -> Whole:
    """Return the files of what was built, and of what the policy at `path` becomes on the days to come."""
    days = calendar(built)
    files, found = generated(built.outputs, days)
    today = {file.path: file for file in files}
    later: list[Later] = []
    for day in days.coming:
        then = build(path, day, standalone=standalone, only=only)
        found += tuple(as_of(day, d) for d in then.diagnostics if d.is_error and d not in built.diagnostics)
        outputs = tuple(output for output in then.outputs if output.emitted.placement)
        its, wrong = generated(outputs, Calendar(since=day))
        found += wrong
        later.append(Later(day, then, its))
        files += tuple(_differing(its, today))
    return Whole(tuple(sorted(files, key=lambda file: file.path)), found, tuple(later))


def calendar(built: Built) -> Calendar:
    """Return the days for which a tree holds files, where there is a script that chooses between them."""
    scripts = any(output.emitted.placement for output in built.outputs)
    days = built.policy.changes if built.policy and scripts else ()
    return Calendar(days[:MOST], next(iter(days[MOST:]), None))


def as_of(day: date, diagnostic: Diagnostic) -> Diagnostic:
    """Return what is said of a coming day's policy or files, with the day."""
    return replace(diagnostic, message=f"as of {day}: {diagnostic.message}")


def _differing(
    files: tuple[GeneratedFile, ...], today: Mapping[PurePosixPath, GeneratedFile]
) -> Iterator[GeneratedFile]:
    """Yield the files that are others than today's; the script, which names the day, always is."""
    for file in files:
        deployment, _due, _day, *rest = file.path.parts
        known = today.get(PurePosixPath(deployment, *rest))
        if known is None or known.mode != file.mode or not same_bytes(file.chunks, known.chunks):
            yield file
