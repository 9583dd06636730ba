"""Measure what users wait for, each against a yardstick of the same run: `sh tests/run --bench`.

The figures of a machine say little, the ratios more; nothing here passes or fails.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What was compiled is kept, as it is where nullsender was installed; some machines switch that off for everything.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
COMMAND = str(Path(sys.executable).with_name("nullsender"))
EDGE = str(ROOT / "examples" / "edge.ndr")
MILLION = 1_000_000
POLICY = """\
policy "a million"
domains mine = example.org
recipients of mine from file "people.txt"
deliver mine to lmtp 127.0.0.1:24
reject bounces to several recipients
"""
PLAIN = "import sys; open(sys.argv[2], 'w').writelines(sorted(set(open(sys.argv[1]))))"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: seconds from start to end, and the most memory it held, in MB."""

    seconds: float
    megabytes: float


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="nullsender-bench-") as folder:
        bare = median([sys.executable, "-c", "pass"], 21)
        show("bare Python", bare, bare)
        show("nullsender --help", median([COMMAND, "--help"], 21), bare)
        compiling = [COMMAND, "compile", EDGE, "--out", f"{folder}/out", "--no-verify"]
        measure(compiling)  # warms the caches
        show("compile examples/edge.ndr, warm", median(compiling, 11), bare)
        show("check examples/edge.ndr, warm", median([COMMAND, "check", EDGE], 11), bare)
        million(Path(folder))
    return 0


def million(folder: Path) -> None:
    """Compile a million recipients for each deployment of the example, against sorting the same lines in Python."""
    people = folder / "people.txt"
    with people.open("w") as file:
        file.writelines(f"user{i * 7919 % MILLION:07}@example.org\n" for i in range(MILLION))
    deployments = [line for line in Path(EDGE).read_text().splitlines() if line.startswith("deploy ")]
    yardstick = measure([sys.executable, "-c", PLAIN, str(people), f"{folder}/sorted"])
    show("a million lines, sorted by Python", yardstick, yardstick)
    for line in deployments:
        policy = folder / "million.ndr"
        policy.write_text(f"{POLICY}{line}\n")
        run = measure([COMMAND, "compile", str(policy), "--out", f"{folder}/million", "--no-verify"])
        show(f"a million recipients: {line}", run, yardstick)


def median(command: Sequence[str], times: int) -> Run:
    runs = [measure(command) for _ in range(times)]
    return Run(statistics.median(run.seconds for run in runs), max(run.megabytes for run in runs))


def measure(command: Sequence[str]) -> Run:
    """Run a command that must succeed, with its output thrown away."""
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    started = time.perf_counter()
    child = os.posix_spawn(command[0], list(command), ENVIRONMENT, file_actions=silent)
    _, status, usage = os.wait4(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)}: exit code {code}")
    return Run(time.perf_counter() - started, usage.ru_maxrss / 1024)


def show(what: str, run: Run, yardstick: Run) -> None:
    ratio = run.seconds / yardstick.seconds
    print(f"{what:<70} {run.seconds * 1000:8.0f} ms {ratio:6.1f} x {run.megabytes:6.0f} MB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
