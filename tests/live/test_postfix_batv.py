"""See Postfix deliver what comes back to signed addresses, with rspamd beside it that signs and judges."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from nullsender import batv
from nullsender.batv import SECONDS_A_DAY
from nullsender.lab.dialogue import Attempt
from nullsender.lab.sink import Received
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab
from tests.targets.exim.site import message
from tests.targets.keys import FIRST, KEYS, put

pytestmark = pytest.mark.live

SITE = f"""\
policy "a site for tests"
domains  mine   = example.org, *.below.example.org
networks office = 192.0.2.0/24
recipients of mine from file "people.txt"
deliver mine to lmtp 127.0.0.1:24
subaddresses begin with +
trust clients in office
send ndrs only to trusted senders
sign mail from mine with batv keys "{KEYS}"
reject bounces without a valid batv tag as untagged
deploy mx to postfix 3.7 with rspamd 3.4
"""
ALICE, BELOW, ELSEWHERE, TRUSTED = "alice@example.org", "bob@x.below.example.org", "joe@elsewhere.example", "192.0.2.10"


@pytest.fixture(scope="module")
def signing(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("signing")
    (folder / "site.ndr").write_text(SITE)
    (folder / "people.txt").write_text(f"{ALICE}\n{BELOW}\n")
    with deployed(lab, folder / "site.ndr", "mx", prepare=lambda: put(FIRST), verify=True) as running:
        yield running


@pytest.fixture(autouse=True)
def _with_keys(signing: Deployed) -> None:
    signing.lab.sink.clear()
    signing.lab.sink.refuse = lambda _: None
    put(FIRST)


def tagged(address: str) -> str:
    return batv.tagged(address, FIRST, int(time.time()) // SECONDS_A_DAY)


def sent(running: Deployed, sender: str, *recipients: str, client: str = STRANGER) -> tuple[Attempt, str]:
    mail = message(sender, *recipients)
    return running.lab.attempt(sender, recipients, mail.as_bytes(), client=client), str(mail["Message-ID"])


def arrived(running: Deployed, id_: str) -> Received:
    return running.lab.sink.wait(lambda mail: mail.id == id_)


def test_a_bounce_of_signed_mail_comes_to_the_mailbox(signing: Deployed) -> None:
    attempt, id_ = sent(signing, ALICE, ELSEWHERE, client=TRUSTED)
    assert attempt.accepted, attempt.last
    reverse_path = arrived(signing, id_).sender
    assert reverse_path == tagged(ALICE)
    for to, mailbox in ((reverse_path, ALICE), (reverse_path.upper(), ALICE), (tagged(BELOW), BELOW)):
        attempt, id_ = sent(signing, "", to)
        assert attempt.accepted, attempt.last
        assert [one.lower() for one in arrived(signing, id_).recipients] == [mailbox]


def test_what_is_not_signed_is_refused_to_bounces_alone(signing: Deployed) -> None:
    for to in (ALICE, f"prvs=0123abcdef={ALICE}", tagged(BELOW).replace("bob", "alice")):
        attempt, _ = sent(signing, "", to)
        assert not attempt.accepted, to
    attempt, id_ = sent(signing, ELSEWHERE, f"prvs=0123abcdef={ALICE}")
    assert attempt.accepted, attempt.last
    assert arrived(signing, id_).recipients == (ALICE,)


def test_a_tag_makes_nobody_exist(signing: Deployed) -> None:
    for to in (tagged("ghost@example.org"), "prvs=0123abcdef=alice,root@example.org", "prvs=0123abcdef=@example.org"):
        attempt, _ = sent(signing, "", to)
        assert attempt.of(to).code // 100 == 5, to


def test_tags_of_others_stay(signing: Deployed) -> None:
    theirs = "prvs=0123abcdef=joe@elsewhere.example"
    attempt, id_ = sent(signing, ALICE, theirs, client=TRUSTED)
    assert attempt.accepted, attempt.last
    assert arrived(signing, id_).recipients == (theirs,)


def test_a_report_of_our_own_comes_to_the_mailbox(signing: Deployed) -> None:
    signing.lab.sink.refuse = lambda to: "550 5.1.1 gone" if to.startswith("gone@") else None
    attempt, _ = sent(signing, ALICE, "gone@elsewhere.example", client=TRUSTED)
    assert attempt.accepted, attempt.last
    report = signing.lab.sink.wait(lambda mail: mail.sender == "")
    assert report.recipients == (ALICE,)


def test_without_keys_what_would_be_signed_waits_and_no_bounce_is_refused(signing: Deployed) -> None:
    KEYS.unlink()
    attempt, _ = sent(signing, ALICE, ELSEWHERE, client=TRUSTED)
    assert attempt.last.code == 451
    attempt, id_ = sent(signing, "", ALICE)
    assert attempt.accepted, attempt.last
    assert arrived(signing, id_).recipients == (ALICE,)
    put(FIRST)
    attempt, id_ = sent(signing, ALICE, ELSEWHERE, client=TRUSTED)
    assert attempt.accepted, attempt.last
    assert arrived(signing, id_).sender == tagged(ALICE)
