"""The sink takes mail, and refuses whom it is told to."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

from nullsender.lab.sink import Sink

MESSAGE = "Message-ID: <1@example.org>\r\n\r\n.dot\r\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.stop()


def send(sink: Sink, *recipients: str) -> dict[str, tuple[int, bytes]]:
    """Send a message and return the replies of those who are refused."""
    host, port = sink.serve("smtp", ("127.0.0.1", 0))
    with smtplib.SMTP(host, port) as client:
        return client.sendmail("joe@partner.example", recipients, MESSAGE)


def test_a_message_is_kept_with_its_envelope(sink: Sink) -> None:
    assert send(sink, "alice@example.org", "bob@example.org") == {}
    mail = sink.wait(lambda mail: mail.id == "<1@example.org>")
    assert (mail.protocol, mail.sender) == ("smtp", "joe@partner.example")
    assert mail.recipients == ("alice@example.org", "bob@example.org")
    assert mail.octets.endswith(b"\r\n.dot\r\n")


def test_recipients_are_refused_by_name_and_by_function(sink: Sink) -> None:
    sink.replies["bob@example.org"] = "452 4.2.2 full"
    sink.refuse = lambda recipient: "550 5.1.1 gone" if recipient.startswith("gone") else None
    assert send(sink, "alice@example.org", "bob@example.org", "gone.joe@example.org") == {
        "bob@example.org": (452, b"4.2.2 full"),
        "gone.joe@example.org": (550, b"5.1.1 gone"),
    }
    assert sink.wait(lambda _: True).recipients == ("alice@example.org",)


def test_a_message_that_has_come_is_refused_for_all_by_smtp_and_for_each_by_lmtp(sink: Sink) -> None:
    sink.spurn = lambda recipient: "554 5.7.1 not this" if recipient.startswith("choosy") else None
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(sink, "alice@example.org", "choosy@example.org")
    assert (refused.value.smtp_code, sink.received) == (554, [])
    assert sink.turned_away == ["alice@example.org", "choosy@example.org"]
    host, port = sink.serve("lmtp", ("127.0.0.1", 0))
    with smtplib.LMTP(host, port) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("joe@partner.example")
        for recipient in ("alice@example.org", "choosy@example.org"):
            client.rcpt(recipient)
        assert client.data(MESSAGE)[0] == 250
        assert client.getreply()[0] == 554
    assert [mail.recipients for mail in sink.received] == [("alice@example.org",)]


def test_a_cleared_sink_refuses_nobody_and_holds_nothing(sink: Sink) -> None:
    sink.replies["alice@example.org"] = "550 5.1.1 gone"
    sink.refuse = sink.spurn = lambda _: "550 5.1.1 gone"
    sink.clear()
    assert send(sink, "alice@example.org") == {}
    sink.wait(lambda _: True)
    sink.clear()
    assert sink.received == []
    assert not sink.comes(lambda _: True, 0.01)
