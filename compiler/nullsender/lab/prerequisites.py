"""Say what keeps a machine from being made here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

# What a machine is made of, tried where nothing of it stays.
_TRIAL = """
ip link add a0 type veth peer name b0
mount -t tmpfs tmpfs /run
mkdir /run/upper /run/work
mount -t overlay overlay /etc -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work
"""


@cache
def missing() -> str | None:
    """Return what is missing, None when a machine can be made."""
    if sys.platform != "linux":
        return "servers are booted in namespaces of Linux"
    if os.geteuid() != 0:
        return "servers are booted as root"
    if find_spec("dns") is None:
        return "dnspython is not installed: pip install dnspython"
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    for program, package in (("ip", "iproute2"), ("unshare", "util-linux")):
        if shutil.which(program, path=path) is None:
            return f"`{program}` is not installed: apt-get install {package}"
    trial = subprocess.run(  # noqa: S603
        ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "sh", "-ec", _TRIAL],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    return f"the kernel gives no private machine: {trial.stderr.strip()}" if trial.returncode != 0 else None
