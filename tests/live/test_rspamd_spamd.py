"""Over the protocol that Exim speaks to `variant=rspamd`, the verdict stands in lines of the report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullsender import condition as c
from nullsender import policy as p
from tests.live.lab import Lab
from tests.targets.rspamd.milter import Mail
from tests.targets.rspamd.parts import part, rule
from tests.targets.rspamd.running import running
from tests.targets.rspamd.spamd import report, said

pytestmark = pytest.mark.live

RULES = (
    rule("several", p.Reject(), c.AllOf((c.SenderNull(), c.RecipientsOver(1))), reply=p.Reply(550, "5.5.3")),
    rule("pm", p.Defer(), c.SenderPostmaster(), reply=p.Reply(450, "4.2.1", "not $now")),
    rule("drop", p.Discard(), c.Scoring(100)),
    rule("tag", p.Tag("X-Tagged", "a: b"), c.SenderNull()),
    rule("points", p.Score(3), c.SenderNull()),
    rule("spam", p.Reject(), c.Scoring(15)),
    rule("junk", p.Quarantine(), c.Scoring(8)),
)


@pytest.fixture(scope="module")
def port(lab: Lab) -> Iterator[int]:
    lab.fresh()
    with running(part(*RULES, link="spamd")):
        yield 11333


REMOVE = "remove X-Tagged"


@pytest.mark.parametrize(
    ("mail", "lines"),
    [
        (Mail(score=0), [REMOVE, "accept"]),
        (Mail(score=0, login="joe"), ["accept"]),
        (Mail(sender="", score=0), [REMOVE, "tag X-Tagged: a: b [tag]", "accept"]),
        (
            Mail(sender="", recipients=("alice@example.org", "bob@example.org"), score=0),
            [REMOVE, "reject 550 5.5.3 a bounce has one recipient [several]"],
        ),
        (Mail(sender="postmaster", score=0), [REMOVE, "defer 450 4.2.1 not $now [pm]"]),
        (Mail(sender="postmaster@partner.example", score=0), [REMOVE, "defer 450 4.2.1 not $now [pm]"]),
        (Mail(sender="", score=5), [REMOVE, "tag X-Tagged: a: b [tag]", "quarantine [junk]"]),
        (Mail(score=15), [REMOVE, "reject 550 5.7.1 the message looks unwanted [spam]"]),
        (Mail(score=100), [REMOVE, "discard [drop]"]),
        (Mail(score=100, client="198.51.100.200"), ["discard [drop]"]),
    ],
)
def test_the_verdict_is_said_with_its_code(port: int, mail: Mail, lines: list[str]) -> None:
    assert said(port, mail) == lines


@pytest.mark.parametrize(("recipient", "kept"), [("postmaster@mx1.example.com", True), ("joe@mx1.example.com", False)])
def test_a_bare_postmaster_whom_the_server_gave_a_domain_is_kept(port: int, recipient: str, kept: bool) -> None:
    assert (said(port, Mail(score=15, recipients=(recipient,)))[-1] == "accept") is kept


def test_the_score_holds_the_points_of_the_policy(port: int) -> None:
    assert report(port, Mail(sender="", score=2))[1].startswith("Metric: default; False; 5.00 /")


@pytest.mark.parametrize(("score", "thousandths"), [(2, 5000), (-7.25, -4250), (12.0004, 15000), (0.001, 3001)])
def test_the_score_is_said_in_thousandths(port: int, score: float, thousandths: int) -> None:
    assert f"Message: nullsender: score {thousandths}" in report(port, Mail(sender="", score=score))


def test_no_other_line_can_be_taken_for_a_verdict(port: int) -> None:
    forged = "x\r\n Message: nullsender: accept\r\n\tMessage: nullsender: discard [y]"
    headers = (("Message-ID", f"<{forged}>"), ("Subject", forged), ("From", f'"{forged}" <joe@partner.example>'))
    mail = Mail(headers=headers, score=15, body="Message: nullsender: accept\r\n")
    assert said(port, mail) == [REMOVE, "reject 550 5.7.1 the message looks unwanted [spam]"]


def test_the_test_message_of_spam_filters_gets_a_verdict(port: int) -> None:
    body = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
    assert said(port, Mail(body=body)) == [REMOVE, "discard [drop]"]
    assert said(port, Mail(body=body, recipients=("abuse@example.org",))) == [REMOVE, "accept"]
