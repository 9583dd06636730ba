"""Postfix's own notions, typed: tables and maps, restrictions and their classes, parameters and services.

DATABASE_README, RESTRICTION_CLASS_README, postconf(5), master(5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from nullsender.policy import Letter
from nullsender_targets.postfix.access import DOMAIN as DOMAIN
from nullsender_targets.postfix.access import MEMBER as MEMBER
from nullsender_targets.postfix.access import NEITHER as NEITHER
from nullsender_targets.postfix.access import Anything as Anything
from nullsender_targets.postfix.access import AtDomain as AtDomain
from nullsender_targets.postfix.access import Detour as Detour
from nullsender_targets.postfix.access import Discard as Discard
from nullsender_targets.postfix.access import Dunno as Dunno
from nullsender_targets.postfix.access import Enter as Enter
from nullsender_targets.postfix.access import Form as Form
from nullsender_targets.postfix.access import Hold as Hold
from nullsender_targets.postfix.access import Host as Host
from nullsender_targets.postfix.access import Key as Key
from nullsender_targets.postfix.access import List as List
from nullsender_targets.postfix.access import Mailbox as Mailbox
from nullsender_targets.postfix.access import Mark as Mark
from nullsender_targets.postfix.access import Marked as Marked
from nullsender_targets.postfix.access import Network as Network
from nullsender_targets.postfix.access import Note as Note
from nullsender_targets.postfix.access import NullSender as NullSender
from nullsender_targets.postfix.access import Outcome as Outcome
from nullsender_targets.postfix.access import Prepend as Prepend
from nullsender_targets.postfix.access import Redirect as Redirect
from nullsender_targets.postfix.access import Refuse as Refuse
from nullsender_targets.postfix.access import Row as Row
from nullsender_targets.postfix.access import Table as Table


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


@dataclass(frozen=True, slots=True)
class Inline:
    """One key and its answer, in main.cf itself."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Tcp:
    """Somebody on this host who is asked, tcp_table(5)."""

    address: str


Map = File | LiveTable | Static | Pipe | Union | Inline | Tcp


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


@dataclass(frozen=True, slots=True)
class AskPolicy:
    """Ask a service that speaks the policy protocol; `otherwise` is what counts when it says nothing in time."""

    endpoint: str
    context: str
    seconds: int
    otherwise: Outcome


class Native(Enum):
    """Restrictions of Postfix that need no argument."""

    PERMIT = "permit"
    PERMIT_NEIGHBOURS = "permit_mynetworks"
    REJECT = "reject"
    REJECT_UNLISTED = "reject_unlisted_recipient"
    REJECT_UNVERIFIED = "reject_unverified_recipient"
    REJECT_UNAUTH = "reject_unauth_destination"


Restriction = Check | Listed | Evaluate | LoggedIn | AskPolicy | Native


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


# --- directories ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Directory:
    """A table that is looked up by a service of ours, for at most `seconds`.

    `name` is that of its file of settings; without settings it is a table of the owner, by its path.
    """

    kind: str
    name: str
    seconds: int
    settings: tuple[tuple[str, str], ...] = ()
    password: tuple[str, str] | None = None  # the setting, and the file that holds it


@dataclass(frozen=True, slots=True)
class Directories:
    """Tables that are asked one after the other."""

    name: str
    tables: tuple[Directory, ...]
    made_for: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class OurFile:
    """The path of a file of ours, below `nullsender/`."""

    name: str


Value = OurFile | Seconds | Milter | Text | Address | Expression | tuple[Restriction, ...] | tuple[Map, ...]


class How(Enum):
    """What to do with a parameter that the owner may have set (fragment mode)."""

    SET = "set"
    UNLESS = "unless"  # only where nothing is there
    FIRST = "first"  # put before what is there
    LAST = "last"
    WITHOUT = "without"  # a word taken out of the list that is there
    NAMED = "named"  # as it is, but named: programs know no defaults of what only others use
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
class Forwarding:
    """The domain of rewritten senders, and the map that answers MEMBER for addresses of ours."""

    domain: str
    ours: Map
    made_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Templates:
    """The words of reports, bounce(5); `delayed` is None where Postfix has its own.

    `by_default`: an owner's words stand before these.
    """

    failed: Letter
    delayed: Letter | None
    made_for: tuple[str, ...]
    by_default: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a part becomes.

    `entrance` are options of the service that speaks SMTP on port 25, `reporting` of those that write reports.
    """

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
    filters: tuple[str, ...] = field(default=())  # names of the filters in use
    aside: str | None = None  # where quarantined mail goes
    templates: Templates | None = None
    directories: tuple[Directories, ...] = ()
    untags: bool = False  # recipients with a BATV tag are delivered to the address inside
    asks_quota: bool = False
    remembers: bool = False
    reporting: tuple[tuple[str, Value], ...] = ()
    forwarding: Forwarding | None = None
