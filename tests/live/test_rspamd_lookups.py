"""What the engine looks up: block lists, names of clients, and sets in files. A failure is never a reason to refuse."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.lab.listing import Listed, question
from nullsender.names import Kind
from nullsender_targets.rspamd.lab import lab as rspamd_lab
from tests.live.lab import Lab
from tests.targets.rspamd.milter import Mail
from tests.targets.rspamd.parts import SAFELY, USUAL, ZONE, live_set, part, rule
from tests.targets.rspamd.running import HOME, Running, place, running

pytestmark = pytest.mark.live

SAFE, OTHER, BAD = ZONE.domain, "bl.example", "198.51.100.66"
BOUNCES_ONLY = rule("safe", p.Reject(), SAFELY, unless=(*USUAL, c.Upstream()), stage=p.Stage.RCPT)
CODES = c.ClientListed(c.Zone(OTHER, ("127.0.0.3", "127.0.0.4")))
ADDRESSES = live_set("theirs", "/var/lib/addresses")
NETWORKS = live_set("their-networks", "/var/lib/networks", Kind.NETWORKS)
DOMAINS = live_set("their-domains", "/var/lib/domains", Kind.DOMAINS)


@pytest.fixture(scope="module")
def listing(lab: Lab) -> Iterator[Running]:
    lab.fresh(
        (SAFE, OTHER),
        (
            Listed(SAFE, BAD),
            Listed(SAFE, "198.51.100.67", "127.0.0.9"),
            Listed(OTHER, "198.51.100.68", "127.0.0.4"),
            Listed(OTHER, "198.51.100.69", "127.0.0.2"),
            Listed(SAFE, "2001:db9::66"),
        ),
    )
    rules = (
        BOUNCES_ONLY,
        rule("codes", p.Reject(), c.AllOf((c.HeloIn(live_set("x", "/nowhere")), CODES))),
        rule("unlisted", p.Reject(), c.AllOf((c.SenderPostmaster(), c.Not(CODES)))),
        rule("codes-of-joe", p.Reject(), c.AllOf((c.Not(c.SenderNull()), CODES, c.Scoring(5)))),
    )
    with running(part(*rules)) as it:
        yield it


def queries(lab: Lab, since: int) -> list[str]:
    return [query.name.rstrip(".") for query in lab.queries()[since:]]


@pytest.mark.parametrize("sender", ["", "postmaster@partner.example", "Postmaster@partner.example"])
def test_a_listed_client_sends_no_bounces(listing: Running, sender: str) -> None:
    assert listing.show(Mail(sender=sender, client=BAD)).reply.endswith("[safe]")


def test_a_listed_client_with_an_ipv6_address_sends_no_bounces(listing: Running) -> None:
    assert listing.show(Mail(sender="", client="2001:db9::66")).reply.endswith("[safe]")


def test_another_answer_of_the_list_is_not_listed(listing: Running) -> None:
    assert listing.show(Mail(sender="", client="198.51.100.67")).accepted


@pytest.mark.parametrize(
    "mail",
    [
        Mail(client="203.0.113.8", sender="", recipients=("abuse@example.org",)),
        Mail(client="192.0.2.1", sender=""),
        Mail(client="203.0.113.8", sender="", login="joe"),
        Mail(client="198.51.100.200", sender=""),
    ],
)
def test_a_list_is_not_asked_where_its_answer_cannot_matter(lab: Lab, listing: Running, mail: Mail) -> None:
    since = len(lab.queries())
    assert listing.show(mail).accepted
    assert queries(lab, since) == []


def test_safe_mode_asks_nothing_for_ordinary_senders(lab: Lab, listing: Running) -> None:
    since = len(lab.queries())
    assert listing.show(Mail(client=BAD)).accepted
    assert [name for name in queries(lab, since) if name.endswith(SAFE)] == []


def test_safe_mode_asks_once_for_a_bounce(lab: Lab, listing: Running) -> None:
    since = len(lab.queries())
    assert listing.show(Mail(sender="", client="198.51.100.70")).accepted
    assert queries(lab, since) == [question(SAFE, "198.51.100.70")]


def test_a_list_that_fails_is_no_reason_to_refuse(lab: Lab, listing: Running) -> None:
    lab.resolver.silent = {SAFE}
    try:
        assert listing.show(Mail(sender="", client=BAD)).accepted
    finally:
        lab.resolver.silent = set()


def test_a_list_that_fails_is_no_reason_to_take_somebody_for_unlisted(lab: Lab, listing: Running) -> None:
    mail = Mail(sender="postmaster@partner.example", client="198.51.100.71")
    assert listing.show(mail).reply.endswith("[unlisted]")
    lab.resolver.silent = {OTHER}
    try:
        assert listing.show(mail).accepted
    finally:
        lab.resolver.silent = set()


@pytest.mark.parametrize(("client", "refused"), [("198.51.100.68", True), ("198.51.100.69", False), (BAD, False)])
def test_answers_are_compared_and_the_score_is_awaited(listing: Running, client: str, refused: bool) -> None:
    outcome = listing.show(Mail(client=client, score=6))
    assert outcome.reply.endswith("[codes-of-joe]") == refused
    assert listing.show(Mail(client=client, score=4)).accepted


@pytest.fixture(scope="module")
def naming(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    with running(part(rule("nameless", p.Reject(), c.ClientNameless(), stage=p.Stage.RCPT))) as it:
        yield it


@pytest.mark.parametrize("client", ["203.0.113.9", "2001:db9::1"])
def test_a_client_has_a_name_when_it_leads_back(naming: Running, client: str) -> None:
    assert naming.show(Mail(client=client)).accepted


@pytest.mark.parametrize("client", ["203.0.113.10", "2001:db9::2"])
def test_a_client_without_a_name_is_told_so(lab: Lab, naming: Running, client: str) -> None:
    lab.resolver.nameless = {client}
    assert naming.show(Mail(client=client)).reply.endswith("[nameless]")


@pytest.fixture(scope="module")
def living(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    rules = (
        rule("to-theirs", p.Reject(), c.RecipientIn(ADDRESSES), stage=p.Stage.RCPT),
        rule("from-their-networks", p.Reject(), c.ClientIn(NETWORKS), stage=p.Stage.RCPT),
        rule("not-from-their-domains", p.Reject(), c.Not(c.SenderIn(DOMAINS)), stage=p.Stage.RCPT),
    )
    with running(part(*rules)) as it:
        yield it


def eventually(running_one: Running, mail: Mail, id_: str) -> bool:
    """Tell whether the message gets that decision within the time in which rspamd looks for changed files."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        outcome = running_one.show(mail)
        if outcome.reply.endswith(f"[{id_}]") if id_ else outcome.accepted:
            return True
        time.sleep(0.1)
    return False


def test_a_live_file_decides_while_it_is_there_and_nothing_when_it_is_gone(living: Running) -> None:
    mail = Mail(recipients=("Alice+x@example.org",), client="203.0.113.77", sender="joe@partner.example")
    assert living.show(mail).accepted

    Path("/var/lib/addresses").write_text("# theirs\nalice@example.org whatever\n")
    assert eventually(living, mail, "to-theirs")
    Path("/var/lib/addresses").unlink()
    assert living.show(mail).accepted

    Path("/var/lib/networks").write_text("203.0.113.0/24 theirs\n")
    assert eventually(living, mail, "from-their-networks")
    Path("/var/lib/networks").unlink()
    assert living.show(mail).accepted

    Path("/var/lib/domains").write_text("elsewhere.example\n")
    assert eventually(living, mail, "not-from-their-domains")
    Path("/var/lib/domains").write_text("elsewhere.example\npartner.example x\n")
    assert eventually(living, mail, "")
    Path("/var/lib/domains").unlink()
    assert living.show(mail).accepted


def test_a_compiled_map_that_is_missing_decides_nothing(lab: Lab) -> None:
    lab.fresh()
    it = part(rule("strangers", p.Reject(), c.Not(c.Trusted()), unless=()))
    with running(it) as rspamd:
        assert rspamd.show(Mail()).reply.endswith("[strangers]")
    lab.fresh()
    place(it)
    Path("/etc/rspamd/nullsender/sets/office.map").unlink()
    with rspamd_lab.boot(it, HOME) as log:
        assert Running(log).show(Mail()).accepted
        assert Running(log).show(Mail(login="joe")).accepted
