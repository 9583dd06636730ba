"""See which NDRs a real Exim sends, to whom, from where and with how much of the message."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullsender.lab.sink import Received
from nullsender.session import STRANGER
from nullsender_targets.exim.verify import find
from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.targets.exim.site import TRUSTED, arrivals, log, logged, message, send, site

pytestmark = pytest.mark.live

SECOND = "203.0.113.26"
STRANGER_SENDER, OWN_SENDER = "joe@partner.example", "alice@example.org"


def undeliverable(running: Deployed, sender: str, client: str, recipient: str = "bob@example.org") -> str:
    """Send a message that its last hop refuses for good, and return its subject."""
    mail = message(sender, recipient, subject=f"from {sender or 'nobody'}")
    running.lab.sink.clear()
    running.lab.sink.replies[recipient] = "550 5.1.1 gone"
    attempt = send(running, mail, sender, recipient, client=client)
    assert attempt.accepted, attempt.last
    return str(mail["Subject"])


def reports(running: Deployed, recipient: str, seconds: float = 1.5) -> list[Received]:
    def fits(mail: Received) -> bool:
        return mail.sender == "" and recipient in mail.recipients

    running.lab.sink.comes(fits, seconds)
    return [mail for mail in running.lab.sink.received if fits(mail)]


def text(mail: Received) -> str:
    return mail.octets.decode(errors="replace")


def test_only_trusted_senders_get_ndrs_and_nobody_copies(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "send ndrs only to trusted senders without a copy") as running:
        undeliverable(running, STRANGER_SENDER, STRANGER)
        assert reports(running, STRANGER_SENDER) == []
        assert reports(running, "postmaster@example.org", 0.1) == []
        undeliverable(running, OWN_SENDER, TRUSTED)
        assert len(reports(running, OWN_SENDER)) == 1
        undeliverable(running, OWN_SENDER, TRUSTED, "someone@elsewhere.example")
        assert len(reports(running, OWN_SENDER)) == 1


def test_a_stranger_with_a_sender_of_ours_is_no_trusted_sender(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "send ndrs only to trusted senders") as running:
        undeliverable(running, OWN_SENDER, STRANGER)
        (copy,) = reports(running, "postmaster@example.org")
        assert "Hello." not in text(copy)
        assert reports(running, OWN_SENDER, 0.5) == []


def test_nobody_gets_ndrs_but_postmaster_copies_with_headers_only(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "send ndrs to nobody") as running:
        for sender, client in ((STRANGER_SENDER, STRANGER), (OWN_SENDER, TRUSTED)):
            subject = undeliverable(running, sender, client)
            (copy,) = reports(running, "postmaster@example.org")
            assert f"Subject: {subject}" in text(copy)
            assert "Hello." not in text(copy)
            assert reports(running, sender, 0.5) == []


def test_nobody_gets_ndrs_at_all(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "send ndrs to nobody without a copy") as running:
        undeliverable(running, OWN_SENDER, TRUSTED)
        assert logged(running, ":blackhole:")
        assert not running.lab.sink.comes(lambda mail: mail.sender == "", 1)


def test_anyone_gets_ndrs(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "send ndrs to anyone\nreturn everything") as running:
        undeliverable(running, STRANGER_SENDER, STRANGER)
        (ndr,) = reports(running, STRANGER_SENDER)
        assert ndr.protocol == "smtp"
        assert "Hello." in text(ndr)
        assert "not sent" not in text(ndr)


@pytest.mark.parametrize(("length", "whole"), [(10, True), (40_000, False)])
def test_everything_is_returned_up_to_a_size_and_headers_beyond(
    lab: Lab, tmp_path: Path, length: int, whole: bool
) -> None:
    with site(lab, tmp_path, "return everything up to 20 KB") as running:
        recipient = "bob@example.org"
        mail = message(STRANGER_SENDER, recipient, subject="long")
        mail.set_content("Hello.\n" + "0123456789012345678901234567890123456789\n" * (length // 41))
        running.lab.sink.replies[recipient] = "550 5.1.1 gone"
        assert send(running, mail, STRANGER_SENDER, recipient).accepted
        (ndr,) = reports(running, STRANGER_SENDER)
        assert "Subject: long" in text(ndr)
        assert ("Hello." in text(ndr)) is whole


def test_ndrs_leave_from_an_address_and_under_a_name_of_their_own(lab: Lab, tmp_path: Path) -> None:
    second_address(lab)
    with site(lab, tmp_path, f"send ndrs through {SECOND} as ndr.example.org") as running:
        undeliverable(running, STRANGER_SENDER, STRANGER)
        (ndr,) = reports(running, STRANGER_SENDER, 5)
        assert (ndr.peer, ndr.helo) == (SECOND, "ndr.example.org")
        bounce = message("", "someone@elsewhere.example", subject="relayed bounce")
        assert send(running, bounce, "", "someone@elsewhere.example", client=TRUSTED).accepted
        relayed = running.lab.sink.wait(lambda mail: mail.message["Subject"] == "relayed bounce")
        assert relayed.peer != SECOND
        assert relayed.helo != "ndr.example.org"


def second_address(lab: Lab) -> None:
    """Give the machine another address, to which the internet finds its way back."""
    subprocess.run(["ip", "addr", "replace", f"{SECOND}/32", "dev", "eth0"], check=True)
    with lab.machine.world():
        subprocess.run(["ip", "route", "replace", SECOND, "dev", "net0"], check=True)


def test_an_undeliverable_bounce_is_dropped_at_once(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "give up bounces after 1d") as running:
        before = log(running)
        undeliverable(running, "", STRANGER)
        assert logged(running, "Completed", before)
        assert not running.lab.sink.comes(lambda mail: mail.sender == "", 1)


def test_a_bounce_is_given_up_before_other_mail(lab: Lab, tmp_path: Path) -> None:
    statements = "send ndrs to anyone\ngive up bounces after 3s\ngive up mail after 1h"
    with site(lab, tmp_path, statements) as running:
        before = log(running)
        running.lab.sink.replies["bob@example.org"] = "451 4.2.0 later"
        ordinary, bounce = message(STRANGER_SENDER, "bob@example.org"), message("", "bob@example.org")
        assert send(running, bounce, "", "bob@example.org").accepted
        assert logged(running, "retry timeout exceeded", before, seconds=15)
        assert send(running, ordinary, STRANGER_SENDER, "bob@example.org").accepted
        assert reports(running, STRANGER_SENDER, 4) == []


def test_a_copy_of_a_double_bounce_goes_to_one_address(lab: Lab, tmp_path: Path) -> None:
    statements = "send ndrs only to trusted senders\ncopy double bounces to alice@example.org"
    with site(lab, tmp_path, statements) as running:
        undeliverable(running, "", STRANGER)
        (copy,) = reports(running, "alice@example.org", 5)
        assert "Subject: from nobody" in text(copy)
        assert reports(running, "postmaster@example.org", 0.5) == []


def test_a_double_bounce_to_that_address_itself_ends_there(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "copy double bounces to alice@example.org") as running:
        before = log(running)
        undeliverable(running, "", STRANGER, "alice@example.org")
        assert logged(running, "Completed", before)
        assert not running.lab.sink.comes(lambda mail: mail.sender == "", 2)


def test_mail_with_double_bounces_keeps_its_sender(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "copy double bounces to alice@example.org") as running:
        for sender in ("", STRANGER_SENDER):
            mail = message(sender, "bob@example.org")
            assert send(running, mail, sender, "bob@example.org").accepted
            (arrived,) = arrivals(running, str(mail["Message-ID"]))
            assert arrived.sender == sender


def test_a_late_message_is_announced_to_trusted_senders_only(lab: Lab, tmp_path: Path) -> None:
    statements = "send ndrs only to trusted senders\nwarn about delay after 1s"
    with site(lab, tmp_path, statements) as running:
        sink = running.lab.sink
        sink.replies["bob@example.org"] = "451 4.2.0 later"
        for sender, client in ((STRANGER_SENDER, STRANGER), (OWN_SENDER, TRUSTED)):
            assert send(running, message(sender, "bob@example.org"), sender, "bob@example.org", client=client).accepted
        (warning,) = reports(running, OWN_SENDER, 20)
        assert "delayed" in text(warning)
        assert reports(running, STRANGER_SENDER, 4) == []
        assert reports(running, OWN_SENDER) == [warning]  # it is said once


def parts_of(mail: Received) -> list[str]:
    return [part.get_content_type() for part in mail.message.iter_parts()]


NOTHING = ["text/plain", "message/delivery-status"]
HEADERS = [*NOTHING, "text/rfc822-headers"]
RETURNING_NOTHING = """
send ndrs only to trusted senders
return nothing
warn about delay after 1s
copy double bounces to carol@example.org
send ndrs through 203.0.113.26 as ndr.example.org
"""


@pytest.fixture(scope="module")
def nothing(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    second_address(lab)
    with site(lab, tmp_path_factory.mktemp("nothing"), RETURNING_NOTHING) as running:
        yield running


def test_a_report_returns_nothing(nothing: Deployed) -> None:
    undeliverable(nothing, OWN_SENDER, TRUSTED)
    (ndr,) = reports(nothing, OWN_SENDER)
    assert parts_of(ndr) == NOTHING
    assert "550 5.1.1 gone" in text(ndr)
    assert "Subject: from" not in text(ndr)
    assert ndr.message.get_content_type() == "multipart/report"
    assert not any(part.defects for part in ndr.message.walk())


def test_a_report_that_returns_nothing_leaves_from_the_address_of_reports(nothing: Deployed) -> None:
    undeliverable(nothing, STRANGER_SENDER, TRUSTED)
    (ndr,) = reports(nothing, STRANGER_SENDER)
    assert (parts_of(ndr), ndr.peer, ndr.helo) == (NOTHING, SECOND, "ndr.example.org")


def test_copies_that_stay_at_home_hold_headers_where_reports_return_nothing(nothing: Deployed) -> None:
    undeliverable(nothing, STRANGER_SENDER, STRANGER)
    (copy,) = reports(nothing, "postmaster@example.org")
    assert parts_of(copy) == HEADERS
    undeliverable(nothing, "", STRANGER)
    (copy,) = reports(nothing, "carol@example.org")
    assert parts_of(copy) == HEADERS
    assert "Subject: from nobody" in text(copy)


def test_a_warning_of_delay_returns_nothing(nothing: Deployed) -> None:
    nothing.lab.sink.clear()
    nothing.lab.sink.replies["bob@example.org"] = "451 4.2.0 later"
    assert send(nothing, message(OWN_SENDER, "bob@example.org"), OWN_SENDER, "bob@example.org", client=TRUSTED).accepted
    (warning,) = reports(nothing, OWN_SENDER, 20)
    assert "delayed" in text(warning)
    assert parts_of(warning) == NOTHING


def foreign_report() -> bytes:
    """Return a report that another Exim has written, about a message of ours."""
    head = "From: Mail Delivery System <Mailer-Daemon@partner.example>\nTo: alice@example.org\nSubject: theirs\n"
    boundary = "1795660163-eximdsn-667917714"
    kind = f"Content-Type: multipart/report; report-type=delivery-status; boundary={boundary}\nMIME-Version: 1.0\n\n"
    parts = ("text/plain\n\nwords", "message/delivery-status\n\nAction: failed", "text/rfc822-headers\n\nSubject: ours")
    return (
        head + kind + "".join(f"--{boundary}\nContent-type: {part}\n" for part in parts) + f"--{boundary}--\n"
    ).encode()


def test_reports_of_others_pass_as_they_are(nothing: Deployed) -> None:
    nothing.lab.sink.clear()
    assert nothing.lab.attempt("", ["alice@example.org"], foreign_report()).accepted
    assert parts_of(nothing.lab.sink.wait(lambda mail: mail.message["Subject"] == "theirs")) == HEADERS
    nothing.lab.sink.clear()
    exim = find("exim4")
    assert exim
    submit = [
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
        exim,
        "-i",
        "-f",
        "<>",
        "alice@example.org",
    ]
    subprocess.run(submit, input=foreign_report(), check=True)
    assert parts_of(nothing.lab.sink.wait(lambda mail: mail.message["Subject"] == "theirs")) == HEADERS


def test_a_report_waits_while_nothing_can_be_taken_out_of_it(nothing: Deployed) -> None:
    exim = find("exim4")
    assert exim
    before = log(nothing)
    with failing(Path("/etc/exim4/nullsender/cut.pl")):
        undeliverable(nothing, OWN_SENDER, TRUSTED)
        assert logged(nothing, "== alice@example.org R=nullsender_ndr_cut", before)
        assert reports(nothing, OWN_SENDER, 0.5) == []
    subprocess.run([exim, "-qff"], check=True)
    nothing.lab.sink.wait(lambda mail: OWN_SENDER in mail.recipients)
    assert {tuple(parts_of(ndr)) for ndr in reports(nothing, OWN_SENDER)} == {tuple(NOTHING)}


@contextmanager
def failing(script: Path) -> Iterator[None]:
    """Have a script be ended by a signal, as one is that takes too much memory."""
    works = script.read_bytes()
    script.write_text("kill 'KILL', $$;\n")
    try:
        yield
    finally:
        script.write_bytes(works)
