"""Make a disagreement small: without every statement, recipient and fact that it does not need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from nullsender.agreement import Disagreement
from nullsender.lab.lab import Lab
from nullsender.session import GREETING, STRANGER, Message, Session
from tests.differential.playing import compiled
from tests.differential.policies import Draft
from tests.differential.servers import running
from tests.differential.stacks import Stack
from tests.differential.world import furnished, placed

_MODIFIER = re.compile(
    r' (?:at SMTP time|at (?:rcpt|data|content)|allow approximate|report only|as r\d+|because "[^"]*"'
    r"|(?:from|until) [\d-]+|on one(?:, two)?|except .*|when .*|with [^a].*?(?= (?:at|as|when|except|on|report)\b|$))"
)
_PLAIN: Mapping[str, tuple[object, ...]] = {  # the plainest first
    "sender": ("", "joe@elsewhere.example"),
    "client": (STRANGER,),
    "helo": (GREETING,),
    "login": (None,),
    "score": (0.0,),
    "first_contact": (False,),
    "before": (0, 1),
    "message": (Message(),),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A session at a stack that did not go as its policy means it."""

    stack: Stack
    draft: Draft
    session: Session
    wrong: tuple[Disagreement, ...]


def shrunk(lab: Lab, found: Found) -> Found:
    """Return the smallest that could be found and still shows something wrong of the same kind."""
    what = {one.what for one in found.wrong}
    last = None
    while found != last:
        last = found
        found = _with_fewer_facts(lab, found, what)
        for draft in _smaller(found.draft):
            left = _wrong(lab, found.stack, draft, (found.session,), what)
            if left is not None:
                found = left
                break
    return found


def _with(session: Session, name: str, value: Any) -> Session:
    return replace(session, **{name: value})


def _with_fewer_facts(lab: Lab, found: Found, what: set[str]) -> Found:
    """Take away facts as long as it goes, all on one boot."""
    simpler = tuple(dict.fromkeys(_simpler(found.session)))
    left = _wrong(lab, found.stack, found.draft, simpler, what)
    return found if left is None else _with_fewer_facts(lab, left, what)


def _wrong(lab: Lab, stack: Stack, draft: Draft, sessions: tuple[Session, ...], what: set[str]) -> Found | None:
    """Play sessions until one goes wrong, and return it."""
    one = compiled(draft, stack)
    if one is None or one.left_out or one.plan is None:
        return None
    policy, ready = furnished(one.policy, sessions)
    with suppress(RuntimeError), running(lab, one.policy, one.plan, one.outputs) as play:  # not every one starts
        for plain, session in zip(sessions, ready, strict=True):
            wrong = play(policy, session)
            if what & {disagreement.what for disagreement in wrong}:
                return Found(stack, draft, plain, wrong)
    return None


def _smaller(draft: Draft) -> Iterator[Draft]:
    """Yield drafts without a statement, then those with a modifier less."""
    lines = draft.statements
    for index in reversed(range(len(lines))):
        yield Draft((*lines[:index], *lines[index + 1 :]))
    for index, line in enumerate(lines):
        for modifier in _MODIFIER.finditer(line):
            yield Draft((*lines[:index], line[: modifier.start()] + line[modifier.end() :], *lines[index + 1 :]))


def _simpler(session: Session) -> Iterator[Session]:
    """Yield sessions that say less."""
    to = session.recipients
    for index in range(len(to)) if len(to) > 1 else ():
        yield placed(replace(session, recipients=(*to[:index], *to[index + 1 :])))
    for name, values in _PLAIN.items():
        if getattr(session, name) not in values:
            yield from (placed(_with(session, name, value)) for value in values)
    for index, recipient in enumerate(to):
        if recipient != recipient.lower():
            yield placed(replace(session, recipients=(*to[:index], recipient.lower(), *to[index + 1 :])))
