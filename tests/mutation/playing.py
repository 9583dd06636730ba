"""Play a campaign to a stack with a mistake in it, until something goes otherwise."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from nullsender import discover
from nullsender.emit import Output
from nullsender.evaluator import evaluate
from nullsender.lab.lab import Lab
from nullsender.plan import Part
from nullsender.target import Artifact, Emitted
from tests.differential.campaign import Campaign, Round
from tests.differential.directed import directed
from tests.differential.playing import DEPLOYMENT
from tests.differential.servers import running
from tests.differential.stacks import STACKS, Stack
from tests.differential.world import furnished
from tests.mutation import parts
from tests.mutation.sources import Mutant

POLICIES, SESSIONS, DIRECTED_SESSIONS = 40, 12, 40
STACK_OF = {"exim": "exim", "postfix": "postfix", "rspamd": "rspamd"}
Emit = Callable[[Part, Round], Emitted]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant, and how many sessions that took. `idle`: nothing that is played got other files."""

    word: str  # killed, refused, survived, equivalent, idle
    sessions: int = 0
    why: str = ""


def stack_of(target: str) -> Stack:
    return next(stack for stack in STACKS if stack.name == STACK_OF[target])


def rounds_of(stack: Stack) -> tuple[Round, ...]:
    campaign = Campaign(stack, POLICIES, SESSIONS)
    return (*campaign.directed(directed(stack), DIRECTED_SESSIONS), *campaign.rounds())


def emitted(target: str, one: Round) -> Iterator[tuple[int, Output]]:
    outputs = one.compiled.outputs
    return ((number, output) for number, output in enumerate(outputs) if output.part.component == target)


def play(lab: Callable[[], Lab], target: str, rounds: tuple[Round, ...], emit: Emit) -> Fate:
    """Play the rounds in which the target makes other files than without the mistake."""
    played = 0
    opened: Lab | None = None
    for one in rounds:
        for number, output in emitted(target, one):
            try:
                emission = emit(output.part, one)
                if files(emission) == files(output.emitted):
                    continue
                opened = opened or lab()
                outputs = list(one.compiled.outputs)
                outputs[number] = replace(output, emitted=emission)
                for wrong in _wrong(opened, one, tuple(outputs)):
                    played += 1
                    if wrong:
                        return Fate("killed", played, wrong)
            except Exception as error:
                return Fate("refused", played, f"{type(error).__name__}: {str(error)[:80]}")
    return Fate("survived" if played else "idle", played)


def _wrong(lab: Lab, one: Round, outputs: tuple[Output, ...]) -> Iterator[str]:
    assert one.compiled.plan is not None
    with running(lab, one.compiled.policy, one.compiled.plan, outputs) as held:
        for session, _ in one.sessions:
            yield "; ".join(map(str, held(one.policy, session)))[:120]


def files(of: Emitted) -> tuple[tuple[str, bytes], ...]:
    return tuple((str(artifact.path), b"".join(artifact.chunks())) for artifact in of.artifacts)


# --- mistakes ---------------------------------------------------------------------------------------------------------
def of_part(target: str, operator: str, choice: int) -> Emit:
    """Return what emits parts in each of which there is one mistake with whole rules."""

    def emit(part: Part, _: Round) -> Emitted:
        found = parts.changed(part, operator, choice)
        return discover.load(target).emit(found[0] if found else part)

    return emit


def is_equivalent(target: str, operator: str, choice: int, rounds: tuple[Round, ...]) -> bool:
    """Tell whether the evaluator, given the mistakes, says the same of every session."""
    for one in rounds:
        for _, output in emitted(target, one):
            found = parts.changed(output.part, operator, choice)
            if found is None:
                continue
            changed = parts.meaning(one.policy, output.part, found[1])
            policy, sessions = furnished(changed, tuple(session for session, _ in one.sessions))
            for session, (_, verdict) in zip(sessions, one.sessions, strict=True):
                if shown(evaluate(policy, session, DEPLOYMENT)) != shown(verdict):
                    return False
    return True


def shown(verdict: Any) -> Any:
    return replace(verdict, trace=())


def of_source(target: str, mutant: Mutant) -> Emit:
    """Return what emits with another source; only in a process that ends afterwards."""
    if mutant.path.suffix == ".lua":
        return lambda part, _: _with_file(discover.load(target).emit(part), mutant)
    reload(mutant, f"nullsender_targets.{target}")
    discover.load.cache_clear()
    changed = discover.load(target)
    return lambda part, _: changed.emit(part)


def _with_file(of: Emitted, mutant: Mutant) -> Emitted:
    def text() -> Iterator[bytes]:
        yield mutant.text.encode()

    artifacts = (
        Artifact(a.path, text, a.origins, a.mode) if a.path.name == mutant.path.name else a for a in of.artifacts
    )
    return replace(of, artifacts=tuple(artifacts))


def reload(mutant: Mutant, *packages: str) -> None:
    """Forget the modules of these packages, and read the mutant's source when its module is wanted again."""
    for name in [name for name in sys.modules if any(name == p or name.startswith(f"{p}.") for p in packages)]:
        del sys.modules[name]
        home, _, leaf = name.rpartition(".")
        if hasattr(sys.modules.get(home), leaf):
            delattr(sys.modules[home], leaf)
    sys.meta_path.insert(0, _Finder(mutant))


class _Finder(MetaPathFinder, Loader):
    """Finds the module of a mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        for folder in path or ():
            if Path(folder, f"{name.rpartition('.')[2]}.py") == self.mutant.path:
                return importlib.util.spec_from_file_location(name, self.mutant.path, loader=self)
        return None

    def create_module(self, spec: ModuleSpec) -> None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.text, str(self.mutant.path), "exec"), module.__dict__)  # noqa: S102
