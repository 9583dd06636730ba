"""What stands in the block lists of the machine's internet (RFC 5782), and what was asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class Listed:
    """A client stands in a zone, which answers with `code`."""

    zone: str
    client: str
    code: str = "127.0.0.2"


@dataclass(frozen=True, slots=True)
class Query:
    """One question that reached the block list."""

    name: str
    type: str


def question(zone: str, client: str) -> str:
    """Return the name under which a client is asked for."""
    reverse = ip_address(client).reverse_pointer
    return f"{reverse.removesuffix('.in-addr.arpa').removesuffix('.ip6.arpa')}.{zone}"
