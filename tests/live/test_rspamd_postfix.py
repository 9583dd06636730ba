"""Behind a real Postfix: what the engine asks for over milter is what the client and the recipients see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.lab.dialogue import Attempt
from nullsender.lab.sink import Received
from nullsender_targets.postfix.lab import lab as postfix_lab
from tests.live.lab import Lab
from tests.targets.rspamd.parts import part, rule
from tests.targets.rspamd.running import running

pytestmark = pytest.mark.live

ODD = '100% sure, 5%% or %d "quoted" \\n {= 1 =} $myhostname [x]'
LONG = "word " * 60
RULES = (
    rule("several", p.Reject(), c.AllOf((c.SenderNull(), c.RecipientsOver(1))), stage=p.Stage.DATA),
    rule("odd", p.Reject(), c.Scoring(40), reply=p.Reply(550, "5.7.1", ODD)),
    rule("long", p.Defer(), c.Scoring(30), reply=p.Reply(451, "4.7.1", LONG)),
    rule("drop", p.Discard(), c.Scoring(20)),
    rule("tag", p.Tag("X-Tagged", "yes; 100% & more"), c.SenderNull()),
    rule("quarantine", p.Quarantine(), c.Scoring(8)),
)
MAIN_CF = """
compatibility_level = 3.6
mydestination =
relay_domains = example.org
relay_transport = lmtp:inet:127.0.0.1:24
relay_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_peername_lookup = no
maillog_file_prefixes = /var
smtpd_milters = inet:127.0.0.1:11332
milter_default_action = tempfail
"""
_numbers = count(1)


HOLD, JAIL, NO_FILTER = "hold", "jail", "no filter"
INTO = {HOLD: p.QuarantineInto(p.Into.HOLD), JAIL: p.QuarantineInto(p.Into.ADDRESS, "jail@example.org")}


@pytest.fixture(scope="module", params=["junk"])
def postfix(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Lab]:
    """A Postfix with rspamd beside it; the parameter says where quarantined mail goes."""
    lab.fresh()
    Path("/etc/postfix/main.cf").write_text(MAIN_CF)
    filter_of_it = part(*RULES, quarantine=INTO.get(request.param))
    with ExitStack() as servers:
        if request.param != NO_FILTER:
            servers.enter_context(running(filter_of_it))
        servers.enter_context(postfix_lab.boot(filter_of_it, Path("/etc/postfix")))
        yield lab


def on(where: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("postfix", [where], indirect=True)


def send(
    lab: Lab, *recipients: str, sender: str = "joe@partner.example", score: float = 0, tagged: str = ""
) -> Attempt:
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = (
        "joe@partner.example",
        "x",
        f"<{next(_numbers)}@x.example>",
    )
    message["X-Lab-Score"] = str(score)
    if tagged:
        message["x-tagged"] = tagged
    message.set_content("Hello.\n")
    lab.sink.clear()
    return lab.attempt(sender, recipients or ("alice@example.org",), message.as_bytes())


def arrived(lab: Lab) -> Received:
    return lab.sink.wait(lambda _: True, seconds=10)


def test_the_client_is_told_the_rule(postfix: Lab) -> None:
    end = send(postfix, "alice@example.org", "bob@example.org", sender="").end
    assert str(end) == "554 5.7.1 a bounce has one recipient [several]"


def test_the_client_is_told_the_words_of_the_policy(postfix: Lab) -> None:
    assert str(send(postfix, score=40).end) == f"554 5.7.1 {ODD} [odd]"


def test_long_words_fit_a_reply(postfix: Lab) -> None:
    end = send(postfix, score=30).end
    assert end is not None
    assert (end.code, end.enhanced) == (451, "4.7.1")
    assert end.text.endswith("[long]")
    assert "word word word" in end.text


def test_a_discarded_message_arrives_nowhere(postfix: Lab) -> None:
    assert send(postfix, score=20).accepted
    assert not postfix.sink.comes(lambda _: True, seconds=1)


def test_junk_is_marked_on_arrival(postfix: Lab) -> None:
    assert send(postfix, score=9).accepted
    assert arrived(postfix).message.get_all("X-Spam") == ["Yes"]


def test_other_mail_arrives_as_it_was(postfix: Lab) -> None:
    assert send(postfix, score=1).accepted
    assert "X-Spam" not in arrived(postfix).message


def test_a_tag_is_added_on_arrival(postfix: Lab) -> None:
    assert send(postfix, sender="", tagged="from outside").accepted
    assert arrived(postfix).message.get_all("X-Tagged") == ["yes; 100% & more"]


def test_a_tag_from_outside_does_not_arrive(postfix: Lab) -> None:
    assert send(postfix, tagged="from outside").accepted
    assert "X-Tagged" not in arrived(postfix).message


@on(HOLD)
def test_what_is_held_waits_in_the_queue(postfix: Lab) -> None:
    assert send(postfix, score=9).accepted
    assert not postfix.sink.comes(lambda _: True, seconds=1)
    held = [file for file in Path("/var/spool/postfix/hold").rglob("*") if file.is_file()]
    assert len(held) == 1


@on(JAIL)
def test_a_quarantined_message_goes_to_the_address_alone(postfix: Lab) -> None:
    assert send(postfix, "alice+x@example.org", "Bob@Example.org", score=9).accepted
    assert arrived(postfix).recipients == ("jail@example.org",)
    assert not postfix.sink.comes(lambda mail: mail.recipients != ("jail@example.org",), seconds=1)


@on(NO_FILTER)
def test_without_the_filter_mail_is_deferred(postfix: Lab) -> None:
    assert send(postfix).last.code == 451
