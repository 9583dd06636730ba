"""What a policy means, apart from any server: the value that all later stages read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path

from nullsender.condition import Condition, Zone
from nullsender.example import Example, Property
from nullsender.names import CompiledFile as CompiledFile
from nullsender.names import Entries as Entries
from nullsender.names import LiveFile as LiveFile
from nullsender.session import Stage as Stage
from nullsender.source import Span


# --- actions ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse for good, 5xx."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Refuse for now, 4xx."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Answer 250 and keep the message for a person; never an NDR."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Answer 250 and drop the message."""


@dataclass(frozen=True, slots=True)
class Tag:
    """Add a header field; the same field coming from outside is removed."""

    header: str
    value: str


@dataclass(frozen=True, slots=True)
class Score:
    """Add to the message's score."""

    points: float


KNOWN_SECONDS = 36 * 86_400  # so long a sender is known after the last time that greylisting let him pass


@dataclass(frozen=True, slots=True)
class Greylist:
    """Defer until `seconds` after the first try of this client, sender and recipient."""

    seconds: int


Action = Reject | Defer | Quarantine | Discard | Tag | Score | Greylist


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client is told: a code (RFC 5321 §4.2), an enhanced status code (RFC 3463) and a text.

    `code` and `enhanced` are always there; `code_written` says that the rule wrote one of them, so that another code
    of the same class would be a loss. `text` is None where the rule wrote none: the target says it in its own words.
    """

    code: int
    enhanced: str
    text: str | None = None
    code_written: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` messages in `seconds` for each value of `per`: recipient, client, sender, domain or login."""

    count: int
    seconds: int
    per: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision. It fires when `when` is true and nothing of `unless` is.

    `unless` holds the exceptions: `except`, trusted and kept, upstream, and each `accept` rule written above; it is
    part of the condition (`condition`), and kept apart so that a target may exempt many rules at once.
    """

    id: str
    action: Action
    when: Condition
    unless: tuple[Condition, ...]
    stage: Stage
    reply: Reply  # meaningful for Reject, Defer and Greylist
    span: Span = field(compare=False, repr=False)
    words: str = ""  # the statement up to its modifiers, for comments in generated files
    stage_written: bool = False
    report_only: bool = False
    approximate: bool = False  # `allow approximate`
    on: tuple[str, ...] = ()  # deployments; empty for all
    limit: Limit | None = None
    because: str | None = None
    existence: bool = False  # `nonexistent recipients`: decided before every other rule but relaying
    relaying: bool = False  # the one rule nobody writes


# --- recipients and where they live -----------------------------------------------------------------------------------
LOOKUP_SECONDS = 5  # the time of a directory that names none


@dataclass(frozen=True, slots=True)
class Directory:
    """A lookup in sqlite, postgres, mysql or ldap; settings in the order written."""

    system: str
    settings: tuple[tuple[str, str | int | Path], ...]
    span: Span = field(compare=False, repr=False)

    def text(self, name: str, otherwise: str = "") -> str:
        """Return a setting as text, `otherwise` where it is not written."""
        return str(dict(self.settings).get(name, otherwise))

    @property
    def password(self) -> str | None:
        """The file at the server that holds the password."""
        path = dict(self.settings).get("password")
        return None if path is None else str(path)

    @property
    def seconds(self) -> int:
        """How long an answer is waited for."""
        return int(self.text("timeout", str(LOOKUP_SECONDS)))


@dataclass(frozen=True, slots=True)
class Callout:
    """Ask the domain's own next hop, `host:port` or `host`."""

    endpoint: str
    span: Span = field(compare=False, repr=False)

    @property
    def host(self) -> str:
        """The name or address, without brackets."""
        return self.endpoint.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class TheServer:
    """What the existing server already knows (fragment mode)."""

    span: Span = field(compare=False, repr=False)


RecipientSource = CompiledFile | LiveFile | Directory | Callout | TheServer


@dataclass(frozen=True, slots=True)
class Served:
    """Domains of one `recipients of` statement. No sources: every recipient exists (`are anyone`)."""

    domains: Entries
    sources: tuple[RecipientSource, ...]
    span: Span = field(compare=False, repr=False)

    @property
    def anyone(self) -> bool:
        return not self.sources


@dataclass(frozen=True, slots=True)
class Delivery:
    """Mail for these domains goes to `host`, by `lmtp` or `smtp`; a name is used as it is, without MX lookup."""

    domains: Entries
    protocol: str
    host: str
    port: int
    on: tuple[str, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks of one `trust` or `upstream` statement."""

    entries: Entries
    on: tuple[str, ...]
    span: Span = field(compare=False, repr=False)


class Into(Enum):
    """Where quarantined mail goes: delivered with `X-Spam: Yes`, held in the queue, or to an address."""

    JUNK = "junk"
    HOLD = "hold"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class QuarantineInto:
    into: Into = Into.JUNK
    address: str | None = None


# --- non-delivery reports ---------------------------------------------------------------------------------------------
class NdrTo(Enum):
    TRUSTED = "only to trusted senders"
    PASSING = "only to senders passing spf or dmarc"
    ANYONE = "to anyone"
    NOBODY = "to nobody"


# The field that a message has whose sender passed SPF or DMARC, where reports are for such senders.
PASSING_MARK = ("X-Nullsender-Passing", "spf or dmarc")
# That by which a filter tells the server of quarantine; the server takes it away.
QUARANTINE_MARK = ("X-Nullsender-Quarantined", "yes")


@dataclass(frozen=True, slots=True)
class SendNdrs:
    """Who gets NDRs; with `copy`, postmaster gets the headers of each that is not sent."""

    to: NdrTo
    copy: bool


@dataclass(frozen=True, slots=True)
class SendThrough:
    """The address and HELO name from which NDRs leave."""

    address: str
    helo: str | None


class Returned(Enum):
    HEADERS = "headers only"
    EVERYTHING = "everything"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Return:
    """How much of the original an NDR returns; `size` in bytes is the most for EVERYTHING, None for no bound."""

    what: Returned
    size: int | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """How long undeliverable mail, or bounces, stay in the queue."""

    bounces: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class WarnDelay:
    """Tell the sender after that long that a message is late."""

    seconds: int


@dataclass(frozen=True, slots=True)
class CopyDoubleBounces:
    """Where a bounce goes that could not be delivered itself."""

    address: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a report says: its subject and the lines of its text, none of which means anything to a server.

    The subject is one line of ASCII, in encoded words where it has to be (RFC 2047).
    """

    subject: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordNdrs:
    """The wording of NDRs and, where the file has one, of warnings that a message is late."""

    file: CompiledFile
    failed: Letter
    delayed: Letter | None


Setting = SendNdrs | SendThrough | Return | GiveUp | WarnDelay | CopyDoubleBounces | WordNdrs


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that is a setting and no rule: NDRs, autoreplies, signing, SRS."""

    id: str
    setting: Setting | AnswerAutomatically | SignBatv | RewriteSrs
    on: tuple[str, ...]
    words: str
    span: Span = field(compare=False, repr=False)

    @property
    def kind(self) -> tuple[type, bool]:
        """What of two statements one deployment can obey only one: the type of setting; of GiveUp, one for bounces."""
        return type(self.setting), isinstance(self.setting, GiveUp) and self.setting.bounces


@dataclass(frozen=True, slots=True)
class AnswerAutomatically:
    """Autoresponders answer `only ordinary mail`, or nobody."""

    ordinary: bool


@dataclass(frozen=True, slots=True)
class SignBatv:
    """Sign the reverse-path of mail from these senders with the keys of a file at the server."""

    senders: Entries
    keys: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RewriteSrs:
    """Rewrite the reverse-path of forwarded mail into `domain` with the keys of a file at the server."""

    keys: str
    domain: str


# --- deployments ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Component:
    """A program of a deployment; `version` is empty where none was written: the newest known to its target."""

    name: str
    version: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    name: str
    server: Component
    helpers: tuple[Component, ...]
    placement: str | None
    behind: tuple[str, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy, checked. `rules` begins with relaying, then existence, then the rest in the order written.

    `first_day` is the earliest day that a rule's `from` or `until` names, `changes` are those to come on which the
    output changes by itself.
    """

    name: str
    digest: str  # sha256 over the texts of the policy and all it includes, in hex
    on_date: date
    served: tuple[Served, ...]
    deliveries: tuple[Delivery, ...]
    delimiters: str  # characters that begin a subaddress; empty for none
    trusted: tuple[Networks, ...]
    upstream: Entries | None
    kept: tuple[str, ...]  # local parts, and `local@domain` for one domain; `postmaster` is always first
    split: tuple[Entries, ...]
    quarantine: QuarantineInto
    rules: tuple[Rule, ...]
    statements: tuple[Statement, ...]
    deployments: tuple[Deployment, ...]
    zones: tuple[Zone, ...] = ()
    first_day: date | None = None
    changes: tuple[date, ...] = ()
    examples: tuple[Example, ...] = ()
    properties: tuple[Property, ...] = ()

    @property
    def recompile_by(self) -> date | None:
        """The next day on which the output changes by itself."""
        return min(self.changes, default=None)
