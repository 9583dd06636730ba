"""However a process ends that went on alone, nothing of it stays on the host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

PLACES = ("etc", "var", "run")
# Makes a machine, starts a program that outlives whoever started it, says so, and ends as it is told.
PROGRAM = """
import subprocess, sys, time
from nullsender.lab.alone import go_alone
go_alone()
from nullsender.lab.lab import opened
with opened() as lab:
    subprocess.run(["sh", "-c", f"setsid sleep {sys.argv[1]} & touch /etc/left-behind /var/left-behind"], check=True)
    print("up", flush=True)
    if sys.argv[2] == "wait":
        time.sleep(60)
    elif sys.argv[2] == "fail":
        raise ValueError("for the test")
    else:
        sys.exit(int(sys.argv[2]))
"""


@contextmanager
def program(ending: str, temporary: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    seconds = f"86399.{time.monotonic_ns()}"
    command = [sys.executable, "-c", PROGRAM, seconds, ending]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    before = traces()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process, seconds
    assert becomes(False, seconds)
    assert traces() == before
    assert list(temporary.iterdir()) == []


def running(argument: str) -> bool:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        found.append(words[:2] == [b"sleep", argument.encode()])
    return any(found)


def becomes(wanted: bool, seconds: str) -> bool:
    """Tell whether the program that was left behind is running, or not, before long."""
    deadline = time.monotonic() + 5
    while running(seconds) != wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    return running(seconds) == wanted


def traces() -> list[str]:
    return [Path("/proc/self/mountinfo").read_text(), *(str(sorted(os.listdir(f"/{place}"))) for place in PLACES)]  # noqa: PTH208


@pytest.mark.parametrize(("ending", "code"), [("0", 0), ("3", 3), ("fail", 1)])
def test_a_process_ends_with_the_code_of_the_one_that_is_alone(tmp_path: Path, ending: str, code: int) -> None:
    with program(ending, tmp_path) as (process, _):
        said, wrong = process.communicate(timeout=30)
        assert (said, process.returncode) == ("up\n", code)
        assert ("ValueError: for the test" in wrong) == (ending == "fail")


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGKILL, -9)],
)
def test_a_signal_ends_everything(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with program("wait", tmp_path) as (process, seconds):
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        assert becomes(True, seconds)
        process.send_signal(number)
        assert process.wait(10) == code
