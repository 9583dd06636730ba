"""Addresses of forwarded mail are those that were measured, and hold the sender."""

from __future__ import annotations

from datetime import date

import pytest

from nullsender import srs
from nullsender.keyfile import Key
from nullsender.srs import Dialect
from tests.targets.keys import days


def test_the_sender_is_rewritten_as_it_was_measured() -> None:
    made = srs.rewritten("bob@example.org", "fwd.example.net", Key(0, "tops3cret"), days("2026-11-23"))
    assert made == "SRS0=2221=jm=example.org=bob@fwd.example.net"


@pytest.mark.parametrize(
    ("sender", "made"),
    [
        ("bob@example.org", "SRS0=uuDV=JM=example.org=bob@fwd.example.net"),
    ],
)
def test_another_dialect_takes_the_whole_line_for_its_secret(sender: str, made: str) -> None:
    key = Key(4, "tops3cret", date(2026, 1, 1))
    assert srs.rewritten(sender, "fwd.example.net", key, days("2026-11-23"), Dialect.SHA1) == made


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("SRS0=2221=jm=example.org=bob@fwd.example.net", "bob@example.org"),
        ("srs0+2221=JM=example.org=bob=x@fwd.example.net", "bob=x@example.org"),
        ("SRS0=@fwd.example.net", None),
        ("bob@fwd.example.net", None),
    ],
)
def test_the_sender_is_found_inside(address: str, sender: str | None) -> None:
    assert srs.inside(address) == sender
