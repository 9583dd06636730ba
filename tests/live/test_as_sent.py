"""What a whole server took goes on as it came, and to where it was sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullsender.lab.deploying import placed
from tests.live.deployment import Deployed, compiled
from tests.live.lab import Lab
from tests.live.test_attack import SITE, STACKS

pytestmark = pytest.mark.live

OFFICE = "192.0.2.10"
LONG = b"0123456789" * 500


@pytest.fixture(scope="module", params=STACKS, ids=lambda name: f"sent:{name}")
def running(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Deployed]:
    with placed(lab, compiled(SITE, str(request.param))) as it:
        yield it


@pytest.mark.parametrize(
    ("client", "sender", "recipient"),
    [
        (None, "joe@partner.example", "alice@example.org"),
        (OFFICE, "alice@example.org", "bob@elsewhere.example"),
    ],
    ids=["coming in", "going out"],
)
def test_long_lines_arrive_unbroken(running: Deployed, client: str | None, sender: str, recipient: str) -> None:
    message = b"Subject: long\r\nX-Long: " + LONG + b"\r\n\r\n" + LONG + b"\r\n"
    lab = running.lab
    lab.sink.clear()
    assert lab.attempt(sender, [recipient], message, client=client or "203.0.113.9").accepted
    mail = lab.sink.wait(lambda mail: recipient in mail.recipients)
    assert b"X-Long: " + LONG + b"\r\n" in mail.octets
    assert mail.octets.endswith(b"\r\n\r\n" + LONG + b"\r\n")


def test_a_report_with_long_lines_reaches_its_sender(running: Deployed) -> None:
    lab = running.lab
    lab.sink.clear()
    lab.sink.replies["gone@partner.example"] = "550 5.1.1 gone"
    message = b"Subject: long\r\nX-Long: " + LONG + b"\r\n\r\nHello.\r\n"
    assert lab.attempt("alice@example.org", ["gone@partner.example"], message, client=OFFICE).accepted
    report = lab.sink.wait(lambda mail: mail.recipients == ("alice@example.org",))
    assert (report.sender, b"\r\nX-Long: 0123456789" in report.octets) == ("", True)


def test_only_trusted_clients_relay_to_an_address(running: Deployed) -> None:
    """Recipients at an address are recipients elsewhere (RFC 5321 §4.1.3)."""
    lab, to = running.lab, "someone@[198.51.100.250]"
    lab.sink.clear()
    refused = lab.attempt("joe@partner.example", [to], b"Subject: a\r\n\r\nHello.\r\n").of(to)
    assert (refused.code, refused.enhanced, refused.rule) == (554, "5.7.1", "relaying")
    assert lab.attempt("alice@example.org", [to], b"Subject: a\r\n\r\nHello.\r\n", client=OFFICE).accepted
    assert lab.sink.wait(lambda mail: to in mail.recipients).protocol == "smtp"
