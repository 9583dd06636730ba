"""What a folder under `targets/` gives: the only types by which the compiler knows a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Generic, Protocol, TypeVar

from nullsender.capability import Capabilities
from nullsender.diagnostic import Diagnostic
from nullsender.names import LiveFile
from nullsender.plan import Part


@dataclass(frozen=True, slots=True)
class Origin:
    """Line `line` of a file was generated for the rule or statement with that id."""

    line: int
    id: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """One generated file, below its component's folder.

    `chunks` is called once for the digest and again to write, and gives the same bytes both times: lists stream.
    """

    path: PurePosixPath
    chunks: Callable[[], Iterator[bytes]]
    origins: tuple[Origin, ...] = ()
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a component's files go on a kind of host, and the shell lines that `apply.sh` runs there.

    `home` is the program's configuration directory: each artifact lands below it at its own path. `touches` are files
    and directories (absolute) that may be changed besides: saved before, put back on failure. The lines are shell
    commands, run with `$NULLSENDER_HOME` set to `home`: `merge` (fragment mode) or `install` (standalone mode) after
    the artifacts were copied, then `sound` and `check`, which must fail or say something on stderr when the result is
    not good, then `reload`, which makes a running program take the new files and does nothing where none runs.

    To take everything out again, `leave` undoes what `merge` or `install` did besides, while the artifacts are still
    there; they go then, and `sound` and `reload` follow: both have to do without them.
    """

    home: str
    touches: tuple[str, ...]
    merge: tuple[str, ...]
    install: tuple[str, ...]
    check: tuple[str, ...]
    reload: tuple[str, ...]
    sound: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a real program said of generated files: a path below the component's folder, a line, and its words."""

    path: str
    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of running the real programs: what ran, what could not and why, and what they found wrong."""

    ran: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class TargetIR(Protocol):
    """A target's own representation. `placed` are the ids of the rules and statements that it holds."""

    @property
    def placed(self) -> Sequence[str]: ...


class Lab(Protocol):
    """Run a private instance of the program inside a namespace in which the host's paths are private.

    A lab inherits what there is nothing to do for with its program; a method that has no statement is abstract.
    """

    def missing(self) -> str | None:
        """Return what is not installed and how to install it, or None."""

    def furnish(self) -> None:
        """Make on a fresh machine what installing the package would have made and the machine does not have."""
        return

    def changed(self, file: LiveFile) -> None:  # noqa: ARG002  # for those who do something
        """Do what the owner of a file that the server reads does when it is new, other than it was, or gone."""
        return

    def at_rest(self, logged: str) -> bool:  # noqa: ARG002  # for those who do something
        """Tell whether nothing waits to be delivered, and all that can come is in what a session had logged."""
        return True

    def held(self) -> Iterator[bytes]:
        """Yield the messages that wait for a person, as they lie on the disk."""
        return iter(())

    def forget(self) -> None:
        """Forget every message that limits count, whoever was greylisted, and whom next hops said to exist."""
        return

    def let_pass(self, seconds: int) -> None:  # noqa: ARG002  # for those who do something
        """Make all that is remembered for limits and greylisting so much older."""
        return

    def ask_ahead(self, recipients: Iterable[str]) -> None:  # noqa: ARG002  # for those who do something
        """Have next hops asked now who exists, where a client would wait much longer for that than they take."""
        return

    def boot(self, part: Part, home: Path) -> AbstractContextManager[Callable[[], str]]:
        """Start the program on the files that were applied; the manager gives a function that returns its log."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a target makes of its part."""

    artifacts: tuple[Artifact, ...]
    placed: tuple[str, ...]
    fixed_texts: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    placement: Placement | None


IR = TypeVar("IR", bound=TargetIR)


@dataclass(frozen=True, slots=True)
class Target(Generic[IR]):
    """The one public name of a target's package; `lower` and `render` agree on the IR, or the type checker says so.

    `lower` turns a part into the IR, with diagnostics for what the tables could not foresee. `render` lays it out.
    Without placements the component runs where no `apply.sh` could; its files say how they are applied.
    `verify` runs the real program over the artifacts, written below a folder, in the given mode (True: standalone).
    `fixed_texts` maps ids of rules to the text by which log and reply show them, where the id itself cannot stand.
    """

    name: str
    title: str
    capabilities: Capabilities
    placements: Mapping[str, Placement]  # the first is the default
    lower: Callable[[Part], tuple[IR, tuple[Diagnostic, ...]]]
    render: Callable[[IR], tuple[Artifact, ...]]
    verify: Callable[[Path, bool], Verification]
    fixed_texts: Callable[[IR], Mapping[str, str]] = lambda _: {}
    lab: Lab | None = None

    def emit(self, part: Part) -> Emitted:
        ir, diagnostics = self.lower(part)
        placement = self.placements.get(part.placement)
        return Emitted(self.render(ir), tuple(ir.placed), self.fixed_texts(ir), diagnostics, placement)


class AnyTarget(Protocol):
    """A target with its IR hidden: what the registry and the commands hold."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def placements(self) -> Mapping[str, Placement]: ...
    @property
    def verify(self) -> Callable[[Path, bool], Verification]: ...
    @property
    def lab(self) -> Lab | None: ...
    def emit(self, part: Part) -> Emitted: ...
