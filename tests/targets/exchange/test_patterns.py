"""Patterns of mail-flow rules match the addresses of a set and no others."""

from __future__ import annotations

import re

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries, Kind
from nullsender.plan import Site
from nullsender.source import Source, Span
from nullsender_targets.exchange.rules import mail_flow

HERE = Span(Source("policy.ndr", "policy"), 0, 6)
SITE = Site((), (), (), None, ("postmaster",), "", p.QuarantineInto(p.Into.HOLD), ())
ADDRESSES = (
    "joe@partner.example", "big.joe@partner.example", "joe@partner.example.org", "joe@sub.partner.example",
    "joe@partnerXexample", "bounce-1@lists.example", "bounce@lists.example", "bounce-1@a.lists.example",
    "a+b@c.example", "aab@c.example", "it's@c.example", "mailer-daemon@any.example", "x.mailer-daemon@any.example",
)  # fmt: skip


def matched(kind: Kind, *entries: str) -> set[str]:
    rule = p.Rule(
        "q", p.Quarantine(), c.SenderIn(Entries("s", kind, entries)), (), p.Stage.CONTENT, p.Reply(550, "5.7.1"), HERE
    )
    values = {one.name: one.value for one in mail_flow(rule, SITE, "nullsender t: q", 0).settings}
    patterns = values["FromAddressMatchesPatterns"]
    assert isinstance(patterns, tuple)
    return {address for address in ADDRESSES if any(re.search(one, address, re.IGNORECASE) for one in patterns)}


@pytest.mark.parametrize(
    ("kind", "entry", "members"),
    [
        (Kind.ADDRESSES, "joe@partner.example", {"joe@partner.example"}),
        (Kind.ADDRESSES, "a+b@c.example", {"a+b@c.example"}),
        (Kind.ADDRESSES, "it's@c.example", {"it's@c.example"}),
        (Kind.ADDRESSES, "bounce-*@lists.example", {"bounce-1@lists.example"}),
        (Kind.ADDRESSES, "mailer-daemon@*", {"mailer-daemon@any.example"}),
        (Kind.ADDRESSES, "*@lists.example", {"bounce-1@lists.example", "bounce@lists.example"}),
        (Kind.DOMAINS, "partner.example", {"joe@partner.example", "big.joe@partner.example"}),
        (Kind.DOMAINS, "*.lists.example", {"bounce-1@a.lists.example"}),
        (Kind.DOMAINS, "*.partner.example", {"joe@sub.partner.example"}),
    ],
)
def test_a_pattern_matches_members_alone(kind: Kind, entry: str, members: set[str]) -> None:
    assert matched(kind, entry) == members


def test_each_member_has_its_pattern() -> None:
    assert matched(Kind.ADDRESSES, "a+b@c.example", "aab@c.example") == {"a+b@c.example", "aab@c.example"}
