"""Make mistakes in lowerings and in the evaluator, one at a time, and see which of them sessions find out.

`sh tests/run --mutate` makes about two hundred, in twenty minutes; `--mutate exim 30` thirty in the sources of one
target, and as many in its parts as there are. It is no test: it measures tests.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

from nullsender.lab.lab import Lab
from nullsender.lab.machine import Machine, descendants
from tests.differential.campaign import Round
from tests.live.lab import furnish
from tests.mutation import evaluating, playing
from tests.mutation.parts import OPERATORS
from tests.mutation.playing import Fate
from tests.mutation.sources import Mutant, of_lua, of_python
from tests.servers.packages import unpacked_trees

ROOT = Path(__file__).parents[2]
MODULES = {
    "exim": (
        *("conditions", "rules", "recipients", "sets", "lower", "spelling", "comparing", "statements"),
        *("counting", "memory", "signing", "searching", "headers", "filtering", "tags", "ndrs"),
    ),
    "postfix": (
        *("questions", "gates", "access", "recipients", "sets", "lower", "partial", "blocklists", "callouts"),
        *("memory", "remembering", "forwarding", "returning", "detours", "directories", "tags"),
    ),
    "rspamd": ("lower",),
}
CHOICES = 2  # mutants of each operator on parts
LONGEST = 240  # seconds for a mutant
SOURCES = 40  # of each target
EVALUATOR = "evaluator"
_BEST = ("killed", "refused")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant, of what, and how to find out what becomes of it."""

    target: str
    operator: str
    name: str
    run: Callable[[], Fate]


def main(arguments: list[str]) -> None:
    targets = arguments[:1] or [*MODULES, EVALUATOR]
    count = int(arguments[1]) if len(arguments) > 1 else SOURCES
    began = time.monotonic()
    results: list[tuple[Trial, Fate]] = []
    for target in targets:
        for trial in _trials(target, count):
            fate = _apart(trial.run)
            results.append((trial, fate))
            print(f"{time.monotonic() - began:6.0f} s  {fate.word:<10} {target}: {trial.name}  {fate.why}", flush=True)
    _report(results)


def _trials(target: str, count: int) -> Iterator[Trial]:
    if target == EVALUATOR:
        yield from _of_evaluator(count)
        return
    rounds = playing.rounds_of(playing.stack_of(target))
    for operator in OPERATORS:
        for choice in range(CHOICES):
            yield Trial(target, f"part: {operator}", f"{operator} ({choice})", _part(target, operator, choice, rounds))
    for mutant in _sampled(_sources(target), count):
        yield Trial(target, mutant.operator, _name(mutant), _source(target, mutant, rounds))


def _of_evaluator(count: int) -> Iterator[Trial]:
    stack = playing.stack_of("exim")
    rounds = playing.rounds_of(stack)
    seen = _apart(lambda: evaluating.observed(_lab(), rounds))
    for mutant in _sampled([m for path in evaluating.MODULES for m in of_python(path)], count):
        run = _judging(mutant, rounds, seen)
        yield Trial(EVALUATOR, mutant.operator, _name(mutant), run)


def _part(target: str, operator: str, choice: int, rounds: tuple[Round, ...]) -> Callable[[], Fate]:
    def run() -> Fate:
        fate = playing.play(_lab, target, rounds, playing.of_part(target, operator, choice))
        if fate.word == "survived" and playing.is_equivalent(target, operator, choice, rounds):
            return Fate("equivalent", fate.sessions)
        return fate

    return run


def _source(target: str, mutant: Mutant, rounds: tuple[Round, ...]) -> Callable[[], Fate]:
    def run() -> Fate:
        try:
            emit = playing.of_source(target, mutant)
        except Exception as error:  # it cannot even be loaded
            return Fate("refused", 0, f"{type(error).__name__}: {str(error)[:80]}")
        return playing.play(_lab, target, rounds, emit)

    return run


def _judging(mutant: Mutant, rounds: tuple[Round, ...], seen: evaluating.Seen) -> Callable[[], Fate]:
    return lambda: evaluating.judge(mutant, rounds, seen)


def _sources(target: str) -> list[Mutant]:
    folder = ROOT / "targets" / "nullsender_targets" / target
    python = [mutant for name in MODULES[target] for mutant in of_python(folder / f"{name}.py")]
    return [*python, *(mutant for path in sorted(folder.glob("engine/*.lua")) for mutant in of_lua(path))]


def _sampled(mutants: list[Mutant], count: int) -> list[Mutant]:
    chosen = random.Random(1).sample(mutants, min(count, len(mutants)))  # noqa: S311
    return sorted(chosen, key=lambda mutant: (str(mutant.path), mutant.line))


def _name(mutant: Mutant) -> str:
    place = mutant.path.relative_to(ROOT)
    return f"{place}:{mutant.line}: {mutant.operator}: {mutant.before} -> {mutant.after}"


def _lab() -> Lab:
    """Return a machine of this process's own; it ends with it."""
    machine = Machine(unpacked_trees())
    furnish()
    return Lab(machine)


def _apart(run: Callable[[], T]) -> T:
    """Run in a child that has everything this process has, and may change all of it."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            with os.fdopen(writing, "wb") as answer:
                signal.signal(signal.SIGALRM, _too_long)
                signal.alarm(LONGEST)
                pickle.dump(run(), answer)
        except BaseException:
            traceback.print_exc()
        finally:
            _end_programs()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        octets = answer.read()
    os.waitpid(child, 0)
    found: T = pickle.loads(octets)  # noqa: S301  # the child is ours
    return found


def _too_long(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  # the signature of handlers
    raise TimeoutError("it takes too long")


def _end_programs() -> None:
    for process in descendants(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _report(results: list[tuple[Trial, Fate]]) -> None:
    for what in ("target", "operator"):
        table: dict[str, Counter[str]] = defaultdict(Counter)
        for trial, fate in results:
            table[getattr(trial, what)][fate.word] += 1
        print(f"\n{what:<32} killed  survived  equivalent  idle")
        for name, counts in sorted(table.items()):
            killed = sum(counts[word] for word in _BEST)
            print(f"{name:<32} {killed:6}  {counts['survived']:8}  {counts['equivalent']:10}  {counts['idle']:4}")
    killed = sum(fate.word in _BEST for _, fate in results)
    lived = [trial for trial, fate in results if fate.word == "survived"]
    print(f"\n{len(results)} mutants; of {killed + len(lived)} that show, {killed} were found out. Survivors:")
    for trial in lived:
        print(f"  {trial.target}: {trial.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
