"""See the policy's words arrive in reports of real servers, as they are: no server takes any of them for its own."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullsender.lab.sink import Received
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed, run
from tests.live.lab import Lab

pytestmark = pytest.mark.live

SERVERS = ("postfix 3.7", "exim 4.96")
SUBJECT = r"$myhostname ${readfile{/etc/passwd}} \x41 **** lost"
TEXT = (
    r"""Dear sender,

$myhostname $$x ${maximal_queue_lifetime_hours} $(id) $recipients ${if eq{1}{1}{yes}}
${readfile{/etc/passwd}} \N \x41 \n {brace} "quoted" 'quoted' `id`
****
**** four stars, and
END
END_
EOF
delay_template = <<EOF
# no comment
.include /etc/passwd
.
   indented, with a tab:	and a long line: """
    + "0123456789 ****" * 50
)
DELAYED = "It will come.\n****\n$myhostname"
_POLICY = """\
policy "words"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
trust clients in 192.0.2.0/24
send ndrs to anyone
warn about delay after 1s
word ndrs by file "words.txt"
deploy mx to {server}
"""
_MESSAGE = b"From: joe@partner.example\r\nSubject: lost\r\n\r\nhello\r\n"


@contextmanager
def site(lab: Lab, folder: Path, server: str, words: str) -> Iterator[Deployed]:
    (folder / "words.txt").write_text(words)
    (folder / "site.ndr").write_text(_POLICY.format(server=server))
    with deployed(lab, folder / "site.ndr", "mx", verify=True) as running:
        yield running


def report(running: Deployed, reply: str) -> Received:
    """Return the report of a message to which its last hop says that."""
    sink = running.lab.sink
    sink.replies["bob@example.org"] = reply
    assert running.lab.attempt("joe@partner.example", ["bob@example.org"], _MESSAGE, client=STRANGER).accepted
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if sink.comes(lambda mail: mail.sender == "", seconds=0.5):
            return sink.wait(lambda mail: mail.sender == "")
        if running.outputs[0].part.component == "postfix":
            run("postqueue", "-f")
    raise AssertionError("no report came: " + running.logs[0]())


def said(mail: Received) -> str:
    """Return what the part for people says."""
    part = next(part for part in mail.message.walk() if part.get_content_type() == "text/plain")
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets.decode(part.get_content_charset() or "us-ascii").replace("\r\n", "\n")


@pytest.mark.parametrize("server", SERVERS)
def test_words_of_a_failure_arrive_as_they_were_written(lab: Lab, tmp_path: Path, server: str) -> None:
    with site(lab, tmp_path, server, f"[failed]\nSubject: {SUBJECT}\n\n{TEXT}\n") as running:
        mail = report(running, "550 5.1.1 gone")
        assert mail.message["Subject"] == SUBJECT
        assert said(mail).startswith(TEXT + "\n")
        assert "bob@example.org" in said(mail).removeprefix(TEXT)
        assert mail.message.get_content_type() == "multipart/report"
        assert re.search(rb"^Status: 5\.", mail.octets, re.MULTILINE)
        assert not running.logged("template", seconds=0)


@pytest.mark.parametrize("server", SERVERS)
def test_words_of_a_delay_arrive_as_they_were_written(lab: Lab, tmp_path: Path, server: str) -> None:
    words = f"[failed]\nSubject: lost\n\nlost\n[delayed]\nSubject: {SUBJECT}\n\n{DELAYED}\n"
    with site(lab, tmp_path, server, words) as running:
        mail = report(running, "451 4.2.0 later")
        assert mail.message["Subject"] == SUBJECT
        assert said(mail).startswith(DELAYED + "\n")
        assert "bob@example.org" in said(mail)
        assert b"Action: delayed" in mail.octets


@pytest.mark.parametrize("server", SERVERS)
def test_a_file_without_words_for_a_delay_leaves_them_to_the_server(lab: Lab, tmp_path: Path, server: str) -> None:
    with site(lab, tmp_path, server, "[failed]\nSubject: lost\n\nour own words\n") as running:
        mail = report(running, "451 4.2.0 later")
        assert "our own words" not in said(mail)
        assert b"Action: delayed" in mail.octets


def test_letters_beyond_ascii_arrive_where_the_server_says_what_they_are(lab: Lab, tmp_path: Path) -> None:
    words = "[failed]\nSubject: Nicht zugestellt: Postfach überfüllt\n\nGrüße aus Köln, $myhostname\n"
    with site(lab, tmp_path, "postfix 3.7", words) as running:
        mail = report(running, "550 5.1.1 gone")
        assert mail.message["Subject"] == "Nicht zugestellt: Postfach überfüllt"
        assert said(mail).startswith("Grüße aus Köln, $myhostname\n")


def test_a_subject_beyond_ascii_is_encoded_for_exim(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "exim 4.96", "[failed]\nSubject: überfüllt ****\n\nfull\n") as running:
        mail = report(running, "550 5.1.1 gone")
        assert mail.message["Subject"] == "überfüllt ****"
        assert said(mail).startswith("full\n")
