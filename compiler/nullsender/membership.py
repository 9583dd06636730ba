"""Tell whether an address, a name or a client is in a set; a file of the server that is missing leaves that open.

Files that are read when compiling have been read already: `lists` puts what matters of them among the members.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from nullsender.names import Entries, Kind
from nullsender.sets import covers
from nullsender.truth import Truth


def has_address(entries: Entries, forms: tuple[str, ...]) -> Truth:
    """Tell whether one of the forms of an address is a member, or its domain is; what has no form is in no set."""
    if not forms:
        return False
    if entries.kind is not Kind.ADDRESSES:
        return has_domain(entries, forms[0].rpartition("@")[2])
    return _found(entries, any(is_of(Kind.ADDRESSES, member, form) for member in entries.members for form in forms))


def has_domain(entries: Entries, name: str) -> Truth:
    """Tell whether a name in canonical form is a member of a set of domains or hosts."""
    return _found(entries, any(is_of(Kind.DOMAINS, member, name) for member in entries.members))


def has_client(entries: Entries, client: str) -> Truth:
    """Tell whether a client's address lies within one of the networks."""
    return _found(entries, any(_lies_within(client, network) for network in entries.members))


def holds_name(entries: Entries, words: Iterable[str]) -> Truth:
    """Tell whether one of some words is a member of a set of hosts, or a name below one."""
    below = [member.removeprefix("*") for member in entries.members]
    found = any(f".{word}".endswith(f".{host.lstrip('.')}") and word != host[1:] for word in words for host in below)
    return _found(entries, found)


def _found(entries: Entries, yes: bool) -> Truth:
    assert not entries.files, f"the lists of `{entries.name}` were not read"  # noqa: S101  # see `lists`
    return True if yes else None if entries.live else False


def is_of(kind: Kind, member: str, name: str) -> bool:
    """Tell whether a member of a set, which may be a pattern, stands for a name or an address."""
    return member == name or ("*" in member and covers(kind, member, name))


def _lies_within(client: str, network: str) -> bool:
    address, within = _address(client), _network(network)
    return address.version == within.version and address in within


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address:
    return ip_address(text)


@lru_cache(maxsize=65536)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)
