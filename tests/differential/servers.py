"""Run the stacks for real: a deployment on a fresh machine, and what is seen of each session that is played to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nullsender.agreement import Disagreement, Signs, disagreements
from nullsender.emit import Output
from nullsender.evaluator import evaluate
from nullsender.frontend import Built
from nullsender.lab.deploying import placed
from nullsender.lab.directories.asked import directories
from nullsender.lab.lab import Lab
from nullsender.lab.playing import Player, live_files, write_file
from nullsender.observation import Observed
from nullsender.plan import DeploymentPlan, Plan
from nullsender.policy import Policy
from nullsender.session import Session
from nullsender.verdict import Verdict
from tests.differential.doorway import Doorway
from tests.differential.playing import DEPLOYMENT
from tests.differential.stacks import DOORMAN
from tests.differential.world import LIVE, Files, contents_of

Play = Callable[[Policy, Session], tuple[Disagreement, ...]]
Watch = Callable[[Session, Verdict], Observed]


@contextmanager
def running(
    lab: Lab, policy: Policy, plan: DeploymentPlan, outputs: tuple[Output, ...], live: Files = LIVE
) -> Iterator[Play]:
    """Run a deployment, and return what plays a session to it and says what was not as it is meant to be.

    The policy and the session that it is given have their lists read. `live` are all files of the server's own.
    """
    with watching(lab, policy, plan, outputs, live) as (watch, signs):

        def play(policy: Policy, session: Session) -> tuple[Disagreement, ...]:
            verdict = evaluate(policy, session, DEPLOYMENT)
            return disagreements(verdict, watch(session, verdict), policy, plan, signs, session)

        yield play


@contextmanager
def watching(
    lab: Lab, policy: Policy, plan: DeploymentPlan, outputs: tuple[Output, ...], live: Files = LIVE
) -> Iterator[tuple[Watch, Signs]]:
    """Run a deployment, and return what plays a session to it and says what was seen, and how rules show."""
    contents = contents_of(live)

    def prepare() -> None:
        for file in live_files(policy):
            write_file(Path(file.path), contents.get(file.path))
        lab.directories.hold({asked: contents.get(asked.place) for asked in directories(policy)})

    real = tuple(output for output in outputs if output.part.component != DOORMAN)
    parts = tuple(output.part for output in real)
    built = Built(policy, Plan((replace(plan, parts=parts),)), real, ())
    with placed(lab, built, prepare=prepare) as deployed:
        player = Player(deployed, contents, settled=True)
        doorway = Doorway(player) if len(real) < len(outputs) else None
        yield (doorway.play if doorway else lambda session, _: player.play(session)), deployed.signs()
