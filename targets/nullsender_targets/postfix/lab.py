"""Run Postfix at its real paths, inside a namespace in which they are private.

Where no syslog runs, postlogd writes the log. And each session has an smtpd of its own, since one remembers what DNS
said, whatever the TTL. That is all that the lab changes in what was applied.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nullsender.names import Kind, LiveFile
from nullsender.plan import Part
from nullsender.target import Lab
from nullsender_targets.postfix.memory import MEMORY

_LOG, _QUEUE = Path("/var/log/nullsender-postfix.log"), Path("/var/spool/postfix")
_FOLDERS = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "saved", "trace")
_ON_THEIR_WAY = ("maildrop", "incoming", "active", "deferred")  # a message goes from one to the next
_HOME, _VERIFIED = Path("/etc/postfix"), Path("/var/lib/postfix/nullsender_verify.lmdb")
_MEMORY = Path(MEMORY)
_OWNER = "postfix"
_PROGRAMS = ("postfix", "postconf", "postmap")
_PACKAGES = ("postfix-lmdb", "postfix-pcre")
_SECONDS = 20.0
_UNKNOWN_YET = b"3"  # DEL_RCPT_STAT_TODO


@dataclass(frozen=True, slots=True)
class PostfixLab(Lab):
    """Boot Postfix on the files that were applied."""

    def missing(self) -> str | None:
        if any(shutil.which(program) is None for program in _PROGRAMS):
            return f"Postfix is not installed: apt-get install postfix {' '.join(_PACKAGES)}"
        types = _run("postconf", "-m").split()
        lacking = [package for package in _PACKAGES if package.removeprefix("postfix-") not in types]
        return f"Postfix lacks a type of table: apt-get install {' '.join(lacking)}" if lacking else None

    def furnish(self) -> None:
        """Make the folders of the queue that the package leaves to its first start, which takes its time for it."""
        for name in _FOLDERS:
            if not (folder := _QUEUE / name).exists():
                folder.mkdir(mode=0o700)
                shutil.chown(folder, _OWNER)

    def changed(self, file: LiveFile) -> None:
        """Make the table of a text that is looked up by key; networks are read as they are."""
        if file.kind is Kind.NETWORKS:
            return
        Path(f"{file.path}.lmdb").unlink(missing_ok=True)
        if Path(file.path).exists():
            _run("postmap", f"lmdb:{file.path}")

    def at_rest(self, logged: str) -> bool:
        """Tell whether smtpd has said goodbye, its last word, and the queue is empty but for what is held."""
        waiting = (file for name in _ON_THEIR_WAY for file in (_QUEUE / name).rglob("*") if file.is_file())
        return "disconnect from" in logged and not any(True for _ in waiting)

    def held(self) -> Iterator[bytes]:
        return (file.read_bytes() for file in (_QUEUE / "hold").rglob("*") if file.is_file())

    def forget(self) -> None:
        """Begin anew, also with address verification: for that it has to stop."""
        _MEMORY.unlink(missing_ok=True)
        if _VERIFIED.exists():
            _run("postfix", "-c", str(_HOME), "stop")
            _VERIFIED.unlink()
            (_QUEUE / "quick-start").touch()
            logged = len(_log())
            _run("postfix", "-c", str(_HOME), "start")
            _wait(logged)

    def let_pass(self, seconds: int) -> None:
        if not _MEMORY.exists():
            return
        with closing(sqlite3.connect(_MEMORY)) as memory, memory:
            there = {name for (name,) in memory.execute("SELECT name FROM sqlite_master")}
            if "seen" in there:
                memory.execute("UPDATE seen SET first = first - ?1, until = until - ?1", (seconds,))
            if "counted" in there:
                memory.execute("UPDATE counted SET until = until - ?1", (seconds,))

    def ask_ahead(self, recipients: Iterable[str]) -> None:
        """Have them verified: smtpd looks again only after a second, for each of them."""
        until = time.monotonic() + _SECONDS
        waiting = tuple(recipients)
        while waiting and time.monotonic() < until:
            with socket.socket(socket.AF_UNIX) as verify:
                verify.settimeout(_SECONDS)
                verify.connect(str(_QUEUE / "private/verify"))
                waiting = _verified(verify, waiting, until)

    @contextmanager
    def boot(self, part: Part, home: Path) -> Iterator[Callable[[], str]]:
        """Start it, wait until it greets on port 25, and stop it in the end."""
        del part  # the files say everything
        _adapt(home)
        _LOG.unlink(missing_ok=True)
        (_QUEUE / "quick-start").touch()
        _run("postfix", "-c", str(home), "start")
        try:
            _wait()
            yield _log
        finally:
            _stop(home)


def _verified(verify: socket.socket, recipients: tuple[str, ...], until: float) -> tuple[str, ...]:
    """Have recipients verified, and return those of whom nothing is known yet where verify(8) hangs up before.

    All by one connection, as smtpd does it: after a hundred of them it ends, whatever it is about to find out.
    """
    waiting = recipients
    while waiting and time.monotonic() < until:
        left = []
        for recipient in waiting:
            status = _status(verify, recipient)
            if status is None:
                return waiting
            if status == _UNKNOWN_YET:
                left.append(recipient)
        waiting = tuple(left)
        time.sleep(0.005 if waiting else 0)
    return waiting


def _status(verify: socket.socket, recipient: str) -> bytes | None:
    """Ask for an address, about which verify(8) then begins to find out; None where it hangs up."""
    verify.sendall(b"request\0query\0address\0%s\0\0" % recipient.encode())
    said = b""
    while b"\0reason\0" not in said or not said.endswith(b"\0\0"):
        more = verify.recv(4096)
        if not more:
            return None
        said += more
    return said.partition(b"\0recipient_status\0")[2].partition(b"\0")[0]


def _adapt(home: Path) -> None:
    _run("postconf", "-c", str(home), "-e", f"maillog_file = {_LOG}")
    if "postlogd" not in (home / "master.cf").read_text():
        _run("postconf", "-c", str(home), "-M", "postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd")
    _run("postconf", "-c", str(home), "-P", "smtp/inet/max_use=1")
    settled = time.time() - 60
    os.utime(home / "main.cf", (settled, settled))  # each program waits until nobody has changed it for two seconds


def _stop(home: Path) -> None:
    """Stop it if it runs still."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((_QUEUE / "pid/master.pid").read_text()), 0)
        _run("postfix", "-c", str(home), "stop")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}\n{_log()}")
    return done.stdout


def _wait(logged: int = 0) -> None:
    """Wait until it greets, and until it has logged the end of that, which a session could take for its own.

    So many characters were logged before.
    """
    until = time.monotonic() + _SECONDS
    greeted = False
    while time.monotonic() < until:
        greeted = greeted or _greets()
        if greeted and "disconnect from" in _log()[logged:]:
            return
        time.sleep(0.01)
    raise TimeoutError(f"Postfix does not greet on port 25:\n{_log()}")


def _greets() -> bool:
    try:
        with socket.create_connection(("127.0.0.1", 25), 2) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


def _log() -> str:
    return _LOG.read_text(errors="replace") if _LOG.exists() else ""


lab = PostfixLab()
