"""Go on in a process that takes with it, however it ends, everything that it started.

A process namespace of its own does that: when its first process ends, be it by SIGKILL, the kernel kills all others
in it, and with the last of them the files in memory and the networks of the machine vanish. The process that was
called by the user stays outside. It cannot become the first process itself, since only children are born into the new
namespace; and `unshare --fork --kill-child` would do the same, but keeps SIGTERM to itself. So this process forks,
hands signals on and waits; when it is killed, the kernel kills the child for it.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from nullsender.lab import kernel

_LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def go_alone() -> None:
    """Return in a child that is alone; the caller's process ends as it does. To be called before anything is open."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    parent_lives, parent_holds = os.pipe()
    outside = os.open("/proc/self/ns/pid", os.O_RDONLY)
    kernel.unshare(kernel.NEW_PROCESSES)
    child = os.fork()
    if child:
        kernel.setns(outside, kernel.NEW_PROCESSES)  # what this process starts later is not born into it
        os.close(parent_lives)
        _end_as(child)
    os.close(parent_holds)
    os.close(outside)
    kernel.end_with_parent()
    os.set_blocking(parent_lives, False)
    try:
        os.read(parent_lives, 1)
    except BlockingIOError:  # it still holds its end
        os.close(parent_lives)
    else:
        os._exit(1)
    for number in _LEAVING:
        signal.signal(number, _leave)
    kernel.unshare(kernel.NEW_MOUNTS)
    kernel.make_mounts_private()
    kernel.mount("proc", "/proc")


def _end_as(child: int) -> NoReturn:
    def hand_on(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of handlers
        with suppress(ProcessLookupError):  # it has ended by itself
            os.kill(child, number)

    for number in _LEAVING:
        signal.signal(number, hand_on)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(128 - code if code < 0 else code)


def _leave(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  # the signature of handlers
    """Unwind at the first signal and do not be disturbed by more: a terminal's Ctrl-C comes here twice."""
    for other in _LEAVING:
        signal.signal(other, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)
