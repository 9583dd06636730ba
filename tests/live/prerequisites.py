"""Say what keeps live tests from running here."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

from tests.servers import packages


@cache
def missing() -> str | None:
    """Return what is missing, None when live tests can run."""
    if sys.platform != "linux":
        return "servers are booted in namespaces of Linux"
    if os.geteuid() != 0:
        return "servers are booted as root"
    if absent := packages.missing():
        return f"not installed: {', '.join(absent)} (`sh tests/run` does it)"
    trial = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"the kernel gives no private network: {trial.stderr.strip()}" if trial.returncode != 0 else None
