"""Make the script that installs one deployment on its host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from shlex import quote

from nullsender.emit import Output
from nullsender.layout import Quoted, artifact, render
from nullsender.target import Artifact, Placement

NAME = "apply.sh"


@dataclass(frozen=True, slots=True)
class Calendar:
    """On which coming days a tree holds other files, and the first on which it should and does not.

    `since` is the day from which the files hold that the script itself installs, None for those of the tree's own day.
    """

    coming: tuple[date, ...] = ()
    beyond: date | None = None
    since: date | None = None


ALWAYS = Calendar()


def script(deployment: str, outputs: Sequence[Output], calendar: Calendar = ALWAYS) -> Artifact:
    """Return `apply.sh` for the components of a deployment that have a place, in the order they are installed in."""
    placed = [(output, output.emitted.placement) for output in outputs if output.emitted.placement]
    numbers = [str(number) for number, _ in enumerate(placed, 1)]
    page = render(
        "nullsender",
        f"{NAME}.j2",
        deployment=_word(deployment),
        numbers=_word(" ".join(numbers)),
        backwards=_word(" ".join(reversed(numbers))),
        standalone=any(output.part.standalone for output in outputs),
        coming=[Quoted(day.isoformat()) for day in calendar.coming],
        beyond=Quoted(calendar.beyond.isoformat()) if calendar.beyond else None,
        since=Quoted(calendar.since.isoformat()) if calendar.since else None,
        components=[_component(number, *one) for number, one in zip(numbers, placed, strict=True)],
    )
    return artifact(NAME, page, 0o755)


def _component(number: str, output: Output, placement: Placement) -> dict[str, object]:
    part = output.part
    return {
        "number": Quoted(number),
        "name": _word(part.component),
        "comment": Quoted(f"{part.component} {'.'.join(map(str, part.version))} in {placement.home}"),
        "home": _word(placement.home),
        "files": [_file(a.mode, a.path) for a in output.emitted.artifacts],
        "touches": _lines(placement.touches),
        "join": _lines(placement.install if part.standalone else placement.merge),
        "leave": _lines(placement.leave),
        "sound": _lines(placement.sound),
        "check": _lines(placement.check),
        "reload": _lines(placement.reload),
    }


def _file(mode: int, path: PurePosixPath) -> dict[str, object]:
    return {"mode": Quoted(f"{mode:04o}"), "path": Quoted(path)}  # `output` has refused paths that need quoting


def _word(text: str) -> Quoted:
    return Quoted(quote(text))


def _lines(lines: Sequence[str]) -> list[Quoted]:
    """Return shell lines of a target as they are: they are its code and hold nothing of a policy."""
    return list(map(Quoted, _nonempty(lines)))


def _nonempty(lines: Sequence[str]) -> Iterator[str]:
    return (line for line in lines if line.strip())
