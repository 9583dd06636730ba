"""Rows of access tables: what they match and what that leads to; and lists of members.

access(5), pcre_table(5), cidr_table(5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nullsender.names import Entries


@dataclass(frozen=True, slots=True)
class Anything:
    """Matches every key."""


@dataclass(frozen=True, slots=True)
class NullSender:
    """The key that stands for `<>` (smtpd_null_access_lookup_key)."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with `*` patterns, as written or without the subaddress, wrapped in a prvs tag or not."""

    address: str
    delimiters: str


@dataclass(frozen=True, slots=True)
class AtDomain:
    """Every address of a domain, or of its subdomains for `*.example.org`."""

    domain: str


@dataclass(frozen=True, slots=True)
class Host:
    """A host name, or the names below it for `*.example.org`."""

    name: str


@dataclass(frozen=True, slots=True)
class Network:
    """A network in CIDR notation; the key of a cidr table."""

    cidr: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The result of a union of lookups that holds this mark."""

    mark: str


Key = Anything | NullSender | Mailbox | AtDomain | Host | Network | Marked

MEMBER, DOMAIN, NEITHER = "m", "d", "x"  # what tables of members answer; NEITHER is what static: adds for all keys


@dataclass(frozen=True, slots=True)
class Dunno:
    """Go on with the next restriction."""


@dataclass(frozen=True, slots=True)
class Enter:
    """Evaluate a restriction class, then go on."""

    name: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Reply with a code; the id of the rule stands at the end of the text."""

    code: int
    enhanced: str
    text: str
    id: str


@dataclass(frozen=True, slots=True)
class Note:
    """Log a text and go on."""

    text: str
    id: str


@dataclass(frozen=True, slots=True)
class Discard:
    """Answer 250 and drop the message."""

    text: str
    id: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Answer 250 and keep the message in the hold queue."""

    text: str
    id: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Answer 250 and send the message to another address instead of its recipients."""

    address: str


@dataclass(frozen=True, slots=True)
class Prepend:
    """Put a header field on top of the message."""

    field: str


@dataclass(frozen=True, slots=True)
class Detour:
    """Hand the message to a content filter: our own second entrance."""

    service: str
    port: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Answer with a mark, for a table behind this one."""

    mark: str


Outcome = Dunno | Enter | Refuse | Note | Discard | Hold | Redirect | Prepend | Detour | Mark


@dataclass(frozen=True, slots=True)
class Row:
    key: Key
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Table:
    """A pcre or cidr table, whose first matching row decides; `made_for` are ids of rules, `words` their statement."""

    name: str
    rows: tuple[Row, ...]
    made_for: tuple[str, ...] = ()
    words: str = ""
    kind: str = "pcre"


class Form(Enum):
    """What a list is made of, and so how it is looked up."""

    ADDRESSES = "addresses"  # plain ones
    PATTERNS = "patterns"  # those addresses that no index can hold
    DOMAINS = "domains"
    BELOW = "below"  # addresses of the domains below those with `*.`
    NETWORKS = "networks"
    HOSTS = "hosts"

    @property
    def kind(self) -> str:
        """The type of its table."""
        return _TABLE_TYPES[self]


_TABLE_TYPES = {
    Form.ADDRESSES: "lmdb",
    Form.PATTERNS: "pcre",
    Form.DOMAINS: "lmdb",
    Form.BELOW: "pcre",
    Form.NETWORKS: "cidr",
    Form.HOSTS: "pcre",
}


@dataclass(frozen=True, slots=True)
class List:
    """A list of any length, streamed into one file: an entry and a value a line."""

    name: str
    form: Form
    entries: tuple[Entries, ...]
    value: str = MEMBER
    delimiters: str = ""
    values: tuple[str, ...] = ()  # one for each of `entries`, where they differ
