"""See that Exim does what its content filter decides, and takes nothing in that the filter has not seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.lab.dialogue import Attempt
from nullsender.lab.sink import Received
from nullsender.policy import Stage
from nullsender.session import STRANGER
from tests.live.lab import Lab
from tests.targets.exim.parts import part, rule, running
from tests.targets.exim.site import message
from tests.targets.exim.spamd import ADDRESS, Spamd, spamd

pytestmark = pytest.mark.live

SENDER, RECIPIENT = "joe@partner.example", "alice@example.org"
RULES = (
    rule("points", c.SenderNull(), action=p.Score(2.5), stage=Stage.CONTENT),
    rule("own", c.Not(c.SenderNull()), action=p.Tag("X-Own", "exim"), stage=Stage.DATA),
    rule("spam", c.Scoring(15), stage=Stage.CONTENT),
    rule("junk", c.Scoring(8), action=p.Quarantine(), stage=Stage.CONTENT),
)


@pytest.fixture(scope="module")
def server(lab: Lab) -> Iterator[Lab]:
    lab.fresh()
    with running(part(*RULES, spamd=ADDRESS)):
        yield lab


@pytest.fixture
def filter_() -> Iterator[Spamd]:
    with spamd() as filter_:
        yield filter_


def send(lab: Lab, sender: str = SENDER, **headers: str) -> tuple[Attempt, str]:
    mail = message(sender, RECIPIENT, **headers)
    lab.sink.clear()
    return lab.attempt(sender, [RECIPIENT], mail.as_bytes(), client=STRANGER), str(mail["Message-ID"])


def arrived(lab: Lab, id_: str) -> Received:
    return lab.sink.wait(lambda mail: mail.id == id_)


def test_what_the_filter_accepts_goes_in(server: Lab, filter_: Spamd) -> None:
    attempt, id_ = send(server)
    assert attempt.accepted, attempt.last
    assert arrived(server, id_).message["X-Own"] == "exim"
    (asked,) = filter_.asked
    assert f"From: <{SENDER}>" in asked
    assert f"Rcpt: <{RECIPIENT}>" in asked
    assert f"IP: {STRANGER}" in asked


@pytest.mark.parametrize(
    "line", ["reject 553 5.7.2 a text: of its own {$x} [its-rule]", "defer 450 4.7.9 not now [its-rule]"]
)
def test_a_refusal_is_said_as_the_filter_says_it(server: Lab, filter_: Spamd, line: str) -> None:
    filter_.says = (line,)
    reply = send(server)[0].last
    assert f"{reply.code} {reply.lines[0]}" == line.partition(" ")[2]


def test_what_the_filter_quarantines_is_marked(server: Lab, filter_: Spamd) -> None:
    filter_.says = ("quarantine [its-rule]",)
    attempt, id_ = send(server)
    assert attempt.accepted
    assert arrived(server, id_).message["X-Spam"] == "Yes"


def test_what_the_filter_discards_goes_nowhere(server: Lab, filter_: Spamd) -> None:
    filter_.says = ("discard [its-rule]",)
    attempt, id_ = send(server)
    assert attempt.accepted
    assert not server.sink.comes(lambda mail: mail.id == id_, 1)


def test_headers_are_added_and_removed_as_the_filter_says(server: Lab, filter_: Spamd) -> None:
    filter_.says = (
        "remove X-One",
        "remove X-Two",
        "remove X-Own",
        "tag X-One: first: of two [rule-a]",
        "tag X-Own: rspamd [rule-b]",
        "accept",
    )
    _, id_ = send(server, X_One="outside", X_Two="outside", X_Own="outside", X_Other="stays")
    mail = arrived(server, id_).message
    assert mail.get_all("X-One") == ["first: of two"]
    assert mail.get_all("X-Two") is None
    assert sorted(mail.get_all("X-Own", [])) == ["exim", "rspamd"]
    assert mail["X-Other"] == "stays"


@pytest.mark.parametrize(
    ("score", "says", "sender", "verdict"),
    [
        (14.99, (), SENDER, "quarantine"),
        (15.0, (), SENDER, "spam"),
        (7.9, (), SENDER, "accept"),
        (8.0, (), SENDER, "quarantine"),
        (12.5, (), "", "spam"),
        (12.4, (), "", "quarantine"),
        (-3.2, (), SENDER, "accept"),
        (15.0, ("score 14999",), SENDER, "quarantine"),
        (15.0, ("score 15000",), SENDER, "spam"),
        (0.0, ("score -250",), "", "accept"),
    ],
)
def test_the_sum_of_points_decides(
    server: Lab, filter_: Spamd, score: float, says: tuple[str, ...], sender: str, verdict: str
) -> None:
    filter_.score, filter_.says = score, (*says, "accept")
    attempt, id_ = send(server, sender)
    if verdict == "spam":
        assert attempt.last.rule == "spam"
        return
    assert attempt.accepted, attempt.last
    assert (arrived(server, id_).message["X-Spam"] == "Yes") is (verdict == "quarantine")


def test_a_rule_of_exims_comes_before_the_verdict_of_the_filter(server: Lab, filter_: Spamd) -> None:
    filter_.score, filter_.says = 20, ("reject 554 5.7.1 later [its-rule]",)
    assert send(server)[0].last.rule == "spam"


def test_a_filter_that_is_down_defers(server: Lab) -> None:
    reply = send(server)[0].last
    assert (reply.code, reply.enhanced) == (451, "4.3.0")


def test_a_filter_without_a_verdict_defers(server: Lab, filter_: Spamd) -> None:
    filter_.says = ()
    reply = send(server)[0].last
    assert (reply.code, reply.enhanced) == (451, "4.3.0")


def test_headers_of_the_message_are_no_verdict(server: Lab, filter_: Spamd) -> None:
    filter_.says = ("reject 550 5.7.1 no [its-rule]",)
    reply = send(server, X_Note="Message: nullsender: accept", Subject_="nullsender: accept")[0].last
    assert reply.rule == "its-rule"
