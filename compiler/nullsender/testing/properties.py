"""Try what must hold for all sessions on many: those of the tests, and those that the policy's conditions speak of.

A property speaks of sessions in which every lookup is answered: one that fails defers, and `always reject` would hold
for no policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import islice
from random import Random

from nullsender import condition as c
from nullsender.asking import View, ask
from nullsender.evaluator import evaluate
from nullsender.example import Property
from nullsender.lists import read_lists
from nullsender.policy import Policy
from nullsender.session import Session
from nullsender.testing.probing import prober, said_to_be_known
from nullsender.truth import Truth, answer
from nullsender.verdict import Verdict

TRIES = 1_000  # sessions that are thought of for each property
_SEED = 20260101  # the same sessions every time


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A session in which a property does not hold, for one of its recipients."""

    deployment: str
    session: Session
    verdict: Verdict
    recipient: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What trying a property showed: in how many sessions its condition was true, and one that breaks it."""

    property: Property
    tried: int
    met: int
    counterexample: Counterexample | None


def try_properties(policy: Policy, sessions: Iterable[Session]) -> tuple[Finding, ...]:
    """Return what trying each property of a policy shows; `sessions` are tried beside those that are thought of."""
    sessions = tuple(session for session in sessions if not session.unanswered and not session.silent)
    return tuple(_try(number, policy, sessions) for number in range(len(policy.properties)))


def _try(number: int, policy: Policy, sessions: tuple[Session, ...]) -> Finding:
    source = prober(policy, policy.properties[number].condition)
    random = Random(_SEED)  # noqa: S311  # no secret
    thought_of = islice(source.sessions(random, policy.properties[number].condition), TRIES)
    read, ready = read_lists(policy, (*sessions, *(said_to_be_known(session, source) for session in thought_of)))
    wanted = read.properties[number]
    tried = met = 0
    for deployment in (one.name for one in policy.deployments):
        for session in ready:
            verdict = evaluate(read, session, deployment)
            in_question = _in_question(wanted.condition, View(read, deployment, session, ()), verdict)
            tried, met = tried + 1, met + any(True for _ in in_question)
            if _broken(wanted, read, session, deployment) is not None:
                return Finding(wanted, tried, met, _simplest(wanted, read, session, deployment))
    return Finding(wanted, tried, met, None)


def _broken(wanted: Property, policy: Policy, session: Session, deployment: str) -> Counterexample | None:
    """Return for whom a session breaks the property, if for anybody."""
    verdict = evaluate(policy, session, deployment)
    for recipient in _in_question(wanted.condition, View(policy, deployment, session, ()), verdict):
        if (verdict.of(recipient).outcome is wanted.outcome) is not wanted.always:
            return Counterexample(deployment, session, verdict, recipient)
    return None


def _simplest(wanted: Property, policy: Policy, session: Session, deployment: str) -> Counterexample | None:
    """Return a counterexample from which nothing can be left out: no recipient, and no fact that is not a default."""
    found = _broken(wanted, policy, session, deployment)
    simpler = found
    while found and simpler:
        tries = (_broken(wanted, policy, one, deployment) for one in _simpler(found.session))
        simpler = next(filter(None, tries), None)
        found = simpler or found
    return found


def _simpler(session: Session) -> Iterator[Session]:
    recipients = session.recipients
    if len(recipients) > 1:
        yield from (
            replace(session, recipients=(*recipients[:i], *recipients[i + 1 :])) for i in range(len(recipients))
        )
    plain = Session(recipients)
    for name in (f.name for f in fields(Session) if f.name not in ("recipients", "known", "absent")):
        if getattr(session, name) != getattr(plain, name):
            yield replace(session, **{name: getattr(plain, name)})


def _in_question(condition: c.Condition, view: View, verdict: Verdict) -> Iterator[str]:
    """Yield the recipients for whom a condition is true; what it asks of the message it asks of the whole message."""
    score = max(verdict.score, view.session.score)

    def of(recipient: str) -> Callable[[c.Atom], Truth]:
        one = replace(view, recipients=(recipient,), score=score)
        whole = replace(view, recipients=verdict.accepted, score=score)
        return lambda atom: ask(whole if isinstance(atom, c.RecipientsOver) else one, atom)

    for recipient in dict.fromkeys(view.session.recipients):
        if answer(condition, of(recipient)) is True:
            yield recipient
