"""See what a real Exim does with mail that it accepted: quarantine, headers, wrapped addresses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.targets.exim.site import TRUSTED, arrivals, logged, message, send, site

pytestmark = pytest.mark.live

SPAM = "quarantine bounces to mine"
SENDER = "joe@partner.example"


def quarantined(running: Deployed, *recipients: str) -> str:
    mail = message("", *recipients, X_Spam="No")
    assert send(running, mail, "", *recipients).accepted
    return str(mail["Message-ID"])


def test_junk_is_delivered_with_a_header_of_ours_alone(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, SPAM) as running:
        (mail,) = arrivals(running, quarantined(running, "alice@example.org"))
        assert mail.message.get_all("X-Spam") == ["Yes"]
        assert logged(running, "[quarantine-bounces-to-mine]")


def test_no_ndr_is_made_for_junk(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "quarantine ordinary mail to mine\nsend ndrs to anyone") as running:
        running.lab.sink.replies["alice@example.org"] = "550 5.1.1 gone"
        assert send(running, message(SENDER, "alice@example.org"), SENDER, "alice@example.org").accepted
        assert logged(running, ":blackhole:")
        assert not running.lab.sink.comes(lambda mail: mail.sender == "", 1)


def test_held_mail_is_kept_with_its_envelope_and_may_be_taken_up_again(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, f"{SPAM}\nquarantine into hold") as running:
        id_ = quarantined(running, "alice@example.org", "bob@example.org")
        assert logged(running, "T=nullsender_hold")
        assert arrivals(running, id_, 1) == []
        (held,) = Path("/var/spool/exim4/quarantine/new").iterdir()
        text = held.read_text()
        assert "MAIL FROM:<>" in text
        assert "RCPT TO:<alice@example.org>" in text
        assert "RCPT TO:<bob@example.org>" in text
        assert "X-Nullsender-Quarantine: quarantine-bounces-to-mine" in text
        with held.open() as batch:
            subprocess.run(["exim4", "-bS"], stdin=batch, check=True)
        (mail,) = arrivals(running, id_)
        assert set(mail.recipients) == {"alice@example.org", "bob@example.org"}


def test_quarantined_mail_goes_to_one_address_instead(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, f"{SPAM}\nquarantine into silent@example.org") as running:
        id_ = quarantined(running, "alice@example.org", "bob@example.org")
        (mail,) = arrivals(running, id_)
        assert mail.recipients == ("silent@example.org",)
        assert len(arrivals(running, id_, 1, number=2)) == 1


def test_discarded_mail_is_answered_well_and_goes_nowhere(lab: Lab, tmp_path: Path) -> None:
    with site(
        lab, tmp_path, 'discard bounces to silent because "they never send"\naddresses silent = silent@example.org'
    ) as running:
        mail = message("", "silent@example.org")
        assert send(running, mail, "", "silent@example.org").accepted
        assert logged(running, "[discard-bounces-to-silent]")
        assert arrivals(running, str(mail["Message-ID"]), 1) == []


def test_a_tag_is_added_and_the_same_header_from_outside_removed(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, 'tag "X-Kind: bounce" bounces\ntag ordinary mail') as running:
        bounce = message("", "alice@example.org", X_Kind="letter", X_Nullsender="mine")
        assert send(running, bounce, "", "alice@example.org").accepted
        (mail,) = arrivals(running, str(bounce["Message-ID"]))
        assert mail.message.get_all("X-Kind") == ["bounce"]
        assert mail.message.get_all("X-Nullsender") is None
        letter = message(SENDER, "alice@example.org", X_Kind="letter", X_Nullsender="mine")
        assert send(running, letter, SENDER, "alice@example.org").accepted
        (mail,) = arrivals(running, str(letter["Message-ID"]))
        assert mail.message.get_all("X-Kind") is None
        assert mail.message.get_all("X-Nullsender") == ["tag-ordinary-mail"]


def test_points_add_up_to_a_verdict(lab: Lab, tmp_path: Path) -> None:
    statements = (
        "score 2.5 bounces\nscore 1.25 bounces when sender is null\nscore -0.5 bounces\nreject mail scoring {} or more"
    )
    for least, accepted in (("3.25", False), ("3.26", True)):
        with site(lab, tmp_path, statements.format(least)) as running:
            attempt = send(running, message("", "alice@example.org"), "", "alice@example.org")
            assert attempt.accepted is accepted, attempt.last


def test_mail_for_a_batv_address_reaches_the_address_inside(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "") as running:
        for recipient, inside in (
            ("prvs=0787478033=alice@example.org", "alice@example.org"),
            ("prvs=0787478033=alice+tag@example.org", "alice+tag@example.org"),
        ):
            mail = message("", recipient)
            assert send(running, mail, "", recipient).accepted
            (arrived,) = arrivals(running, str(mail["Message-ID"]))
            assert arrived.recipients == (inside,)
        ghost = send(running, message("", "x"), "", "prvs=0787478033=ghost@example.org")
        assert (ghost.last.code, ghost.last.rule) == (550, "reject-nonexistent-recipients")


def test_a_client_that_sends_bdat_is_asked_what_is_asked_at_data(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "reject bounces to several recipients") as running, running.lab.dialogue() as session:
        assert "CHUNKING" in session.welcome.lines
        assert session.mail("").positive
        assert session.rcpt("alice@example.org").positive
        assert session.rcpt("bob@example.org").positive
        text = message("", "alice@example.org").as_bytes().replace(b"\n", b"\r\n")
        reply = session.say(f"BDAT {len(text)} LAST\r\n{text.decode()}".removesuffix("\r\n"))
        assert (reply.code, reply.enhanced, reply.rule) == (550, "5.5.3", "reject-bounces-to-several-recipients")


def test_mail_of_a_trusted_client_goes_out(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "") as running:
        mail = message("alice@example.org", "someone@elsewhere.example")
        assert send(running, mail, "alice@example.org", "someone@elsewhere.example", client=TRUSTED).accepted
        (arrived,) = arrivals(running, str(mail["Message-ID"]))
        assert (arrived.protocol, arrived.sender) == ("smtp", "alice@example.org")


def test_a_second_message_of_a_session_is_judged_by_itself(lab: Lab, tmp_path: Path) -> None:
    statements = "addresses quiet = silent@example.org\nreject bounces to quiet\nreject bounces to several recipients"
    with site(lab, tmp_path, statements) as running, running.lab.dialogue() as session:
        text = message("", "alice@example.org").as_bytes()
        several = session.attempt("", ["alice@example.org", "silent@example.org"], text)
        assert several.last.rule == "reject-bounces-to-several-recipients"
        session.say("RSET")
        assert session.attempt("", ["silent@example.org"], text).last.rule == "reject-bounces-to-quiet"
        session.say("RSET")
        assert session.attempt("", ["alice@example.org"], text).accepted
        assert session.attempt("", ["silent@example.org"], text).last.rule == "reject-bounces-to-quiet"
