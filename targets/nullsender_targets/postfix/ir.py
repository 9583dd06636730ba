"""Postfix's own notions, typed: tables, maps, restrictions, restriction classes, parameters and services.

access(5), DATABASE_README, RESTRICTION_CLASS_README, postconf(5), master(5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from nullsender.names import Entries


# --- access tables: keys and what they lead to ------------------------------------------------------------------------
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


@dataclass(frozen=True, slots=True)
class Unmarked:
    """The result of a union of lookups in which no table had the key."""


Key = Anything | NullSender | Mailbox | AtDomain | Host | Network | Marked | Unmarked

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


# --- maps -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class File:
    """A table of ours, below `nullsender/`."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table that belongs to the owner of the server."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Static:
    """The same answer for every key."""

    value: str


@dataclass(frozen=True, slots=True)
class Pipe:
    """The answer of each table is the key of the next; a miss ends it (pipemap)."""

    maps: tuple[Map, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """The answers of all tables, joined; a failure of one is a failure (unionmap)."""

    maps: tuple[Map, ...]


Map = File | LiveTable | Static | Pipe | Union


# --- restrictions -----------------------------------------------------------------------------------------------------
class Subject(Enum):
    """What an access table is asked about."""

    CLIENT = "check_client_access"
    HELO = "check_helo_access"
    SENDER = "check_sender_access"
    RECIPIENT = "check_recipient_access"


@dataclass(frozen=True, slots=True)
class Check:
    subject: Subject
    map: Map


@dataclass(frozen=True, slots=True)
class Listed:
    """Ask a DNS block list; the argument is the key of `rbl_reply_maps`, too."""

    zone: str
    filter: str
    report_only: bool


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Evaluate a restriction class here."""

    name: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Ask a table about a client's login. smtpd warns of it at a service where nobody can log in."""

    map: File


class Native(Enum):
    """Restrictions of Postfix that need no argument."""

    PERMIT = "permit"
    PERMIT_NEIGHBOURS = "permit_mynetworks"
    REJECT = "reject"
    REJECT_UNLISTED = "reject_unlisted_recipient"
    REJECT_UNAUTH = "reject_unauth_destination"


Restriction = Check | Listed | Evaluate | LoggedIn | Native


@dataclass(frozen=True, slots=True)
class RestrictionClass:
    """A named list of restrictions, with the rules it was made for."""

    name: str
    restrictions: tuple[Restriction, ...]
    made_for: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class BlockListReply:
    """What a listed client is told: a row of `rbl_reply_maps`."""

    zone: str
    filter: str
    reply: Refuse
    own_words: bool  # Postfix says who is listed where; else the text is the policy's


# --- main.cf and master.cf --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Seconds:
    count: int


@dataclass(frozen=True, slots=True)
class Milter:
    """A helper that sees every message; without it mail is deferred."""

    address: str


@dataclass(frozen=True, slots=True)
class Text:
    """A value that may hold text of a policy."""

    text: str


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address as a value."""

    address: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A value in main.cf's own language, written in this package."""

    text: str


Value = Seconds | Milter | Text | Address | Expression | tuple[Restriction, ...] | tuple[Map, ...]


class How(Enum):
    """What to do with a parameter that the owner may have set (fragment mode)."""

    SET = "set"
    FIRST = "first"  # put before what is there
    LAST = "last"
    WRAP = "wrap"  # what is there moves into the class nullsender_site_NAME


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: Value
    made_for: tuple[str, ...] = ()
    how: How = How.SET


@dataclass(frozen=True, slots=True)
class Service:
    """A line of master.cf; `options` are its `-o name=value`."""

    name: str
    type: str
    command: str
    options: tuple[tuple[str, Value], ...] = ()
    private: str = "-"
    unprivileged: str = "-"
    wakeup: str = "-"
    processes: str = "-"
    made_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a part becomes. `entrance` are options of the service that speaks SMTP on port 25."""

    standalone: bool
    delimiters: str
    tables: tuple[Table, ...]
    lists: tuple[List, ...]
    replies: tuple[BlockListReply, ...]
    classes: tuple[RestrictionClass, ...]
    parameters: tuple[Parameter, ...]
    services: tuple[Service, ...]
    entrance: tuple[tuple[str, Value], ...]
    placed: tuple[str, ...]
    fixed_texts: tuple[tuple[str, str], ...] = ()
    filters: tuple[str, ...] = field(default=())  # names of the command filters in use
