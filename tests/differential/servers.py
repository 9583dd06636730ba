"""Run the stacks for real: a deployment on a fresh machine, and what is seen of each session that is played to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nullsender.agreement import Disagreement, disagreements
from nullsender.evaluator import evaluate
from nullsender.frontend import Built
from nullsender.lab.deploying import placed
from nullsender.lab.lab import Lab
from nullsender.lab.playing import Player, live_files, write_file
from nullsender.observation import Observed
from nullsender.plan import Plan
from nullsender.policy import Policy
from nullsender.session import Session
from nullsender.verdict import Verdict
from tests.differential.doorway import Doorway
from tests.differential.playing import DEPLOYMENT, Compiled
from tests.differential.stacks import DOORMAN
from tests.differential.world import CONTENTS

Observe = Callable[[Session, Verdict], Observed]


@contextmanager
def running(lab: Lab, compiled: Compiled) -> Iterator[Callable[[Policy, Session], tuple[Disagreement, ...]]]:
    """Run what was compiled, and return what plays a session to it and says what was not as it is meant to be.

    The policy that it is given has its lists read, and so has the session.
    """
    plan, filters = compiled.plan, tuple(o for o in compiled.outputs if o.part.component != DOORMAN)
    assert plan is not None

    def prepare() -> None:
        for file in live_files(compiled.policy):
            write_file(Path(file.path), CONTENTS.get(file.path))

    alone = replace(plan, parts=tuple(part for part in plan.parts if part.component != DOORMAN))
    built = Built(compiled.policy, Plan((alone,)), filters, ())
    with placed(lab, built, prepare=prepare) as deployed:
        player: Observe
        if len(filters) == len(compiled.outputs):
            by_smtp = Player(deployed, CONTENTS, settled=True)
            player = lambda session, _: by_smtp.play(session)  # noqa: E731
        else:
            player = Doorway(Player(deployed, CONTENTS, settled=True)).play
        signs = deployed.signs()

        def play(policy: Policy, session: Session) -> tuple[Disagreement, ...]:
            verdict = evaluate(policy, session, DEPLOYMENT)
            return disagreements(verdict, player(session, verdict), policy, plan, signs, session)

        yield play
