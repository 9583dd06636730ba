"""Membership before working a set out is membership after."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullsender.names import Kind
from nullsender.sets import Contents, Piece, SetValue, covers, overlap, subtract

_DOMAINS = st.sampled_from(["a.org", "b.a.org", "c.b.a.org", "d.org"])
_DOMAIN_MEMBERS = _DOMAINS | _DOMAINS.map(lambda domain: "*." + domain)
_LOCAL_PARTS = st.text("abx", min_size=1, max_size=3)
_LOCAL_PATTERNS = st.text("abx*", min_size=1, max_size=3)
_NETWORKS = st.tuples(st.integers(0, 15), st.integers(28, 32)).map(lambda n: f"192.0.2.{n[0]}/{n[1]}") | st.tuples(
    st.integers(0, 15), st.integers(124, 128)
).map(lambda n: f"2001:db8::{n[0]:x}/{n[1]}")
_HOSTS = st.integers(0, 15).map(lambda n: f"192.0.2.{n}") | st.integers(0, 15).map(lambda n: f"2001:db8::{n:x}")
MEMBERS = {
    Kind.DOMAINS: _DOMAIN_MEMBERS,
    Kind.ADDRESSES: st.tuples(_LOCAL_PATTERNS, _DOMAIN_MEMBERS | st.just("*")).map("@".join),
    Kind.NETWORKS: _NETWORKS.map(lambda text: str(ip_network(text, strict=False))),
}
ASKED = {
    Kind.DOMAINS: _DOMAINS,
    Kind.ADDRESSES: st.tuples(_LOCAL_PARTS, _DOMAINS).map("@".join),
    Kind.NETWORKS: _HOSTS,
}
KINDS = st.sampled_from(sorted(MEMBERS, key=lambda kind: kind.value))


def is_in(kind: Kind, members: Iterable[str], asked: str) -> bool:
    return any(_MATCHES[kind](member, asked) for member in members)


def _domain_matches(member: str, domain: str) -> bool:
    return member in ("*", domain) or (member.startswith("*.") and domain.endswith(member[1:]))


def _address_matches(member: str, address: str) -> bool:
    (pattern, _, host), (local, _, domain) = member.rpartition("@"), address.rpartition("@")
    expression = "".join(".*" if sign == "*" else re.escape(sign) for sign in pattern)
    return re.fullmatch(expression, local) is not None and _domain_matches(host, domain)


def _network_matches(member: str, address: str) -> bool:
    return ip_address(address) in ip_network(member)


_MATCHES = {Kind.DOMAINS: _domain_matches, Kind.ADDRESSES: _address_matches, Kind.NETWORKS: _network_matches}


def has(value: SetValue, asked: str) -> bool:
    return any(
        is_in(value.kind, piece.of.members, asked) and not is_in(value.kind, piece.but.members, asked)
        for piece in value.pieces
    )


@given(st.data())
def test_taking_members_away_takes_exactly_these(data: st.DataObject) -> None:
    kind = data.draw(KINDS)
    whole, first, second = (data.draw(st.frozensets(MEMBERS[kind], max_size=4)) for _ in range(3))
    left = subtract(subtract(SetValue(kind, (Piece(Contents(whole)),)), Contents(first)), Contents(second))
    for asked in data.draw(st.lists(ASKED[kind], max_size=12)):
        wanted = is_in(kind, whole, asked) and not is_in(kind, first | second, asked)
        assert has(left, asked) == wanted


@given(st.data())
def test_a_pattern_covers_another_only_with_all_that_it_stands_for(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([Kind.DOMAINS, Kind.ADDRESSES]))
    pattern, member = data.draw(MEMBERS[kind]), data.draw(MEMBERS[kind])
    asked = data.draw(ASKED[kind])
    assert not (covers(kind, pattern, member) and is_in(kind, [member], asked) and not is_in(kind, [pattern], asked))


@given(st.data())
def test_what_two_members_share_lets_them_overlap(data: st.DataObject) -> None:
    kind = data.draw(KINDS)
    one, other, asked = data.draw(MEMBERS[kind]), data.draw(MEMBERS[kind]), data.draw(ASKED[kind])
    assert overlap(kind, one, other) or not (is_in(kind, [one], asked) and is_in(kind, [other], asked))


@pytest.mark.parametrize(
    ("kind", "whole", "taken", "left"),
    [
        (Kind.NETWORKS, "192.0.2.0/30", "192.0.2.0/32", {"192.0.2.1/32", "192.0.2.2/31"}),
        (Kind.DOMAINS, "a.example.org", "*.example.org", set()),
        (Kind.DOMAINS, "*.example.org", "example.net", {"*.example.org"}),
        (Kind.ADDRESSES, "bounce-1@example.org", "bounce-*@*", set()),
        (Kind.ADDRESSES, "*@example.org", "x*@example.org", {"*@example.org"}),
    ],
)
def test_some_differences(kind: Kind, whole: str, taken: str, left: set[str]) -> None:
    value = subtract(SetValue(kind, (Piece(Contents(frozenset({whole}))),)), Contents(frozenset({taken})))
    assert {member for piece in value.pieces for member in piece.of.members} == left


def test_an_exception_that_meets_no_pattern_is_dropped() -> None:
    staff = SetValue(Kind.ADDRESSES, (Piece(Contents(frozenset({"*@example.org"}))),))
    assert subtract(staff, Contents(frozenset({"bob@example.net"}))).plain is not None
    assert subtract(staff, Contents(frozenset({"bob@example.org"}))).plain is None
