"""Hold an evaluator with a mistake in it to what was seen of real servers."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from nullsender import evaluator
from nullsender.agreement import disagreements
from nullsender.lab.lab import Lab
from nullsender.observation import Observed
from tests.differential.campaign import Round
from tests.differential.playing import DEPLOYMENT
from tests.differential.servers import watching
from tests.mutation.playing import Fate, reload, shown
from tests.mutation.sources import Mutant

_HOME = Path(evaluator.__file__).parent
MODULES = tuple(_HOME / f"{name}.py" for name in ("evaluator", "asking", "leaving", "membership", "truth"))
_PACKAGES = tuple(f"nullsender.{path.stem}" for path in MODULES)
Seen = tuple[tuple[tuple[Observed, ...], object], ...]


def observed(lab: Lab, rounds: tuple[Round, ...]) -> Seen:
    """Play all rounds and return what was seen of each session, and how rules show."""
    found = []
    for one in rounds:
        assert one.compiled.plan is not None
        with watching(lab, one.compiled.policy, one.compiled.plan, one.compiled.outputs) as (watch, signs):
            found.append((tuple(watch(session, verdict) for session, verdict in one.sessions), signs))
    return tuple(found)


def judge(mutant: Mutant, rounds: tuple[Round, ...], seen: Seen) -> Fate:
    """Evaluate with the mistake until a verdict is not what was seen."""
    reload(mutant, *_PACKAGES)
    judged = 0
    try:
        evaluate = import_module("nullsender.evaluator").evaluate
        sys.modules.update({name: sys.modules[name] for name in _PACKAGES if name in sys.modules})
        differs = False
        for one, (observations, signs) in zip(rounds, seen, strict=True):
            assert one.compiled.plan is not None
            for (session, verdict), observation in zip(one.sessions, observations, strict=True):
                judged += 1
                other = evaluate(one.policy, session, DEPLOYMENT)
                differs = differs or shown(other) != shown(verdict)
                wrong = disagreements(other, observation, one.policy, one.compiled.plan, signs, session)  # type: ignore[arg-type]
                if wrong:
                    return Fate("killed", judged, str(wrong[0])[:120])
    except Exception as error:
        return Fate("refused", judged, f"{type(error).__name__}: {str(error)[:80]}")
    return Fate("survived" if differs else "idle", judged)
