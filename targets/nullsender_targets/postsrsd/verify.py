"""Let the shell read the script that was generated: postsrsd itself has no files to check."""

from __future__ import annotations

import subprocess
from pathlib import Path

from nullsender.target import Finding, Verification
from nullsender_targets.postsrsd.placement import SCRIPT

_RAN = "sh -n"


def verify(folder: Path, standalone: bool) -> Verification:  # noqa: ARG001  # its files are the same in both modes
    """Run `sh -n` on the script below `folder`, if there is one."""
    if not (folder / SCRIPT).exists():
        return Verification()
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-n", str(folder / SCRIPT)], capture_output=True, text=True, errors="replace", check=False
    )
    return Verification((_RAN,), findings=(Finding(SCRIPT, None, done.stderr.strip()),) if done.returncode else ())
