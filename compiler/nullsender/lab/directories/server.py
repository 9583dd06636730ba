"""A real server of directories: found, started once, and kept until the lab ends, whatever is deployed meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nullsender.lab import program
from nullsender.lab.directories.asked import Asked
from nullsender.lab.machine import Machine, descendants

USER, GROUP = "nobody", "nogroup"  # whom the servers run as
ADMIN = "nullsender"
SECRET = "s3cret: it's; 100% x"  # noqa: S105  # of nothing but these servers
SECONDS = 20.0
Held = Mapping[Asked, tuple[str, ...]]


class System(Protocol):
    """One kind of server, once its files are made."""

    name: str

    @property
    def socket(self) -> Path:
        """Where it takes connections itself."""

    def ask(self) -> None:
        """See that it answers; raises OSError where it does not yet."""

    @property
    def command(self) -> tuple[str, ...]: ...

    @property
    def environment(self) -> Mapping[str, str]: ...

    def make(self) -> None:
        """Make what it needs before it starts for the first time."""

    def fill(self, held: Held, server: Server) -> None:
        """Have it know these, and nobody else; it runs afterwards."""


@dataclass(frozen=True, slots=True)
class Found:
    """A program, and the folder below which it was unpacked where it was not installed."""

    path: Path
    root: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What the loader needs to find the libraries that were unpacked with it."""
        folders = [str(folder) for folder in sorted(self.root.glob("usr/lib/*-linux-gnu"))]
        return {"LD_LIBRARY_PATH": ":".join(folders)} if self.root != Path("/") and folders else {}


def find(trees: Iterable[Path], pattern: str) -> Found | None:
    """Return the newest program of that name, where packages put it."""
    for root in (*trees, Path("/")):
        if found := sorted(root.glob(pattern)):
            return Found(found[-1], root)
    return None


class Server:
    """A server that runs until it is stopped, with all that it has below a folder of its own."""

    def __init__(self, machine: Machine, system: System, home: Path) -> None:
        self.system, self.home = system, home
        self._machine = machine
        self._process: subprocess.Popen[bytes] | None = None
        self._held: Held | None = None

    def make(self) -> None:
        self.home.mkdir(parents=True)
        shutil.chown(self.home, USER, GROUP)
        self.system.make()

    def fill(self, held: Held) -> None:
        """Have it know these, and nobody else."""
        if self._held != held:
            self._held = None
            self.system.fill(held, self)
            self._held = held

    def start(self) -> None:
        """Start it, and wait until it takes connections; nothing where it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        self.system.socket.unlink(missing_ok=True)
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the program that was found
                self.system.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=USER,
                group=GROUP,
                extra_groups=(),
                env={**os.environ, **self.system.environment},
            )
        self._machine.keep(self._process.pid)
        program.wait(self._process, self.system.name, self.system.ask, SECONDS, self.log)

    def stop(self) -> None:
        """End it as it is told to be ended."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                program.stop(self._process)
            self._forget(self._process)

    def kill(self) -> None:
        """End it at once, with all that it started."""
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._forget(self._process)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        self._machine.let_go(process.pid)
        self._process = None

    def processes(self) -> tuple[int, ...]:
        """Return the ids of all its processes."""
        return () if self._process is None else (self._process.pid, *descendants(self._process.pid))

    def log(self) -> str:
        return (self.home / "log").read_text(errors="replace")


def users(held: Held) -> Iterator[tuple[str, str]]:
    """Yield who asks databases, each with a password, or with none where a policy has none for one of its sources."""
    sources = [asked.directory for asked in held]
    for user in dict.fromkeys(source.text("user") for source in sources):
        yield user, SECRET if all(source.password for source in sources if source.text("user") == user) else ""


def run(command: tuple[str, ...], said: str = "", environment: Mapping[str, str] | None = None) -> None:
    """Run a program that must succeed, as the user whom the servers run as."""
    done = subprocess.run(  # noqa: S603  # a program that was found
        command,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        user=USER,
        group=GROUP,
        extra_groups=(),
        env={**os.environ, **(environment or {})},
    )
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
