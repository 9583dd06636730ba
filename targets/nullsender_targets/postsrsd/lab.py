"""Run postsrsd as its unit does, inside a namespace in which the host's paths are private."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nullsender.lab import program
from nullsender.lab.tagging import write_keys
from nullsender.plan import Part
from nullsender.target import Lab
from nullsender_targets.postsrsd.placement import SCRIPT
from nullsender_targets.postsrsd.table import LISTENS

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PostsrsdLab(Lab):
    """Boot postsrsd as its unit does that was applied."""

    def missing(self) -> str | None:
        if shutil.which("postsrsd") is None:
            return "postsrsd is not installed: apt-get install postsrsd"
        return None

    @contextmanager
    def boot(self, part: Part, home: Path) -> Iterator[Callable[[], str]]:
        """Start it, wait until it answers, and stop it in the end; it logs to syslog alone.

        It needs its keys before anybody plays a session.
        """
        if part.site.srs is None:
            yield str
            return
        if not (keys := Path(part.site.srs.keys)).exists():
            write_keys(keys)
        process = subprocess.Popen(  # noqa: S603  # what the unit starts
            ["/bin/sh", str(home / SCRIPT)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            program.wait(process, "postsrsd", _ask, _SECONDS, str)
            yield str
        finally:
            program.stop(process)


def _ask() -> None:
    """See that it answers."""
    host, _, port = LISTENS["srs"].rpartition(":")
    with socket.create_connection((host, int(port)), 2) as connection:
        connection.sendall(b"get nobody\n")
        if not connection.recv(100).startswith(b"500 "):
            raise OSError("it does not speak as it should")


lab = PostsrsdLab()
