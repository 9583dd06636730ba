"""What domains publish leads to the results of SPF and DMARC that a session has."""

from __future__ import annotations

import pytest

from nullsender.lab.composing import compose
from nullsender.lab.publishing import author_of, cannot_publish, published
from nullsender.lab.signing import key_record, signed
from nullsender.session import Message, Session

TO = ("alice@example.org",)
MAIL = Session(TO, "joe@partner.example", "2001:db8::9", helo="mx.client.example")
MISALIGNED = "author@misaligned.example"


def records(session: Session) -> dict[str, str]:
    return dict(published(session, author_of(session)).texts)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("pass", "v=spf1 ip6:2001:db8::9 -all"),
        ("fail", "v=spf1 -all"),
        ("softfail", "v=spf1 ~all"),
        ("neutral", "v=spf1 ?all"),
    ],
)
def test_the_domain_of_the_sender_says_who_sends_for_it(result: str, text: str) -> None:
    assert records(Session(TO, MAIL.sender, MAIL.client, spf=result)) == {"partner.example": text}


def test_the_null_sender_is_that_of_the_name_in_helo() -> None:
    assert records(Session(TO, "", helo="MX.Client.Example.", spf="fail")) == {"mx.client.example": "v=spf1 -all"}
    assert cannot_publish(Session(TO, "", helo="[192.0.2.9]", spf="fail")) is not None
    assert cannot_publish(Session(TO, "postmaster", spf="pass")) is not None


def test_an_error_is_a_question_that_fails() -> None:
    found = published(Session(TO, "joe@a.example", spf="error", dmarc="error"), "joe@b.example")
    assert not found.texts
    assert found.failing == {"a.example", "_dmarc.b.example"}


def test_nothing_is_published_where_nothing_is_said() -> None:
    found = published(MAIL, author_of(MAIL))
    assert (dict(found.texts), found.failing) == ({}, frozenset())


@pytest.mark.parametrize("asked", ["quarantine", "reject"])
def test_an_author_elsewhere_fails_whoever_sends(asked: str) -> None:
    session = Session(TO, "joe@partner.example", spf="pass", dmarc=asked)
    assert records(session)["_dmarc.misaligned.example"] == f"v=DMARC1; p={asked}"
    assert f"From: {MISALIGNED}\n".encode() in compose(session)[1]
    own = Message((("From", "joe@mail.partner.example"),))
    assert cannot_publish(Session(TO, "joe@partner.example", message=own, spf="pass", dmarc=asked)) is not None


@pytest.mark.parametrize("sender", ["", "MAILER-DAEMON", "Mailer-Daemon@partner.example"])
def test_no_author_is_a_daemon_who_is_not_said_to_be_one(sender: str) -> None:
    said = Message((("From", "MAILER-DAEMON@partner.example"),))
    assert author_of(Session(TO, sender)) == "postmaster@partner.example"
    assert author_of(Session(TO, sender, message=said)) == "MAILER-DAEMON@partner.example"


def test_a_message_that_passes_is_signed() -> None:
    session = Session(TO, "joe@partner.example", spf="fail", dmarc="pass")
    assert records(session)["lab._domainkey.partner.example"] == key_record()
    assert compose(session)[1].startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=partner.example; ")


def test_a_signature_is_over_author_and_body() -> None:
    message = b"From: Joe\n <joe@a.example>\nTo: x\n\nHello\n\n\n"

    def signature(octets: bytes) -> bytes:
        return signed(octets, "a.example").partition(b"\n")[0]

    changed = ((b"\n\n\n", b"\n"), (b"Joe\n <", b"Joe  <"), (b"To: x", b"To: y"))
    assert {signature(message.replace(*one)) for one in changed} == {signature(message)}
    others = {signature(message.replace(one, b"J")) for one in (b"Joe", b"Hello")}
    assert len(others | {signature(message)}) == 3
