"""Sets of domains, hosts, networks and addresses after resolving: members in canonical form, and files that stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from nullsender.source import Span


class Kind(Enum):
    DOMAINS = "domains"
    HOSTS = "hosts"
    NETWORKS = "networks"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class CompiledFile:
    """A file that is read when compiling, one entry a line; `entryfile` checks and streams it."""

    path: Path
    name: str  # as written in the policy
    kind: Kind
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A file that the server itself reads, at an absolute path of the server's host; missing is a failed lookup.

    A line is an entry, white space and anything: the form that tables of all servers have in common.
    """

    path: str
    kind: Kind
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Entries:
    """A set as rules use it. `name` is unique in the policy, `[a-z0-9-]`, and the same from compile to compile.

    Members are sorted and unique, and written in one form:
    domains and hosts in lower-case A-labels, `*.example.org` for the subdomains of `example.org` alone;
    networks as CIDR with the host bits cleared (`192.0.2.1/32`, `2001:db8::/32`);
    addresses as `local@domain` in lower case, `*` for any run of characters in the local part or for a whole domain.
    """

    name: str
    kind: Kind
    members: tuple[str, ...] = ()
    files: tuple[CompiledFile, ...] = ()
    live: tuple[LiveFile, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)
