"""Put fragments into Debian's stock configuration of Exim, split or not, and see that both have their say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.targets.exim.debian import debian, delivered, mailbox
from tests.targets.exim.site import TRUSTED, log, logged, message, send, site

pytestmark = pytest.mark.live

SENDER = "joe@partner.example"
STATEMENTS = """
addresses quiet = silent@example.org
addresses quick = carol@example.org
reject bounces to several recipients
reject bounces to quiet  with 553 5.7.2 "they never write"
quarantine bounces to quick
tag "X-Kind: letter" ordinary mail
send ndrs only to trusted senders
return nothing
give up bounces after 1d
"""


@pytest.fixture(scope="module", params=["split", "unsplit"])
def fragment(request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("fragment")
    split = request.param == "split"
    with site(lab, folder, STATEMENTS, standalone=False, prepare=lambda: debian(split=split)) as running:
        yield running


def test_the_policy_decides_first(fragment: Deployed) -> None:
    for sender, recipients, code, rule in (
        (SENDER, ["ghost@example.org"], 550, "reject-nonexistent-recipients"),
        (SENDER, ["dave@example.org"], 550, "reject-nonexistent-recipients"),
        (SENDER, ["someone@elsewhere.example"], 554, "relaying"),
        ("", ["alice@example.org", "silent@example.org"], 550, "reject-bounces-to-several-recipients"),
        ("", ["silent@example.org"], 553, "reject-bounces-to-quiet"),
    ):
        reply = send(fragment, message(sender, *recipients), sender, *recipients).last
        assert (reply.code, reply.rule) == (code, rule)
        assert f"[{rule}]" in log(fragment)


def test_the_owners_configuration_decides_next(fragment: Deployed) -> None:
    reply = send(fragment, message(SENDER, "bob@example.org"), SENDER, "bob@example.org").last
    assert reply.code == 550
    assert reply.rule is None
    assert "rejected RCPT <bob@example.org>" in log(fragment)


def test_mail_reaches_its_mailbox_with_a_header(fragment: Deployed) -> None:
    mail = message(SENDER, "alice@example.org", subject="to a mailbox")
    assert send(fragment, mail, SENDER, "alice@example.org").accepted
    assert delivered("alice", "to a mailbox")
    assert "X-Kind: letter" in mailbox("alice")


def test_postmaster_is_reached_bare_and_at_the_domain(fragment: Deployed) -> None:
    for recipient in ("postmaster@example.org", "postmaster"):
        mail = message("", "postmaster@example.org")
        assert send(fragment, mail, "", recipient).accepted


def test_junk_is_delivered_with_a_header_and_its_sender(fragment: Deployed) -> None:
    mail = message("", "carol@example.org", subject="junk")
    assert send(fragment, mail, "", "carol@example.org").accepted
    assert delivered("carol", "junk")
    assert "X-Spam: Yes" in mailbox("carol")


def test_trusted_clients_may_relay_and_get_ndrs(fragment: Deployed) -> None:
    fragment.lab.sink.clear()
    fragment.lab.sink.replies["gone@elsewhere.example"] = "550 5.1.1 gone"
    sender, recipient = "alice@example.org", "gone@elsewhere.example"
    mail = message(sender, recipient, subject="from the office")
    assert send(fragment, mail, sender, recipient, client=TRUSTED).accepted
    assert logged(fragment, "<= <> R=")
    assert logged(fragment, "550 5.1.1 gone")
    assert delivered("alice", "Mail delivery failed: returning message to sender")
    assert "with nullsender (Exim" in mailbox("alice")
    assert "Subject: from the office" not in mailbox("alice")


def test_a_stranger_gets_no_ndr_and_postmaster_a_copy(fragment: Deployed) -> None:
    fragment.lab.sink.clear()
    fragment.lab.sink.replies["gone@elsewhere.example"] = "550 5.1.1 gone"
    before = log(fragment)
    mail = message(SENDER, "silent@example.org", subject="cannot be delivered")
    assert send(fragment, mail, SENDER, "silent@example.org").accepted
    assert logged(fragment, f"=> alice <{SENDER}>", before)
    copy = next(part for part in mailbox("alice").split("\nFrom ") if "Subject: cannot be delivered" in part)
    assert "X-Failed-Recipients: gone@elsewhere.example" in copy
    assert "Hello." not in copy
    assert not fragment.lab.sink.comes(lambda got: SENDER in got.recipients, 1)
