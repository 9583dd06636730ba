"""Wait until a program that was started in the lab answers, and end one in the end."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable


def wait(
    process: subprocess.Popen[bytes], name: str, ask: Callable[[], None], seconds: float, said: Callable[[], str]
) -> None:
    """Ask until the program answers; `ask` raises OSError as long as it does not.

    Raises RuntimeError when the program has ended, TimeoutError after so many seconds, with what it `said`.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended at once:\n{said()}")
        try:
            ask()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"{name} does not answer:\n{said()}")


def connect(host: str, port: int) -> None:
    """See that somebody takes connections there; raises OSError where nobody does."""
    socket.create_connection((host, port), 1).close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program that is done when it is told to be, and kill one that is not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
