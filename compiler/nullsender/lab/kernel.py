"""Call the kernel for what Python 3.11 has no function for: namespaces, mounts, and who ends with whom."""

from __future__ import annotations

import ctypes
import os
import signal

NEW_MOUNTS = 0x00020000
NEW_HOSTNAME = 0x04000000
NEW_MEMORY = 0x08000000  # that processes share (System V)
NEW_PROCESSES = 0x20000000
NEW_NETWORK = 0x40000000
_PRIVATE, _RECURSIVE, _DETACH = 1 << 18, 1 << 14, 2
_PARENT_DEATH, _SUBREAPER = 1, 36

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Give the calling thread namespaces of its own: unshare(2)."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Move the calling thread into a namespace: setns(2)."""
    _check(_libc.setns(descriptor, kind), "setns")


def mount(kind: str, where: str, options: str = "") -> None:
    """Mount a new file system: mount(2)."""
    data = options.encode() if options else None
    _check(_libc.mount(kind.encode(), where.encode(), kind.encode(), 0, data), f"mount {kind} {where}")


def make_mounts_private() -> None:
    """Keep what is mounted from now on away from the host."""
    _check(_libc.mount(None, b"/", None, _PRIVATE | _RECURSIVE, None), "mount / private")


def unmount(where: str) -> None:
    """Take a file system away at once; it ends when the last file of it is closed: umount2(2)."""
    _check(_libc.umount2(where.encode(), _DETACH), f"umount {where}")


def adopt_orphans() -> None:
    """Become the parent of every daemon that is started below this process: prctl(2), PR_SET_CHILD_SUBREAPER."""
    _check(_libc.prctl(_SUBREAPER, 1, 0, 0, 0), "prctl")


def end_with_parent() -> None:
    """Be killed when the thread that started this process ends: prctl(2), PR_SET_PDEATHSIG."""
    _check(_libc.prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0), "prctl")


def set_hostname(name: str) -> None:
    """Name the machine: sethostname(2)."""
    octets = name.encode()
    _check(_libc.sethostname(octets, len(octets)), "sethostname")


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
