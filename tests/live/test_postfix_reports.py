"""Who gets a report of mail that Postfix took and could not deliver, what is in it, and where it leaves from."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender.lab.sink import Received
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = Path(__file__).parents[1] / "targets/postfix/policies/reports.ndr"
OFFICE = "192.0.2.10"
BODY = "the body of the message"
MESSAGE = f"From: joe@partner.example\r\nSubject: lost\r\n\r\n{BODY}\r\n".encode()


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Deployed]:
    with deployed(lab, POLICY, request.param) as it:
        yield it


copied = pytest.mark.parametrize("running", ["copied"], indirect=True)
quiet = pytest.mark.parametrize("running", ["quiet"], indirect=True)
nobody = pytest.mark.parametrize("running", ["nobody"], indirect=True)
nothing = pytest.mark.parametrize("running", ["nothing"], indirect=True)
anyone = pytest.mark.parametrize("running", ["anyone"], indirect=True)


def lose(it: Deployed, client: str, sender: str = "joe@partner.example", parameters: str = "") -> None:
    """Have a message accepted for somebody who refuses it afterwards, and wait until Postfix is done with it."""
    lab = it.lab
    lab.sink.clear()
    lab.sink.replies["full@example.org"] = "550 5.2.2 the mailbox is full"
    mark = it.mark()
    with lab.dialogue(client) as session:
        assert session.mail(sender).positive
        assert session.rcpt("full@example.org", parameters).positive
        assert session.say("DATA").code == 354
        assert session.message(MESSAGE).positive
    assert it.logged("status=bounced", mark)


def report(mail: Received) -> bool:
    return mail.sender == "" and mail.message.get_content_type() == "multipart/report"


def reports_to(it: Deployed, recipient: str) -> bool:
    return it.lab.sink.comes(lambda mail: report(mail) and recipient in mail.recipients, seconds=1.5)


def notice(mail: Received) -> bool:
    return "postmaster@example.org" in mail.recipients


@copied
def test_a_stranger_gets_no_report_and_postmaster_gets_its_headers(running: Deployed) -> None:
    lose(running, STRANGER)
    mail = running.lab.sink.wait(notice)
    assert b"Subject: lost" in mail.octets
    assert BODY.encode() not in mail.octets
    assert not reports_to(running, "joe@partner.example")


@copied
@pytest.mark.parametrize(
    "parameters",
    [
        "NOTIFY=FAILURE",
        "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;full@example.org",
        "ORCPT=rfc822;full@example.org notify=failure",
        " NOTIFY=FAILURE",
    ],
)
def test_a_stranger_cannot_ask_for_a_report(running: Deployed, parameters: str) -> None:
    lose(running, STRANGER, parameters=parameters)
    running.lab.sink.wait(notice)
    assert not reports_to(running, "joe@partner.example")


@copied
@pytest.mark.parametrize(
    "command",
    [
        "RCPT TO:<full@example.org> NOTIFY=FAILURE NOTIFY=FAILURE",
        'RCPT TO:<"a NOTIFY=b"@example.org> NOTIFY=FAILURE',
        "rcpt TO:<full@example.org> ORCPT=rfc822;a>b NOTIFY=FAILURE",
        "RCPT\tTO:<full@example.org>\tNOTIFY=FAILURE",
        " RCPT TO:<full@example.org> NOTIFY=FAILURE",
        'RCPT TO:<full@example.org> ORCPT=rfc822;"a',
        'RCPT TO:<full@example.org> ORCPT=rfc822;"a NOTIFY=FAILURE',
        "RCPT TO:<full@example.org> ORCPT=rfc822;[a",
        "RCPT TO:<full@example.org> ORCPT=rfc822;<a",
    ],
)
def test_no_spelling_of_rcpt_gets_past_the_filter(running: Deployed, command: str) -> None:
    sink = running.lab.sink
    sink.clear()
    sink.replies["full@example.org"] = "550 5.2.2 the mailbox is full"
    with running.lab.dialogue() as session:
        session.mail("joe@partner.example")
        if session.say(command).positive:
            assert session.say("DATA").code == 354
            session.message(MESSAGE)
    assert not reports_to(running, "joe@partner.example")


@copied
def test_a_recipient_may_look_like_an_option(running: Deployed) -> None:
    running.lab.sink.clear()
    odd = '"a NOTIFY=NEVER ORCPT=rfc822;b \\" c"@elsewhere.example'
    with running.lab.dialogue(OFFICE) as session:
        assert session.attempt("alice@example.org", [odd, "bob@[192.0.2.7]"], MESSAGE).accepted
    running.lab.sink.wait(lambda mail: "NOTIFY=NEVER ORCPT=rfc822;b" in "".join(mail.recipients), seconds=8)


@copied
def test_a_trusted_sender_gets_a_report_with_headers_only(running: Deployed) -> None:
    lose(running, OFFICE, "alice@example.org")
    mail = running.lab.sink.wait(lambda mail: report(mail) and "alice@example.org" in mail.recipients, seconds=8)
    assert [part.get_content_type() for part in mail.message.iter_parts()][2] == "text/rfc822-headers"
    assert BODY.encode() not in mail.octets
    assert b"the mailbox is full" in mail.octets


@copied
def test_mail_of_a_trusted_client_leaves_with_its_own_name(running: Deployed) -> None:
    running.lab.sink.clear()
    assert running.lab.attempt("alice@example.org", ["bob@elsewhere.example"], MESSAGE, client=OFFICE).accepted
    mail = running.lab.sink.wait(lambda mail: "bob@elsewhere.example" in mail.recipients, seconds=8)
    assert (mail.protocol, mail.sender) == ("smtp", "alice@example.org")
    assert running.logged(f"[{OFFICE}]")


@quiet
def test_without_a_copy_postmaster_gets_nothing(running: Deployed) -> None:
    lose(running, STRANGER)
    assert not running.lab.sink.comes(lambda mail: notice(mail) or report(mail), seconds=1.5)


@quiet
def test_a_report_returns_everything_where_the_policy_says_so(running: Deployed) -> None:
    lose(running, OFFICE, "alice@example.org")
    mail = running.lab.sink.wait(lambda mail: report(mail) and "alice@example.org" in mail.recipients, seconds=8)
    assert [part.get_content_type() for part in mail.message.iter_parts()][2] == "message/rfc822"
    assert BODY.encode() in mail.octets


@nobody
@pytest.mark.parametrize("client", [STRANGER, OFFICE])
def test_nobody_gets_a_report_but_postmaster_gets_its_headers(running: Deployed, client: str) -> None:
    lose(running, client)
    assert b"Subject: lost" in running.lab.sink.wait(notice).octets
    assert not reports_to(running, "joe@partner.example")


@anyone
def test_anyone_gets_a_report_from_the_address_of_reports(running: Deployed) -> None:
    lose(running, STRANGER)
    mail = running.lab.sink.wait(report)
    assert (mail.recipients, mail.helo, mail.peer) == (("joe@partner.example",), "ndr.example.org", "203.0.113.25")


@anyone
def test_other_mail_leaves_under_the_servers_own_name(running: Deployed) -> None:
    running.lab.sink.clear()
    assert running.lab.attempt("alice@example.org", ["bob@elsewhere.example"], MESSAGE, client=OFFICE).accepted
    assert running.lab.sink.wait(lambda mail: "bob@elsewhere.example" in mail.recipients).helo != "ndr.example.org"


@anyone
def test_a_double_bounce_goes_to_its_address_with_every_sign_of_it(running: Deployed) -> None:
    lose(running, STRANGER, sender="")
    mail = running.lab.sink.wait(lambda mail: "double$bounce{s}@example.org" in mail.recipients)
    assert b"the mailbox is full" in mail.octets


@anyone
def test_queue_times_are_those_of_the_policy(running: Deployed) -> None:
    from tests.live.deployment import run

    names = ("maximal_queue_lifetime", "bounce_queue_lifetime", "delay_warning_time")
    assert run("postconf", "-h", *names).split() == ["172800s", "86400s", "14400s"]
    assert not running.logged("warning: ", seconds=0)


# --- return nothing ---------------------------------------------------------------------------------------------------
NOTHING = ["text/plain", "message/delivery-status"]
HEADERS = [*NOTHING, "text/rfc822-headers"]


def kinds(mail: Received) -> list[str]:
    return [part.get_content_type() for part in mail.message.iter_parts()]


def to_alice(mail: Received) -> bool:
    return report(mail) and "alice@example.org" in mail.recipients


@nothing
def test_a_report_returns_nothing(running: Deployed) -> None:
    lose(running, OFFICE, "alice@example.org")
    mail = running.lab.sink.wait(to_alice)
    assert kinds(mail) == NOTHING
    assert b"the mailbox is full" in mail.octets
    assert b"Subject: lost" not in mail.octets
    assert b"attached" not in mail.octets
    assert b"UTF8SMTP" not in mail.octets
    assert not any(part.defects for part in mail.message.walk())


@nothing
def test_a_report_that_returns_nothing_leaves_from_the_address_of_reports(running: Deployed) -> None:
    lose(running, OFFICE, "joe@elsewhere.example")
    mail = running.lab.sink.wait(lambda mail: "joe@elsewhere.example" in mail.recipients)
    assert (kinds(mail), mail.helo, mail.peer) == (NOTHING, "ndr.example.org", "203.0.113.25")


@nothing
def test_copies_that_stay_at_home_hold_headers_where_reports_return_nothing(running: Deployed) -> None:
    lose(running, STRANGER)
    assert kinds(running.lab.sink.wait(notice)) == HEADERS
    lose(running, STRANGER, sender="")
    mail = running.lab.sink.wait(lambda mail: "double$bounce{s}@example.org" in mail.recipients)
    assert kinds(mail) == HEADERS
    assert b"Subject: lost" in mail.octets


@nothing
def test_reports_of_others_pass_as_they_are(running: Deployed) -> None:
    kind = 'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="b"\nMIME-Version: 1.0\n\n'
    parts = ("text/plain\n\nwords", "message/delivery-status\n\nAction: failed", "text/rfc822-headers\n\nSubject: ours")
    theirs = f"From: MAILER-DAEMON\nSubject: theirs\n{kind}" + "".join(f"--b\nContent-Type: {p}\n" for p in parts)
    octets = f"{theirs}--b--\n".encode()
    sink = running.lab.sink
    sink.clear()
    assert running.lab.attempt("", ["alice@example.org"], octets).accepted
    assert kinds(sink.wait(lambda mail: mail.message["Subject"] == "theirs")) == HEADERS
    sink.clear()
    subprocess.run(["sendmail", "-i", "-f", "", "alice@example.org"], input=octets, check=True)
    assert kinds(sink.wait(lambda mail: mail.message["Subject"] == "theirs")) == HEADERS


@nothing
def test_a_report_waits_while_nothing_can_be_taken_out_of_it(running: Deployed) -> None:
    script = Path("/etc/postfix/nullsender/reports/cut.pl")
    works = script.read_bytes()
    for broken, said in (("kill 'KILL', $$;\n", "died with signal 9"), ("no Perl\n", "status=SOFTBOUNCE")):
        script.write_text(broken)
        mark = running.mark()
        lose(running, OFFICE, "alice@example.org")
        assert running.logged(said, mark)
    script.write_bytes(works)
    running.lab.sink.clear()
    subprocess.run(["postqueue", "-f"], check=True)
    assert kinds(running.lab.sink.wait(to_alice)) == NOTHING


@nothing
def test_a_warning_of_delay_returns_nothing(running: Deployed) -> None:
    sink = running.lab.sink
    sink.clear()
    sink.replies["late@example.org"] = "451 4.2.0 later"
    mark = running.mark()
    assert running.lab.attempt("alice@example.org", ["late@example.org"], MESSAGE, client=OFFICE).accepted
    assert running.logged("status=deferred", mark)
    time.sleep(1)
    subprocess.run(["postqueue", "-f"], check=True)
    warning = sink.wait(lambda mail: to_alice(mail) and b"Action: delayed" in mail.octets)
    assert kinds(warning) == NOTHING
