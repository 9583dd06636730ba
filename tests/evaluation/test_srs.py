"""Addresses of forwarded mail are those that were measured, and hold the sender."""

from __future__ import annotations

import pytest

from nullsender import srs
from nullsender.keyfile import Key
from tests.targets.keys import days


def test_the_sender_is_rewritten_as_it_was_measured() -> None:
    made = srs.rewritten("bob@example.org", "fwd.example.net", Key(0, "tops3cret"), days("2026-11-23"))
    assert made == "SRS0=2221=jm=example.org=bob@fwd.example.net"


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
