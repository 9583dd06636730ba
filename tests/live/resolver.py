"""The machine's resolver: names that lead both ways, mail exchangers in the internet, and block lists passed on.

Every address has a name that leads back to it unless a test takes it away, every domain below `example` and
`example.com` has a mail exchanger in the internet, and no other name exists.
"""

from __future__ import annotations

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

from tests.live import blocklists
from tests.live.machine import HOSTNAME, IPV4, IPV6

EXCHANGER = "198.51.100.250"  # where mail for the rest of the world goes
_OUTSIDE = (dns.name.from_text("example."), dns.name.from_text("example.com."))
_HOSTS = dns.name.from_text("hosts.example.")
_REVERSE = tuple(dns.name.from_text(zone) for zone in ("in-addr.arpa.", "ip6.arpa."))


class Resolver:
    """A DNS server on 127.0.0.1:53, in a thread. The attributes say how it answers and may be changed at any time."""

    def __init__(self) -> None:
        self.zones: tuple[str, ...] = ()
        self.silent: set[str] = set()  # zones whose servers fail
        self.nameless: set[str] = set()  # clients without a name
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            octets, peer = self._socket.recvfrom(4096)
            threading.Thread(target=self._reply, args=(octets, peer), daemon=True).start()

    def _reply(self, octets: bytes, peer: tuple[str, int]) -> None:
        answer = self._answer(octets)
        if answer is not None:
            self._socket.sendto(answer, peer)

    def _answer(self, octets: bytes) -> bytes | None:
        query = dns.message.from_wire(octets)
        question = query.question[0]
        zone = next((z for z in self.zones if question.name.is_subdomain(dns.name.from_text(z))), None)
        if zone is not None and zone not in self.silent:
            return _passed_on(octets)
        response = dns.message.make_response(query, recursion_available=True)
        if zone is not None:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response.to_wire()
        exists, records = self._records(question.name, question.rdtype)
        if not exists:
            response.set_rcode(dns.rcode.NXDOMAIN)
        for record in records:
            kind = dns.rdatatype.to_text(question.rdtype)
            response.answer.append(dns.rrset.from_text(question.name, 1, "IN", kind, record))
        return response.to_wire()

    def _records(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> tuple[bool, tuple[str, ...]]:
        """Return whether the name exists, and its records of that kind."""
        addresses = self._addresses(name)
        if any(name.is_subdomain(zone) for zone in _REVERSE):
            client = dns.reversename.to_address(name)
            there = client not in self.nameless
            return there, (host_name(client),) if there and kind == dns.rdatatype.PTR else ()
        if kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            version = 4 if kind == dns.rdatatype.A else 6
            return bool(addresses), tuple(str(a) for a in addresses if a.version == version)
        if kind == dns.rdatatype.MX and addresses:
            return True, (f"10 {name}",)
        return bool(addresses), ()

    def _addresses(self, name: dns.name.Name) -> tuple[IPv4Address | IPv6Address, ...]:
        if name == dns.name.from_text(HOSTNAME):
            return ip_address(IPV4), ip_address(IPV6)
        if name.is_subdomain(_HOSTS) and name != _HOSTS:
            client = _client(name.labels[0].decode())
            return (client,) if client is not None and str(client) not in self.nameless else ()
        return (ip_address(EXCHANGER),) if any(name.is_subdomain(zone) for zone in _OUTSIDE) else ()


def host_name(client: str) -> str:
    """Return the name of a client's address."""
    return f"{ip_address(client).exploded.replace('.', '-').replace(':', '-')}.{_HOSTS}"


def _client(label: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(label.replace("-", "." if label.count("-") == 3 else ":"))
    except ValueError:
        return None


def _passed_on(octets: bytes) -> bytes | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        asking.sendto(octets, blocklists.ADDRESS)
        try:
            return asking.recv(4096)
        except OSError:
            return None
