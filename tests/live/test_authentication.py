"""Every result of SPF and DMARC is told from the others on every stack that asks for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from nullsender.lab.publishing import cannot_publish
from nullsender.session import Session
from tests.differential.playing import Compiled, compiled
from tests.differential.policies import Draft
from tests.differential.servers import running
from tests.differential.stacks import STACKS, Stack, able
from tests.differential.words import DMARC, SPF
from tests.differential.world import furnished, placed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

SITE = ("recipients of mine are anyone", "deliver mine to lmtp 127.0.0.1:24", "trust clients in office")
ENDS = ("send ndrs only to trusted senders without a copy", "deploy one to {deploys}")
MAIL = Session(("alice@example.org",), "joe@partner.example")
SESSIONS = (
    MAIL,
    replace(MAIL, client="2001:db8:ff::9"),
    replace(MAIL, client="10.1.2.3"),  # a private network is not trusted for that
    replace(MAIL, sender=""),
    replace(MAIL, sender="", helo="[203.0.113.9]"),
    replace(MAIL, sender="", helo="nodots"),
    replace(MAIL, sender="joe@a.example", helo="client.example"),
)
LONGEST = 5.0  # seconds for a message, however domains answer
ASKING = tuple(stack for stack in STACKS if "spf" in able(stack))


def draft(stack: Stack) -> Draft:
    """Return a policy in which every result has a rule about ordinary mail and, as far as may be, one about bounces."""
    asked = [f"spf is {one}" for one in SPF] + [f"not spf is {one}" for one in SPF]
    if "dmarc" in able(stack):
        asked += [f"dmarc is {one}" for one in DMARC] + [f"not dmarc is {one}" for one in DMARC]
    rules = (
        f"reject {subject} when {one} report only as {subject.split()[0]}-{number}"
        for subject in ("ordinary mail", "bounces")
        for number, one in enumerate(asked)
    )
    return Draft((*SITE, *rules, *(end.format(deploys=stack.deploys) for end in ENDS)))


def sessions() -> Iterator[Session]:
    for one in SESSIONS:
        every = (replace(one, spf=spf, dmarc=dmarc) for spf in (*SPF, "neutral") for dmarc in DMARC)
        yield from (placed(session) for session in every if cannot_publish(session) is None)


@pytest.fixture(scope="module", params=ASKING, ids=lambda stack: f"results:{stack.name.replace('-', '')}")
def stack(request: pytest.FixtureRequest) -> Stack:
    found = request.param
    assert isinstance(found, Stack)
    return found


def test_every_result_is_told_from_the_others_and_soon(lab: Lab, stack: Stack) -> None:
    built = policy_for(stack)
    assert built.plan is not None
    policy, all_of_them = furnished(built.policy, tuple(sessions()))
    wrong, slow = [], []
    with running(lab, built.policy, built.plan, built.outputs) as play:
        for session in all_of_them:
            began = time.monotonic()
            found = play(policy, session)
            if found:
                wrong.append((session.sender, session.helo, session.client, session.spf, session.dmarc, found))
            if time.monotonic() - began > LONGEST:
                slow.append((session, time.monotonic() - began))
    assert wrong == []
    assert slow == []


def policy_for(stack: Stack) -> Compiled:
    found = compiled(draft(stack), stack)
    assert found is not None
    assert found.left_out == 0, found.text
    return found
