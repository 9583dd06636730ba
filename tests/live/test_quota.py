"""Real servers ask Dovecot's quota-status whether a mailbox is full; while it does not answer, none is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullsender.lab.replies import Reply
from nullsender.session import STRANGER
from tests.live import mailboxes
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = Path(__file__).parent / "directories/full.ndr"
LONGEST = 15.0  # seconds that a silent service may cost


@dataclass(frozen=True)
class Site:
    running: Deployed
    service: mailboxes.Service

    def ask(self, *recipients: str, sender: str = "joe@partner.example", client: str = STRANGER) -> list[Reply]:
        with self.running.lab.dialogue(client) as session:
            session.mail(sender)
            return [session.rcpt(recipient) for recipient in recipients]

    def codes(self, *recipients: str, sender: str = "joe@partner.example", client: str = STRANGER) -> list[int]:
        return [reply.code for reply in self.ask(*recipients, sender=sender, client=client)]


@pytest.fixture(scope="module", params=["full:pf", "full:ex"])
def site(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Site]:
    services: list[mailboxes.Service] = []

    def prepare() -> None:
        services.append(mailboxes.mailboxes())

    with deployed(lab, POLICY, request.param.partition(":")[2], prepare=prepare) as running:
        yield Site(running, services[0])


def test_a_full_mailbox_is_refused_by_the_rule_and_no_other_is(site: Site) -> None:
    (reply,) = site.ask("bob@example.org")
    assert (reply.code, reply.enhanced) == (452, "4.2.2")
    assert "[full]" in reply.text
    assert site.codes("Bob+x@example.org", "prvs=1234abcdef=bob@example.org", "bob+a+b@EXAMPLE.org") == [452] * 3
    assert site.codes("alice@example.org", "nobody-there@example.org", "postmaster@example.org") == [250] * 3


def test_trusted_clients_and_kept_addresses_are_exceptions(site: Site) -> None:
    assert site.codes("bob@example.org", client="192.0.2.7") == [250]
    assert site.codes("abuse@example.org") == [250]


def test_an_exception_for_the_full_spares_them_alone(site: Site) -> None:
    assert site.codes("shy@example.org", sender="") == [250]


def test_what_a_client_writes_stays_one_line_of_the_question(site: Site) -> None:
    odd = ('"bob\\\\@example.org"@example.org', '"x recipient=bob@example.org"@example.org', "$(id)@example.org")
    assert all(code == 250 or code > 500 for code in site.codes(*odd))


def test_nobody_is_full_while_the_service_is_down_or_silent(site: Site) -> None:
    for quiet, back in ((site.service.stop, site.service.start), (site.service.silence, site.service.wake)):
        quiet()
        try:
            began = time.monotonic()
            assert site.codes("bob@example.org", "alice@example.org") == [250, 250]
            assert time.monotonic() - began < LONGEST
            assert site.codes("shy@example.org", sender="") == [550]
        finally:
            back()
        assert site.codes("bob@example.org", "alice@example.org") == [452, 250]
