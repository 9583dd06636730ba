"""Which tests are played on one boot: all days on which a deployment's files are the same share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from nullsender.emit import Output
from nullsender.evaluator import evaluate
from nullsender.example import Example
from nullsender.frontend import Built, build
from nullsender.lab.playing import cannot_play
from nullsender.lists import read_lists
from nullsender.plan import DeploymentPlan
from nullsender.policy import Deployment, Policy
from nullsender.session import Session
from nullsender.testing.running import Result, Run
from nullsender.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Turn:
    """A test that is to be played to a deployment, with the policy and the plan as they are on its day.

    `session` has what the lists know, `verdict` is what has to become of it, and `unplayable` says why its facts cannot
    be brought about, where they cannot.
    """

    number: int  # in the order written
    example: Example
    day: date
    policy: Policy
    plan: DeploymentPlan
    session: Session
    verdict: Verdict
    unplayable: str | None


@dataclass(frozen=True, slots=True)
class Round:
    """A deployment as it is on some days, and the tests of these days that speak of it."""

    deployment: Deployment
    built: Built
    turns: tuple[Turn, ...]


def rounds(path: Path, run: Run, deployment: Deployment) -> tuple[Round, ...]:
    """Return the rounds of one deployment of the policy at `path`, of which `run` has the tests."""
    found: dict[object, Round] = {}
    for day, _ in run.policies:
        numbered = [
            (number, result)
            for number, result in enumerate(run.results)
            if result.day == day and result.example.deployment in (None, deployment.name)
        ]
        if not numbered:
            continue
        built = build(path, day, standalone=True, only=(deployment.name,))
        key = _files(built.outputs) if built.good else day
        earlier = found.get(key, Round(deployment, built, ()))
        found[key] = Round(deployment, earlier.built, (*earlier.turns, *_turns(built, numbered)))
    return tuple(found.values())


def _turns(built: Built, numbered: Iterable[tuple[int, Result]]) -> Iterator[Turn]:
    if built.policy is None or built.plan is None:
        return
    (plan,) = built.plan.deployments
    for number, result in numbered:
        example, fails = result.example, result.example.lookups_fail
        read, (session,) = read_lists(built.policy, [example.session], live=not fails)
        verdict = evaluate(read, session, plan.name)
        unplayable = cannot_play(session, built.policy, lookups_fail=fails)
        yield Turn(number, example, result.day, read, plan, session, verdict, unplayable)


def _files(outputs: Iterable[Output]) -> str:
    """Return a digest of all that a deployment's programs read, and of the signs by which its rules show."""
    digest = sha256()
    for output in outputs:
        digest.update(repr((output.part.component, sorted(output.emitted.fixed_texts.items()))).encode())
        for artifact in output.emitted.artifacts:
            digest.update(repr((str(artifact.path), artifact.mode)).encode())
            for chunk in artifact.chunks():
                digest.update(chunk)
    return digest.hexdigest()
