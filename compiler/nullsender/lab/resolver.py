"""The machine's resolver: names that lead both ways, hosts in the internet that take mail, and block lists.

Every address has a name that leads back to it unless somebody takes it away, every domain below `example` and
`example.com`, `.net` and `.org` has a host in the internet that takes its mail, and no other name exists. Nothing may
be remembered: all answers have a TTL of 0.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

from nullsender.lab.listing import Listed, Query
from nullsender.lab.machine import HOSTNAME
from nullsender.lab.network import IPV4, IPV6

ADDRESS = ("127.0.0.1", 53)
MAIL_HOST = "198.51.100.250"  # where mail for the rest of the world goes
_OUTSIDE = tuple(dns.name.from_text(zone) for zone in ("example.", "example.com.", "example.net.", "example.org."))
_HOSTS = dns.name.from_text("hosts.example.")
_REVERSE = tuple(dns.name.from_text(zone) for zone in ("in-addr.arpa.", "ip6.arpa."))


@dataclass(frozen=True, slots=True)
class Found:
    """Whether a name exists, and its records of the kind that was asked for."""

    exists: bool
    records: tuple[str, ...] = ()


class Resolver:
    """A DNS server in a thread. The attributes say how it answers and may be changed at any time."""

    def __init__(self, address: tuple[str, int] = ADDRESS) -> None:
        self.zones: tuple[str, ...] = ()  # block lists that there are
        self.listings: dict[tuple[str, str], tuple[str, ...]] = {}  # zone and client -> codes
        self.silent: set[str] = set()  # block lists whose servers fail
        self.nameless: set[str] = set()  # clients without a name
        self.hosts: set[str] = set()  # more names that take mail, in A-labels
        self.texts: Mapping[str, str] = {}  # TXT records by name, in lower case
        self.failing: frozenset[str] = frozenset()  # names at which questions for TXT fail
        self.server: tuple[str, int] | None = None  # a real server of block lists, to pass questions on to
        self.queries: list[Query] = []  # what the block lists were asked, in order
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self.address: tuple[str, int] = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def clear(self, zones: Iterable[str] = (), listed: Iterable[Listed] = ()) -> None:
        """Forget everything, and serve these block lists."""
        self.silent.clear()
        self.nameless.clear()
        self.hosts.clear()
        self.texts, self.failing = {}, frozenset()
        self.queries.clear()
        self.server = None
        self.zones = tuple(zones)
        self.set_listed(listed)

    def set_listed(self, listed: Iterable[Listed]) -> None:
        """Let the block lists hold this and nothing else."""
        listings: dict[tuple[str, str], tuple[str, ...]] = {}
        for one in listed:
            key = one.zone.lower(), str(ip_address(one.client))
            listings[key] = (*listings.get(key, ()), one.code)
        self.listings = listings

    def stop(self) -> None:
        with suppress(OSError):  # nothing is connected, but who waits wakes up
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            octets, peer = self._socket.recvfrom(4096)
            if peer is None:  # it was shut down
                return
            if self.server is None:
                self._reply(octets, peer)
            else:  # which may take its time
                threading.Thread(target=self._reply, args=(octets, peer), daemon=True).start()

    def _reply(self, octets: bytes, peer: tuple[str, int]) -> None:
        with suppress(dns.exception.DNSException, OSError):  # no query, or nobody who waits for the answer
            answer = self._answer(octets)
            if answer is not None:
                self._socket.sendto(answer, peer)

    def _answer(self, octets: bytes) -> bytes | None:
        query = dns.message.from_wire(octets)
        (asked,) = query.question
        name, kind = asked.name, asked.rdtype
        zone = max((z for z in self.zones if name.is_subdomain(dns.name.from_text(z))), key=len, default=None)
        if zone is not None:
            self.queries.append(Query(name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(kind)))
            if self.server is not None and zone not in self.silent:
                return _passed_on(octets, self.server)
        found = self._records(name, kind) if zone is None else self._listed(zone, name, kind)
        response = dns.message.make_response(query, recursion_available=True)
        if found is None:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif not found.exists:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif found.records:
            response.answer.append(dns.rrset.from_text(name, 0, "IN", dns.rdatatype.to_text(kind), *found.records))
        return response.to_wire()

    def _listed(self, zone: str, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Found | None:
        """Return what a block list says; None when it fails."""
        if zone in self.silent:
            return None
        origin = dns.name.from_text(zone)
        if name == origin:
            return Found(True)
        codes = self.listings.get((zone.lower(), _client_in(name.relativize(origin))))
        if codes is None:
            return Found(False)
        return Found(True, {dns.rdatatype.A: codes, dns.rdatatype.TXT: ("listed",)}.get(kind, ()))

    def _records(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Found | None:
        """Return what the rest of the internet says; None when it fails."""
        addresses = self._addresses(name)
        plain = name.to_text(omit_final_dot=True).lower()
        if kind == dns.rdatatype.TXT and plain in self.failing:
            return None
        if kind == dns.rdatatype.TXT and plain in self.texts:
            return Found(True, (f'"{self.texts[plain]}"',))
        if any(name.is_subdomain(zone) for zone in _REVERSE):
            client = dns.reversename.to_address(name)
            there = client not in self.nameless
            return Found(there, (host_name(client),) if there and kind == dns.rdatatype.PTR else ())
        if kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            version = 4 if kind == dns.rdatatype.A else 6
            return Found(bool(addresses), tuple(str(a) for a in addresses if a.version == version))
        if kind == dns.rdatatype.MX and addresses:
            return Found(True, (f"10 {name}",))
        return Found(bool(addresses) or plain in self.texts)

    def _addresses(self, name: dns.name.Name) -> tuple[IPv4Address | IPv6Address, ...]:
        if name == dns.name.from_text(HOSTNAME):
            return ip_address(IPV4), ip_address(IPV6)
        if name.is_subdomain(_HOSTS) and name != _HOSTS:
            client = _client_of_host(name.labels[0].decode())
            return (client,) if client is not None and str(client) not in self.nameless else ()
        there = (
            any(name.is_subdomain(zone) for zone in _OUTSIDE) or name.to_text(omit_final_dot=True).lower() in self.hosts
        )
        return (ip_address(MAIL_HOST),) if there else ()


def host_name(client: str) -> str:
    """Return the name of a client's address."""
    return f"{ip_address(client).exploded.replace('.', '-').replace(':', '-')}.{_HOSTS}"


def _client_of_host(label: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(label.replace("-", "." if label.count("-") == 3 else ":"))
    except ValueError:
        return None


def _client_in(reversed_: dns.name.Name) -> str:
    """Return the client that a block list is asked for, an empty text where it is none."""
    try:
        return dns.reversename.to_address(reversed_.concatenate(_REVERSE[0 if len(reversed_) == 4 else 1]))
    except dns.exception.SyntaxError:
        return ""


def _passed_on(octets: bytes, server: tuple[str, int]) -> bytes | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        asking.sendto(octets, server)
        try:
            return asking.recv(4096)
        except OSError:
            return None
