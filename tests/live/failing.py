"""Programs beside a server that end or fall silent during a session, and what a sender may notice of it.

A filter, a directory, whatever else the server asks: mail that it would have had to decide is deferred, nothing of it
is delivered or reported, and when the program is back mail goes on, though the server was not restarted.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from nullsender import discover
from nullsender.lab.dialogue import Dialogue
from nullsender.lab.machine import descendants
from nullsender.lab.replies import Reply
from nullsender.target import Lab
from tests.live.deployment import Deployed

_PATIENCE = 10.0  # seconds until a program has ended, or what was left in a queue has gone
Failure = Callable[[str, Callable[[], None]], AbstractContextManager[None]]


def processes(program: str) -> tuple[int, ...]:
    """Return the ids of all processes of this run whose program has that name (as in /proc/PID/comm)."""
    return tuple(sorted(process for process in descendants(os.getpid()) if _name(process) == program[:15]))


def commands(word: str) -> tuple[int, ...]:
    """Return the ids of all processes of this run that have a word on their command line."""
    return tuple(process for process in descendants(os.getpid()) if word in _words(process))


@contextmanager
def refusing(program: str, start: Callable[[], None], number: signal.Signals = signal.SIGKILL) -> Iterator[None]:
    """Kill a program: connections to it break, and new ones are refused. `start` brings it back."""
    _signal(program, number)
    until = time.monotonic() + _PATIENCE
    while any(_runs(process) for process in processes(program)):
        assert time.monotonic() < until, f"{program} does not end"
        time.sleep(0.01)
    try:
        yield
    finally:
        start()


@contextmanager
def silent(program: str, start: Callable[[], None]) -> Iterator[None]:  # noqa: ARG001  # it goes on by itself
    """Stop a program: the kernel takes connections for it, and nothing answers."""
    halt(processes(program))
    try:
        yield
    finally:
        _signal(program, signal.SIGCONT)


def halt(found: Iterable[int]) -> None:
    """Stop processes, and wait until none of their threads goes on: the signal may come a moment late."""
    found = tuple(found)
    assert found, "nothing is running"
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    until = time.monotonic() + _PATIENCE
    while any(map(_goes_on, found)):
        assert time.monotonic() < until, f"{found} do not stop"
        time.sleep(0.01)


def wake(found: Iterable[int]) -> None:
    """Let processes go on that were halted."""
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


def kill(found: Iterable[int]) -> None:
    """End processes, and wait until none of them runs."""
    found = tuple(found)
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    until = time.monotonic() + _PATIENCE
    while any(map(_runs, found)):
        assert time.monotonic() < until, f"{found} do not end"
        time.sleep(0.01)


def _goes_on(process: int) -> bool:
    with suppress(OSError):  # it has just ended
        states = (
            path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{process}/task").glob("*/stat")
        )
        return not all(state in "TtZX" for state in states)
    return False


FAILURES: Mapping[str, Failure] = {"refusing": refusing, "silent": silent}


def starting(deployed: Deployed, component: str) -> Callable[[], None]:
    """Return what boots a component of a deployment again; it ends with all other programs of the machine."""

    def start() -> None:
        output = next(output for output in deployed.outputs if output.part.component == component)
        lab = discover.load(component).lab
        assert lab is not None
        assert output.emitted.placement is not None
        _left.append(lab.boot(output.part, Path(output.emitted.placement.home)))
        _left[-1].__enter__()

    return start


_left: list[AbstractContextManager[Callable[[], str]]] = []  # what is never left: the machine ends it


def outcome(session: Dialogue, sender: str, recipient: str, message: bytes, before_data: Callable[[], object]) -> Reply:
    """Return the last reply to a message; `before_data` is called when its recipient has been answered."""
    replies = [session.mail(sender)]
    if replies[-1].positive:
        replies.append(session.rcpt(recipient))
    before_data()
    if replies[-1].positive:
        replies.append(session.say("DATA"))
    if replies[-1].code == 354:
        replies.append(session.message(message))
    return replies[-1]


def clear(deployed: Deployed) -> None:
    """Wait until what an earlier session left has been delivered, and forget it."""
    until = time.monotonic() + _PATIENCE
    while not _at_rest(deployed):
        assert time.monotonic() < until, f"mail does not leave\n{deployed.log()}"
        time.sleep(0.01)
    deployed.lab.sink.clear()


def nothing_left(deployed: Deployed, seconds: float = 1) -> bool:
    """Tell whether nothing arrived anywhere and nothing waits to leave: no message, and no report of one."""
    return not deployed.lab.sink.comes(lambda _: True, seconds) and _at_rest(deployed)


def labs(deployed: Deployed) -> Iterator[Lab]:
    """Yield the lab of each component."""
    found = (discover.load(output.part.component).lab for output in deployed.outputs)
    return (lab for lab in found if lab)


def _at_rest(deployed: Deployed) -> bool:
    return all(lab.at_rest("disconnect from") for lab in labs(deployed))


def _signal(program: str, number: signal.Signals) -> None:
    found = processes(program)
    assert found, f"no {program} is running"
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _name(process: int) -> str:
    with suppress(OSError):  # it has just ended
        return Path(f"/proc/{process}/comm").read_text().strip()
    return ""


def _words(process: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return []


def _runs(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
