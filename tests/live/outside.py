"""Run commands as on the host, though the tests themselves have moved to a machine of their own.

Must be imported before that machine is made, as it is where test files import it.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_KINDS = ("mnt", "net", "uts")
_OPTIONS = {"mnt": "--mount", "net": "--net", "uts": "--uts"}
_HOST = {kind: os.open(path, os.O_RDONLY) for kind in _KINDS if Path(path := f"/proc/self/ns/{kind}").exists()}


def start(*command: str, environment: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start a command on the host's side; it can be sent signals itself."""
    options = [f"{_OPTIONS[kind]}=/proc/self/fd/{descriptor}" for kind, descriptor in _HOST.items()]
    there = ["--wd=" + str(cwd)] if cwd else []
    return subprocess.Popen(
        ["nsenter", *options, *there, "--", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
        pass_fds=tuple(_HOST.values()),
    )


def run(*command: str, environment: dict[str, str] | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
    """Run a command on the host's side and return its exit code and what it said."""
    with start(*command, environment=environment, cwd=cwd) as process:
        said, wrong = process.communicate(timeout=300)
    return process.returncode, said, wrong


def traces() -> str:
    """Return what would differ on the host if something had been left behind."""
    return run("sh", "-c", "cat /proc/self/mountinfo; ls -A /etc /var /run /usr/sbin")[1]
