"""Let the real Redis read what was generated."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from nullsender.target import Finding, Verification
from nullsender_targets.redis.placement import FILE, NOWHERE, READ_IT

_RAN = "redis-server, listening nowhere"
_SECONDS = 20


def verify(folder: Path, standalone: bool) -> Verification:  # noqa: ARG001  # its file is the same in both modes
    """Run `redis-server` on its file; it says what it does not understand, and ends."""
    program = shutil.which("redis-server")
    if program is None:
        return Verification(not_run=(f"{_RAN}: redis is not installed",))
    done = subprocess.run(  # noqa: S603  # the program that PATH names
        [program, str(folder / FILE), *NOWHERE],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=_SECONDS,
    )
    findings = () if READ_IT in done.stdout else (Finding(FILE, None, done.stdout.strip()),)
    return Verification((_RAN,), findings=findings)
