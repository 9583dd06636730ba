"""What is read of messages: one file below `messages` for each kind."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullsender.message import envelope, read_message
from nullsender.session import Message

MESSAGES = Path(__file__).with_name("messages")
ALICE = ("alice@example.org",)


@dataclass(frozen=True, slots=True)
class Read:
    """What a message file says: the Message-ID in what it returned stands for all of that."""

    returned: str | None
    report: str | None = None
    delayed: bool = False
    sender: str = ""
    recipients: tuple[str, ...] = ALICE


STATUS = "delivery-status"
CASES = {
    "report": Read("<report@shop.example.com>", STATUS, recipients=("Alice+tag@example.org",)),
    "headers-in-base64": Read("<base64@example.org>", STATUS),
    "international": Read("<global@example.org>", STATUS),
    "delayed": Read("<delayed@example.org>", STATUS, delayed=True),
    "failed-and-delayed": Read(None, STATUS),
    "receipt": Read(None, "disposition-notification"),
    "complaint": Read(
        "<complaint@shop.example.com>",
        "feedback-report",
        sender="abuse@provider.example",
        recipients=("postmaster@example.org", "abuse@example.org"),
    ),
    "inlined": Read("<inlined@shop.example.com>"),
    "inlined-in-russian": Read("<russian@shop.example.com>"),
    "inlined-and-wrapped": Read("<wrapped@shop.example.com>"),
    "boundary-changed-on-the-way": Read("<changed@example.org>", STATUS),
    "summary-only": Read(None),
    "forwarded": Read(
        "<forwarded@partner.example>",
        sender="ann@partner.example",
        recipients=("alice@example.org", "bob@example.org", "carol@example.net"),
    ),
    "ordinary": Read(None, sender="ann@partner.example"),
}


def octets(name: str) -> bytes:
    return (MESSAGES / f"{name}.eml").read_bytes()


def identifier(message: Message) -> str | None:
    """Return the Message-ID of what came back, None where nothing did."""
    if message.returned is None:
        return None
    return {name.lower(): value for name, value in message.returned}.get("message-id", "")


def test_every_message_file_has_an_expectation() -> None:
    assert {path.stem for path in MESSAGES.iterdir()} == set(CASES)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", CASES)
def test_a_message_is_read_as_expected(name: str, ending: bytes) -> None:
    given = octets(name).replace(b"\n", ending)
    message = read_message(given)
    assert Read(identifier(message), message.report, message.delayed, *envelope(given)) == CASES[name]
    assert message.octets == given


def test_fields_are_unfolded_and_otherwise_raw() -> None:
    fields = read_message(
        b"SubJect:  =?utf-8?q?a?=\r\n\tb \r\nX-Empty:\r\nTo : gr\xc3\xbc\xdfe\r\n\r\nFrom: body\r\n"
    ).fields
    assert fields == (("SubJect", "=?utf-8?q?a?=\tb"), ("X-Empty", ""), ("To", "grü\udcdfe"))


def test_what_returned_is_unfolded_too() -> None:
    returned = read_message(octets("inlined-and-wrapped")).returned
    assert returned is not None
    assert returned[0] == (
        "Received",
        "from [192.0.2.1] by shop.example.com (via HTTP) for ([fe80::1]); Mon, 2 Mar 2026 09:59:59 +0000",
    )


def test_a_header_ends_at_the_first_line_that_cannot_be_in_one() -> None:
    assert read_message(b"To: a@b.example\nno field\nFrom: c@d.example\n").fields == (("To", "a@b.example"),)


def test_a_report_counts_at_the_top_only() -> None:
    inner = b'Content-Type: multipart/report; report-type=delivery-status; boundary="c"\n\n--c\n\n--c--\n'
    assert read_message(inner).report == STATUS
    assert read_message(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + inner + b"--b--\n").report is None


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        (b"Return-Path: <>\nFrom: a@b.example", ""),
        (b"Return-path: c@d.example\nFrom: a@b.example", "c@d.example"),
        (b"From c@d.example Mon Mar  2 10:00:00 2026\nFrom: a@b.example", "c@d.example"),
        (b"Return-Path: <MAILER-DAEMON@d.example>\nFrom: a@b.example", "MAILER-DAEMON@d.example"),
        (b"From: Mail System <Mailer-Daemon@b.example>", ""),
        (b"From: a@b.example\nContent-Type: multipart/report; report-type=delivery-status", ""),
        (b"From: a@b.example\nContent-Type: multipart/report; report-type=feedback-report", "a@b.example"),
        (b"Subject: nobody", ""),
    ],
)
def test_a_reverse_path_is_the_recorded_one_or_the_likely_one(header: bytes, sender: str) -> None:
    assert envelope(header + b"\n\nhello\n") == (sender, ())


PIECES = st.sampled_from(
    [
        *(line for path in sorted(MESSAGES.iterdir()) for line in path.read_bytes().splitlines(keepends=True)),
        *(b"\n", b"\r", b"\r\n", b"\0", b"\xff\xfe", b"--b\n", b"--b--\n", b"=", b"=\n", b'"', b"\\", b"<", b">", b";"),
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: multipart/digest; boundary=\n",
    ]
)


@given(st.one_of(st.binary(), st.lists(PIECES | st.binary(max_size=5)).map(b"".join)))
def test_no_octets_whatever_raise(given: bytes) -> None:
    message, (sender, recipients) = read_message(given), envelope(given)
    text = "".join((sender, *recipients, *(part for field in message.fields for part in field)))
    assert text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == text


MULTIPART = b"Content-Type: multipart/mixed; boundary=b\n\n"
ENCODED = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: "
TEXT = b"To: a@b.example\n\nReceived: x\n"
LARGE = {  # how a message begins, and what then comes again and again
    "lines": (TEXT, b"abcdefghi\n"),
    "fields": (b"", b"To: a@b.ex\n"),
    "folds": (b"To: a", b"\n a@b.exam"),
    "parts": (MULTIPART, b"--b\n\nabc\n"),
    "one boundary at every depth": (b"", MULTIPART + b"--b\n"),
    "inlined fields": (TEXT, b"Received: x\n"),
    "inlined blocks": (TEXT, b"Received: x\n\n"),
    "one line": (TEXT, b"x"),
    "ats": (b"To: ", b"@"),
    "brackets": (b"To: ", b'<"(;,'),
    "routes": (b"To: <", b"@a"),
    "parameters": (b"Content-Type: multipart/report", b';a="\\"'),
    "blank lines": (TEXT, b"\n"),
    "quotation marks": (TEXT, b">"),
    "carriage returns": (TEXT, b"\r"),
    "NUL": (b"", b"\0"),
    "spaces after a boundary": (MULTIPART + b"--b", b" "),
    "broken base64": (ENCODED + b"base64\n\n", b"A?"),
    "broken quoted-printable": (ENCODED + b"quoted-printable\n\n", b"="),
}
SIZE = 2_000_000
SECONDS = 20  # it takes less than two; what is quadratic takes hours


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_message_is_read_in_linear_time(kind: str) -> None:
    begin, again = LARGE[kind]
    assert seconds(begin + again * (SIZE // len(again))) < SECONDS


def test_deep_nesting_is_read_in_linear_time() -> None:
    assert seconds(b"".join(MULTIPART.replace(b"b\n", b"b%d\n--b%d\n" % (i, i)) for i in range(50_000))) < SECONDS


def seconds(given: bytes) -> float:
    """Return the time that a message takes to be read."""
    begun = time.process_time()
    read_message(given)
    envelope(given)
    return time.process_time() - begun
