"""The resolver answers as the internet around the machine would."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.message
import dns.query
import dns.rcode
import pytest

from nullsender.lab.listing import Listed, Query, question
from nullsender.lab.resolver import Resolver

ZONE = "bl.example"
CLIENT, OTHER = "198.51.100.7", "2001:db8::7"


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    resolver = Resolver(("127.0.0.1", 0))
    resolver.clear([ZONE, "deep.bl.example"])
    yield resolver
    resolver.stop()


def ask(resolver: Resolver, name: str, kind: str = "A") -> dns.message.Message:
    host, port = resolver.address
    return dns.query.udp(dns.message.make_query(name, kind), host, port=port, timeout=3)


def answers(resolver: Resolver, name: str, kind: str = "A") -> set[str]:
    answer = ask(resolver, name, kind)
    assert {rrset.ttl for rrset in answer.answer} <= {0}, "somebody could remember it"
    return {str(record) for rrset in answer.answer for record in rrset}


def test_a_zone_answers_with_every_code_of_a_client(resolver: Resolver) -> None:
    resolver.set_listed([Listed(ZONE, CLIENT), Listed(ZONE, CLIENT, "127.0.0.4"), Listed(ZONE, OTHER, "127.0.0.9")])
    assert answers(resolver, question(ZONE, CLIENT)) == {"127.0.0.2", "127.0.0.4"}
    assert answers(resolver, question(ZONE, OTHER)) == {"127.0.0.9"}
    assert answers(resolver, question(ZONE, CLIENT), "TXT") == {'"listed"'}
    assert ask(resolver, question(ZONE, CLIENT), "AAAA").rcode() == dns.rcode.NOERROR


def test_listings_may_change_at_any_time(resolver: Resolver) -> None:
    assert ask(resolver, question(ZONE, CLIENT)).rcode() == dns.rcode.NXDOMAIN
    resolver.listings = {(ZONE, CLIENT): ("127.0.0.2",)}
    assert answers(resolver, question(ZONE, CLIENT)) == {"127.0.0.2"}
    resolver.listings = {}
    assert ask(resolver, question(ZONE, CLIENT)).rcode() == dns.rcode.NXDOMAIN


def test_an_address_may_be_spelled_in_any_way(resolver: Resolver) -> None:
    resolver.set_listed([Listed("BL.example", "2001:DB8:0::0:7")])
    assert answers(resolver, question("bl.EXAMPLE", OTHER)) == {"127.0.0.2"}


@pytest.mark.parametrize("name", ["7.100.51.bl.example", "a.b.c.d.bl.example", "300.1.1.1.bl.example"])
def test_what_is_no_address_is_not_listed(resolver: Resolver, name: str) -> None:
    assert ask(resolver, name).rcode() == dns.rcode.NXDOMAIN


def test_the_narrowest_zone_answers(resolver: Resolver) -> None:
    resolver.set_listed([Listed("deep.bl.example", CLIENT)])
    assert answers(resolver, question("deep.bl.example", CLIENT)) == {"127.0.0.2"}
    assert ask(resolver, "deep.bl.example").rcode() == dns.rcode.NOERROR


def test_a_silent_zone_fails_and_no_other(resolver: Resolver) -> None:
    resolver.silent.add(ZONE)
    assert ask(resolver, question(ZONE, CLIENT)).rcode() == dns.rcode.SERVFAIL
    assert ask(resolver, question("deep.bl.example", CLIENT)).rcode() == dns.rcode.NXDOMAIN


def test_what_the_zones_were_asked_is_recorded_until_all_is_cleared(resolver: Resolver) -> None:
    ask(resolver, question(ZONE, CLIENT).upper())
    ask(resolver, "partner.example", "MX")
    assert resolver.queries == [Query(question(ZONE, CLIENT), "A")]
    resolver.clear()
    assert resolver.queries == []
    assert ask(resolver, question(ZONE, CLIENT)).rcode() == dns.rcode.NOERROR, "it is a name like others below example"


def test_a_zone_may_be_passed_on_to_a_real_server(resolver: Resolver) -> None:
    real = Resolver(("127.0.0.1", 0))
    real.clear([ZONE], [Listed(ZONE, CLIENT, "127.0.0.5")])
    resolver.server = real.address
    assert answers(resolver, question(ZONE, CLIENT)) == {"127.0.0.5"}
    real.stop()


def test_what_is_no_question_is_left_without_an_answer(resolver: Resolver) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.sendto(b"nonsense", resolver.address)
    assert answers(resolver, "partner.example", "MX") == {"10 partner.example."}


def test_a_client_may_be_without_a_name(resolver: Resolver) -> None:
    reverse = "7.100.51.198.in-addr.arpa"
    (name,) = answers(resolver, reverse, "PTR")
    assert answers(resolver, name) == {CLIENT}
    resolver.nameless.add(CLIENT)
    assert ask(resolver, reverse, "PTR").rcode() == dns.rcode.NXDOMAIN
    assert ask(resolver, name).rcode() == dns.rcode.NXDOMAIN
