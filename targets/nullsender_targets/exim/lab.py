"""Run Exim at its real paths, inside a namespace in which they are private."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nullsender.lab import program
from nullsender.names import LiveFile
from nullsender.plan import Part
from nullsender.target import Lab
from nullsender_targets.exim.remembering import MEMORY
from nullsender_targets.exim.verify import find

_USER, _NUMBER = "Debian-exim", 970
_SPOOL, _LOGS, _RUN = Path("/var/spool/exim4"), Path("/var/log/exim4"), Path("/run/exim4")
_MEMORY = Path(MEMORY)
_PORT = 25
_QUEUE_RUNS = "2s"  # a message that was deferred is tried again while the test waits
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class EximLab(Lab):
    """Boot Exim on the files that were applied."""

    def missing(self) -> str | None:
        if find("exim4") is None:
            return "Exim is not installed: apt-get install exim4-base exim4-config exim4-daemon-heavy"
        return None

    def furnish(self) -> None:
        """Make the user and the folders, where the package was only unpacked."""
        passwd, group = Path("/etc/passwd"), Path("/etc/group")
        if f"{_USER}:" not in passwd.read_text():
            with group.open("a") as groups:
                groups.write(f"{_USER}:x:{_NUMBER}:\n")
            with passwd.open("a") as users:
                users.write(f"{_USER}:x:{_NUMBER}:{_NUMBER}::{_SPOOL}:/usr/sbin/nologin\n")
        for folder in (_SPOOL, _LOGS):
            if not folder.exists():
                folder.mkdir(parents=True)
                shutil.chown(folder, _USER, _USER)

    def changed(self, file: LiveFile) -> None:
        """Exim reads texts as they are."""

    def at_rest(self, logged: str) -> bool:  # noqa: ARG002  # it logs before it answers
        return not any(file.is_file() for file in (_SPOOL / "input").rglob("*"))

    def held(self) -> Iterator[bytes]:
        return (file.read_bytes() for file in (_SPOOL / "quarantine").rglob("*") if file.is_file())

    def forget(self) -> None:
        for file in (_MEMORY, *(_SPOOL / "db").glob("callout*")):
            file.unlink(missing_ok=True)

    def let_pass(self, seconds: int) -> None:
        if not _MEMORY.exists():
            return
        with closing(sqlite3.connect(_MEMORY)) as memory, memory:
            for table, columns in (("counted", ("until",)), ("seen", ("first", "until"))):
                if memory.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                    earlier = ", ".join(f"{column} = {column} - {seconds}" for column in columns)
                    memory.execute(f"UPDATE {table} SET {earlier}")  # noqa: S608  # names and a number of ours

    @contextmanager
    def boot(self, part: Part, home: Path) -> Iterator[Callable[[], str]]:  # noqa: ARG002  # Exim knows its own paths
        """Start it, wait until it listens, and stop it with all that it started."""
        for folder in (_SPOOL, _LOGS, _RUN):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.chown(folder, _USER, _USER)
        command = [find("exim4") or "exim4", "-bdf", f"-q{_QUEUE_RUNS}"]
        with (_RUN / "stderr").open("w") as said:
            process = subprocess.Popen(  # noqa: S603  # the program that was found
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        try:
            program.wait(process, "Exim", lambda: program.connect("127.0.0.1", _PORT), _SECONDS, _said)
            yield _log
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the daemon, and the deliveries of its session."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # its session has ended already
        os.killpg(process.pid, number)
    process.send_signal(number)


def _said() -> str:
    return f"{(_RUN / 'stderr').read_text()}{_log()}"


def _log() -> str:
    """Return the logs, the one for panics last."""
    return "".join(
        path.read_text(errors="replace") for name in ("mainlog", "paniclog") if (path := _LOGS / name).exists()
    )


lab = EximLab()
