"""Parts and files made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from nullsender.emit import Output
from nullsender.plan import Part, Site
from nullsender.policy import QuarantineInto
from nullsender.target import Artifact, Emitted, Origin, Placement

SITE = Site((), (), (), None, ("postmaster",), "", QuarantineInto(), ())
NOTHING = Placement("/etc/nowhere", (), (), (), (), ())


def artifact(path: str, text: str = "", mode: int = 0o644, origins: tuple[Origin, ...] = ()) -> Artifact:
    return Artifact(PurePosixPath(path), lambda: iter([text.encode()]), origins, mode)


def output(
    *artifacts: Artifact,
    component: str = "postbox",
    deployment: str = "mx1",
    standalone: bool = False,
    placement: Placement | None = NOTHING,
) -> Output:
    part = Part(deployment, component, (1, 2), "plain", standalone, True, SITE, (), (), ())
    return Output(part, Emitted(artifacts, (), {}, (), placement))


def at(
    home: Path,
    *,
    touches: tuple[str, ...] = (),
    merge: tuple[str, ...] = (),
    install: tuple[str, ...] = (),
    check: tuple[str, ...] = (),
    reload: tuple[str, ...] = (),
    sound: tuple[str, ...] = (),
    leave: tuple[str, ...] = (),
) -> Placement:
    """Return a placement below a folder of the test's own."""
    return Placement(str(home), touches, merge, install, check, reload, sound, leave)


def contents(folder: Path) -> Mapping[str, str]:
    """Return the text of every file below a folder."""
    return {str(f.relative_to(folder)): f.read_text() for f in sorted(folder.rglob("*")) if f.is_file()}
