"""Exim configuration as typed values: expansions, ACL statements, routers, transports, lists and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from nullsender.names import Entries, LiveFile
from nullsender.plan import Link
from nullsender.policy import Delivery, Into, NdrTo, Return, SendThrough
from nullsender.policy import Statement as PolicyStatement


# --- what is compared -------------------------------------------------------------------------------------------------
class Var(Enum):
    """ACL variables of ours; each value is the name behind `acl_m_nullsender_`."""

    LOCAL = "local"  # the recipient's local part, BATV wrapping off
    DOMAIN = "domain"  # the recipient's domain; empty for a bare postmaster
    RCPT = "rcpt"  # both, as written
    RCPT_BASE = "rcpt_base"  # both, without the subaddress
    SENDER = "sender"
    SENDER_BASE = "sender_base"
    SERVED = "served"
    KNOWN = "known"
    SERVER = "server"  # what the existing routers say of the recipient
    TRUSTED = "trusted"
    KEPT = "kept"
    NAMED = "named"  # the client's address has a name; of the connection, not of the message
    ASKED = "asked"  # the rules of the data stage have run
    SCORE = "score"  # thousandths
    REPORT = "report"  # what the content filter said
    QUARANTINE = "quarantine"
    DISCARD = "discard"
    CLASS = "class"
    FIRST_CLASS = "first_class"


@dataclass(frozen=True, slots=True)
class Flag:
    """A variable that is set as soon as one accepted recipient gives a reason: `outside_3`, `spared_1`."""

    name: str


Variable = Var | Flag


class Fact(Enum):
    """Variables of Exim's own, as it spells them."""

    CLIENT = "sender_host_address"
    LOGIN = "sender_host_authenticated"
    HELO = "sender_helo_name"
    SENDER = "sender_address"
    SENDER_DOMAIN = "sender_address_domain"
    RECIPIENTS = "recipients_count"
    DOMAIN = "domain"  # of the address that a router looks at


Subject = Variable | Fact


# --- sets -------------------------------------------------------------------------------------------------------------
class Match(Enum):
    """How a subject is compared with a list."""

    ADDRESS = "address"
    DOMAIN = "domain"
    IP = "ip"


@dataclass(frozen=True, slots=True)
class NamedList:
    """A named list with its members written out."""

    name: str
    match: Match
    members: tuple[str, ...]


class Form(Enum):
    """What the lines of a table are."""

    ADDRESSES = "addresses"
    PATTERNS = "patterns"
    DOMAINS = "domains"
    NETWORKS = "networks"


@dataclass(frozen=True, slots=True)
class Table:
    """A generated file of one key a line; an indexed one becomes a DBM file on the server's host."""

    name: str
    form: Form
    entries: Entries
    indexed: bool = False
    wild: bool = False  # some key stands for the subdomains of a domain


# --- expansion conditions ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class InList:
    subject: Subject
    list: NamedList


@dataclass(frozen=True, slots=True)
class InTable:
    subject: Subject
    table: Table


@dataclass(frozen=True, slots=True)
class InLive:
    """The subject is a key of a file that the server reads; ask only when the file exists."""

    subject: Subject
    file: LiveFile


@dataclass(frozen=True, slots=True)
class Exists:
    file: LiveFile


@dataclass(frozen=True, slots=True)
class Is:
    subject: Subject
    value: str


@dataclass(frozen=True, slots=True)
class Yes:
    """The variable holds `yes`."""

    subject: Variable


@dataclass(frozen=True, slots=True)
class Defined:
    """The variable holds anything at all."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class AtLeast:
    subject: Subject
    number: int


class Known(Enum):
    """Expansion conditions that never vary."""

    BARE_POSTMASTER = "bare postmaster"
    FILTER_ANSWERED = "the filter answered"
    FILTER_REJECTS = "reject"
    FILTER_DEFERS = "defer"
    FILTER_QUARANTINES = "quarantine"
    FILTER_DISCARDS = "discard"
    OTHER_CLASS = "the recipient is of another class than the first accepted one"


@dataclass(frozen=True, slots=True)
class Without:
    part: Expr


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class CallAcl:
    """An ACL of that name accepts."""

    acl: str


Expr = InList | InTable | InLive | Exists | Is | Yes | Defined | AtLeast | Known | Without | All | Any | CallAcl


# --- ACL conditions ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class When:
    expr: Expr


@dataclass(frozen=True, slots=True)
class NullSender:
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Hosts:
    list: NamedList
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A DNS block list; a failed query is never a match, negated or not."""

    zone: str
    answers: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Acl:
    """Another ACL accepts, or with `negated` denies; what it says to the client is kept."""

    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class VerifyRecipient:
    negated: bool = False


@dataclass(frozen=True, slots=True)
class VerifyName:
    """The client's address has a name that leads back to it."""

    negated: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """Show the message to the content filter."""


Test = When | NullSender | Hosts | Listed | Acl | VerifyRecipient | VerifyName | Scan


# --- what a statement does --------------------------------------------------------------------------------------------
class Reading(Enum):
    """Values that the variables of a message get; how they are read is fixed."""

    LOCAL = "local"
    DOMAIN = "domain"
    RCPT = "rcpt"
    SENDER = "sender"
    REPORT = "report"
    FILTER_SCORE = "filter score"
    FILTER_RULE = "filter rule"


@dataclass(frozen=True, slots=True)
class Base:
    """An address without its subaddress; the delimiters begin it."""

    delimiters: str
    of_sender: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """`yes` where the expression holds, else `no`."""

    expr: Expr


@dataclass(frozen=True, slots=True)
class Kleene:
    """`yes`, else `unknown`, else `no`."""

    yes: Expr
    unknown: Expr


@dataclass(frozen=True, slots=True)
class Sticky:
    """`yes` once the expression has held for one recipient."""

    expr: Expr


@dataclass(frozen=True, slots=True)
class Word:
    """A word of ours or a rule's id."""

    text: str


@dataclass(frozen=True, slots=True)
class Plus:
    """The score and so many thousandths."""

    thousandths: int


@dataclass(frozen=True, slots=True)
class Memberships:
    """One digit for each set: which class a recipient belongs to."""

    sets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class IfUnset:
    """The other variable's value, unless this one has a value already."""

    other: Variable


Value = Reading | Base | Truth | Kleene | Sticky | Word | Plus | Memberships | IfUnset


@dataclass(frozen=True, slots=True)
class Set:
    variable: Variable
    value: Value


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client is told."""

    code: int
    enhanced: str
    text: str
    id: str


class FilterAnswer(Enum):
    """What the content filter tells the client."""

    REJECT = "reject"
    DEFER = "defer"


@dataclass(frozen=True, slots=True)
class AddHeader:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RemoveHeaders:
    names: tuple[str, ...]


class FilterHeaders(Enum):
    REMOVE = "remove"
    ADD = "add"


class Moment(Enum):
    """What can be said of the recipients when a line is logged."""

    RCPT = "rcpt"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log: what happened, or would have happened, by which rule."""

    what: str
    id: str | Variable
    moment: Moment
    once: bool = True  # as the statement's own log line; else written at once


Effect = Set | Answer | FilterAnswer | AddHeader | RemoveHeaders | FilterHeaders | Note


class Verb(Enum):
    ACCEPT = "accept"
    DENY = "deny"
    DEFER = "defer"
    DISCARD = "discard"
    REQUIRE = "require"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Statement:
    verb: Verb
    tests: tuple[Test, ...] = ()
    effects: tuple[Effect, ...] = ()
    about: str = ""  # a comment
    origin: str | None = None  # the id of a rule or statement of the policy


@dataclass(frozen=True, slots=True)
class AclBlock:
    name: str
    statements: tuple[Statement, ...]
    about: str = ""


# --- delivery ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Hop:
    """Domains and the machine that takes their mail."""

    name: str
    domains: Expr
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Ndrs:
    """How NDRs are sent; `origins` names the statement behind each field that has one.

    What is not sent goes to postmaster as a copy, or nowhere; nothing is ever sent for quarantined mail.
    """

    to: NdrTo = NdrTo.ANYONE
    copy: bool = False
    quarantined: bool = False  # some mail is
    double_bounces: str | None = None
    through: SendThrough | None = None
    returned: Return | None = None
    mail_seconds: int | None = None
    bounce_seconds: int | None = None
    warn_seconds: int | None = None
    origins: Mapping[str, PolicyStatement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exim:
    """Everything that is generated for one deployment."""

    placement: str
    standalone: bool
    lists: tuple[NamedList, ...]
    tables: tuple[Table, ...]
    served: Expr  # true of the domains of ours, for routers
    acls: tuple[AclBlock, ...]
    commands: tuple[str, ...]  # those that have an ACL of ours: rcpt, predata, data
    filter: Link | None
    quarantine: Into | None  # where to, if anything here quarantines
    quarantine_address: str | None
    hops: tuple[Hop, ...]  # of a standalone server
    postmaster: str | None  # the domain whose postmaster gets the mail of a bare one, and copies of NDRs
    ndrs: Ndrs
    placed: Sequence[str]
