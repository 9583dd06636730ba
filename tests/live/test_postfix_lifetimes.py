"""How long a real Postfix keeps what it cannot deliver, and whom it tells."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender.lab.sink import Received
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed, run
from tests.live.lab import Lab

pytestmark = pytest.mark.live

OFFICE = "192.0.2.10"
POLICY = """\
policy "late"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
trust clients in 192.0.2.0/24
send ndrs only to trusted senders without a copy
{times}
deploy mx to postfix 3.7
"""
MESSAGE = b"From: somebody@partner.example\r\nSubject: late\r\n\r\nhello\r\n"


@pytest.fixture
def running(request: pytest.FixtureRequest, lab: Lab, tmp_path: Path) -> Iterator[Deployed]:
    (tmp_path / "site.ndr").write_text(POLICY.format(times=request.param))
    with deployed(lab, tmp_path / "site.ndr", "mx") as it:
        it.lab.sink.replies["late@example.org"] = "451 4.2.0 later"
        yield it


def send(running: Deployed, sender: str, client: str) -> tuple[str, ...]:
    mark = running.mark()
    assert running.lab.attempt(sender, ["late@example.org"], MESSAGE, client=client).accepted
    assert running.logged("status=deferred", mark)
    return mark


def retried(running: Deployed, text: str, mark: tuple[str, ...]) -> bool:
    """Have the queue run until this is logged."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        run("postqueue", "-f")
        if running.logged(text, mark, seconds=1):
            return True
    return False


def reports(running: Deployed, seconds: float = 2) -> list[Received]:
    running.lab.sink.comes(lambda mail: mail.sender == "", seconds)
    return [mail for mail in running.lab.sink.received if mail.sender == ""]


@pytest.mark.parametrize("running", ["give up mail after 1h\ngive up bounces after 2s"], indirect=True)
def test_a_bounce_is_given_up_before_other_mail_and_nobody_hears_of_it(running: Deployed) -> None:
    send(running, "alice@example.org", OFFICE)
    mark = send(running, "", STRANGER)
    assert retried(running, "from=<>, status=expired", mark)
    assert reports(running) == []
    assert "status=expired" not in running.log_since(mark).replace("from=<>, status=expired", "")


@pytest.mark.parametrize("running", ["give up mail after 2s"], indirect=True)
def test_mail_is_given_up_and_a_trusted_sender_told(running: Deployed) -> None:
    mark = send(running, "joe@partner.example", STRANGER)
    assert retried(running, "from=<joe@partner.example>, status=expired", mark)
    assert reports(running) == []
    mark = send(running, "alice@example.org", OFFICE)
    assert retried(running, "from=<alice@example.org>, status=expired", mark)
    (report,) = reports(running, 5)
    assert report.recipients == ("alice@example.org",)
    assert b"Action: failed" in report.octets


@pytest.mark.parametrize("running", ["warn about delay after 1s\ngive up mail after 1h"], indirect=True)
def test_a_delay_is_told_to_trusted_senders_alone(running: Deployed) -> None:
    send(running, "joe@partner.example", STRANGER)
    mark = send(running, "alice@example.org", OFFICE)
    assert retried(running, "sender delay notification", mark)
    (warning,) = reports(running, 5)
    assert warning.recipients == ("alice@example.org",)
    assert b"Action: delayed" in warning.octets
    run("postqueue", "-f")
    assert reports(running, 0) == [warning]
