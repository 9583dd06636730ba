"""What generated ACLs compare: variables, lists and tables, and the questions asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nullsender.names import Entries, LiveFile


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
    ANSWER = "answer"  # what a directory says of the recipient
    TRUSTED = "trusted"
    KEPT = "kept"
    NAMED = "named"  # the client's address has a name; of the connection, not of the message
    ASKED = "asked"  # the rules of the data stage have run
    SCORE = "score"  # thousandths
    REPORT = "report"  # what the content filter said
    QUARANTINE = "quarantine"
    DISCARD = "discard"
    SPF = "spf"  # the result; `error` where there is none
    RETURNED = "returned"  # what is told of the header that a bounce returned
    RECIPIENTS = "recipients"  # those that were accepted, without subaddresses, one a line
    COUNTED = "counted"
    BATV = "batv"  # the state of the recipient's tag, or `unknown`
    KEYS = "keys"  # `no` while there is no key to sign with
    LAST_DAY = "last_day"  # of a tag that is made now, modulo 1000
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
    ORIGINAL_DOMAIN = "original_domain"  # of the recipient as it came
    ITEM = "item"  # of a list


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


@dataclass(frozen=True, slots=True)
class FieldMatches:
    """A header field of that name has a value that the regular expression finds something in."""

    name: str
    pattern: str
    ignore_case: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The message is a report of that type (RFC 6522)."""

    kind: str


@dataclass(frozen=True, slots=True)
class SomeLine:
    """Of some line of the variable, as the item, the other expression is true."""

    variable: Var
    part: Expr


class Known(Enum):
    """Expansion conditions that never vary."""

    BARE_POSTMASTER = "bare postmaster"
    FROM_OWN_POSTMASTER = "from our postmaster"  # what Exim makes of a bare one
    FILTER_ANSWERED = "the filter answered"
    FILTER_REJECTS = "reject"
    FILTER_DEFERS = "defer"
    FILTER_QUARANTINES = "quarantine"
    FILTER_DISCARDS = "discard"
    WHOLE_HEADER = "the header is not too long to be seen as a whole"
    FROM_DAEMON = "from a MAILER-DAEMON"
    MAY_RETURN = "it comes from the null sender or a MAILER-DAEMON, or may be a report"
    RETURNS = "something came back that can be compared"
    RETURNS_IN_REPORT = "it did so in a report"
    HOP_REFUSED = "the next hop refused this very recipient"
    OTHER_CLASS = "the recipient is of another class than the first accepted one"
    KEYS_READABLE = "the file of keys is there and can be read"
    KEYS_THERE = "the file of keys holds one"
    SRS_KEYS_READABLE = "the file of SRS keys is there and can be read"
    SRS_KEYS_THERE = "the file of SRS keys holds one"
    SRS_VALID = "the recipient is an SRS address with the hash of one of the keys"
    RECIPIENT_TAGGABLE = "a tag can stand before the recipient's local part"
    SENDER_TAGGABLE = "a tag can stand before the sender's local part"


@dataclass(frozen=True, slots=True)
class Full:
    """The service of mailboxes says that this address is over quota."""

    subject: Subject


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


Compared = InList | InTable | InLive | Exists | Is | Yes | Defined | AtLeast | FieldMatches | Report | SomeLine | Known
Expr = Compared | Full | Without | All | Any | CallAcl
