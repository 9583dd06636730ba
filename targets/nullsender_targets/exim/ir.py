"""Exim configuration as typed values: expansions, ACL statements, routers, transports, lists and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from nullsender.plan import Link
from nullsender.policy import (
    AnswerAutomatically,
    Delivery,
    Directory,
    Into,
    NdrTo,
    Return,
    SendThrough,
    WordNdrs,
)
from nullsender.policy import Statement as PolicyStatement
from nullsender_targets.exim.comparing import All as All
from nullsender_targets.exim.comparing import Any as Any
from nullsender_targets.exim.comparing import AtLeast as AtLeast
from nullsender_targets.exim.comparing import CallAcl as CallAcl
from nullsender_targets.exim.comparing import Defined as Defined
from nullsender_targets.exim.comparing import Exists as Exists
from nullsender_targets.exim.comparing import Expr as Expr
from nullsender_targets.exim.comparing import Fact as Fact
from nullsender_targets.exim.comparing import FieldMatches as FieldMatches
from nullsender_targets.exim.comparing import Flag as Flag
from nullsender_targets.exim.comparing import Form as Form
from nullsender_targets.exim.comparing import Full as Full
from nullsender_targets.exim.comparing import InList as InList
from nullsender_targets.exim.comparing import InLive as InLive
from nullsender_targets.exim.comparing import InTable as InTable
from nullsender_targets.exim.comparing import Is as Is
from nullsender_targets.exim.comparing import Known as Known
from nullsender_targets.exim.comparing import Match as Match
from nullsender_targets.exim.comparing import NamedList as NamedList
from nullsender_targets.exim.comparing import Report as Report
from nullsender_targets.exim.comparing import SomeLine as SomeLine
from nullsender_targets.exim.comparing import Subject as Subject
from nullsender_targets.exim.comparing import Table as Table
from nullsender_targets.exim.comparing import Var as Var
from nullsender_targets.exim.comparing import Variable as Variable
from nullsender_targets.exim.comparing import Without as Without
from nullsender_targets.exim.comparing import Yes as Yes
from nullsender_targets.exim.remembering import Counted as Counted
from nullsender_targets.exim.remembering import FirstTry as FirstTry
from nullsender_targets.exim.remembering import Reached as Reached


# --- ACL conditions ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class When:
    expr: Expr


@dataclass(frozen=True, slots=True)
class KeysMust:
    """There has to be a key: else the ACL is in error, and so is what asked for its value."""

    of_srs: bool = False


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
    """The routers know the recipient; with `callout` the next hop is asked, and its answers are kept."""

    negated: bool = False
    callout: bool = False


@dataclass(frozen=True, slots=True)
class VerifyName:
    """The client's address has a name that leads back to it."""

    negated: bool = False


@dataclass(frozen=True, slots=True)
class AskSpf:
    """Look up what the sender's domain says of the client; there is always some result."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Show the message to the content filter."""


Test = When | KeysMust | NullSender | Hosts | Listed | Acl | VerifyRecipient | VerifyName | AskSpf | Scan


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
    TAG_STATE = "state of the recipient's tag"
    SIGNED = "the sender with a tag"
    RETURN_PATH = "return path"
    SENDER_ADDRESS = "sender address"
    RETURNED = "returned"
    SPF = "spf"


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


@dataclass(frozen=True, slots=True)
class Also:
    """What the variable holds, and the other's value on a line of its own."""

    other: Variable


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The sender as an SRS address at a domain."""

    domain: str


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day on which a tag is good that is made now, modulo 1000."""

    days: int


@dataclass(frozen=True, slots=True)
class Search:
    """Whether a directory knows an address in one of its forms: `yes`, `no`, or `unknown`.

    Where it cannot be asked the value does not expand, and the statement that it is for is skipped.
    """

    directory: Directory
    server: str  # the name of its settings, where those are not part of the query
    subjects: tuple[Variable, ...]


Value = (
    Reading
    | Base
    | Truth
    | Kleene
    | Sticky
    | Word
    | Plus
    | Memberships
    | IfUnset
    | Also
    | Reached
    | FirstTry
    | Counted
    | LastDay
    | Forwarded
    | Search
)


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


@dataclass(frozen=True, slots=True)
class Give:
    """What an ACL gives that is called for its value."""

    value: Reading | Forwarded


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


Effect = Set | Answer | Give | FilterAnswer | AddHeader | RemoveHeaders | FilterHeaders | Note


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
    words: WordNdrs | None = None
    answers: AnswerAutomatically | None = None
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
    looks_into: bool  # what bounces return
    remembers: bool  # limits or greylisting
    keys: str | None  # the file of BATV's keys, where tags are made or judged
    srs_keys: str | None
    srs_domain: str | None
    rewrites: tuple[str, ...]  # ids of statements for which remote transports change the reverse-path
    placed: Sequence[str]
    directories: tuple[Search, ...] = ()
    callouts: tuple[Hop, ...] = ()  # those that are asked who exists
