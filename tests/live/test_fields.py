"""Fields are asked for as they came: what the server adds itself counts for nothing."""

from __future__ import annotations

import pytest

from nullsender.session import Fields, Message, Session
from tests.differential.playing import compiled
from tests.differential.policies import Draft
from tests.differential.servers import running
from tests.differential.stacks import STACKS, Stack, able
from tests.differential.world import furnished, placed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

SITE = ("recipients of mine are anyone", "deliver mine to lmtp 127.0.0.1:24", "trust clients in office")
ENDS = ("send ndrs only to trusted senders without a copy",)
NAMES = ("Received", "Message-ID", "Date", "From", "To", "X-Mailer")
RULES = tuple(
    f'reject mail when {sign}header "{name}" matches /./ report only as {sign.strip() or "is"}-{name.lower()}'
    for name in NAMES
    for sign in ("", "not ")
)
GIVEN: tuple[Fields, ...] = (
    (),
    (("Received", "from a.example by b.example"),),
    (("Received", "by c.example"), ("Received", "from a.example by b.example"), ("Message-ID", "<1@a.example>")),
    (("From", "Joe <joe@partner.example>"), ("Date", "Thu, 01 Jan 2026 00:00:00 +0000")),
    (("To", "alice@example.org"), ("X-Mailer", "none")),
)
ASKING = tuple(stack for stack in STACKS if "header matches" in able(stack))


@pytest.mark.parametrize("stack", ASKING, ids=lambda stack: f"fields:{stack.name.replace('-', '')}")
def test_fields_of_the_server_count_for_nothing(lab: Lab, stack: Stack) -> None:
    one = compiled(Draft((*SITE, *RULES, *ENDS, f"deploy one to {stack.deploys}")), stack)
    assert one is not None
    assert one.plan is not None
    assert one.left_out == 0, one.text
    drawn = (Session(("alice@example.org",), "joe@partner.example", message=Message(fields)) for fields in GIVEN)
    policy, sessions = furnished(one.policy, tuple(map(placed, drawn)))
    with running(lab, one.policy, one.plan, one.outputs) as play:
        wrong = [(session.message.fields, found) for session in sessions if (found := play(policy, session))]
    assert wrong == []
