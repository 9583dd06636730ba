"""What a policy file says, word for word: one node a construct of the language, each with its span, nothing resolved.

Nodes declare their fields as data; the parser builds them, the JSON form mirrors them field by field. Spans are left
out of comparisons, so that two texts that say the same are equal. Values that may be wrong (dates, networks, domains)
stay text here: the checker says what is wrong with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from nullsender.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    """A place in somebody's text."""

    span: Span = field(compare=False, repr=False)


# --- leaves -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Word(Node):
    """A name, a version, a code, a date or another single token, as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string, without its quotes and escapes."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number; `value` is an int where the grammar asks for one."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """A length of time such as `5m`, in seconds; `second`, `minute`, `hour`, `day` of a limit are one of each."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Size(Node):
    """An amount of data such as `50 KB`, in bytes (1 KB is 1024)."""

    octets: int


class MemberKind(Enum):
    NAME = "name"
    DOMAIN = "domain"
    SUBDOMAINS = "subdomains"
    ADDRESS = "address"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Member(Node):
    """A member of a set: the name of another set, or a literal as written; an address may hold `*`."""

    kind: MemberKind
    text: str


@dataclass(frozen=True, slots=True)
class File(Node):
    """`file "x"`, read when compiling, or `live file "/x"`, read by the server."""

    path: Text
    live: bool = False


Item = Member | File


# --- conditions -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class And(Node):
    parts: tuple[Cond, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    parts: tuple[Cond, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    part: Cond


@dataclass(frozen=True, slots=True)
class SenderIn(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class SenderIs(Node):
    """`sender is null|postmaster`."""

    what: Word


@dataclass(frozen=True, slots=True)
class RecipientIn(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class RecipientsOver(Node):
    """`recipients > N`."""

    count: Number


@dataclass(frozen=True, slots=True)
class ClientIn(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ZoneRef(Node):
    """A DNSBL zone and the answers that count; empty where none are written."""

    domain: Word
    answers: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientListed(Node):
    zone: ZoneRef


@dataclass(frozen=True, slots=True)
class ClientNameless(Node):
    """`client has no name`."""


@dataclass(frozen=True, slots=True)
class HeloIn(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Authenticated(Node):
    """`authenticated`."""


@dataclass(frozen=True, slots=True)
class SpfIs(Node):
    result: Word


@dataclass(frozen=True, slots=True)
class DmarcIs(Node):
    result: Word


@dataclass(frozen=True, slots=True)
class BatvIs(Node):
    state: Word


@dataclass(frozen=True, slots=True)
class ScoringOver(Node):
    """`scoring N or more`."""

    least: Number


@dataclass(frozen=True, slots=True)
class HeaderMatches(Node):
    """`header "X" matches /…/i`; `pattern` without its slashes, with its escapes."""

    name: Text
    pattern: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class ReportIs(Node):
    kind: Word


Cond = (
    And
    | Or
    | Not
    | SenderIn
    | SenderIs
    | RecipientIn
    | RecipientsOver
    | ClientIn
    | ClientListed
    | ClientNameless
    | HeloIn
    | Authenticated
    | SpfIs
    | DmarcIs
    | BatvIs
    | ScoringOver
    | HeaderMatches
    | ReportIs
)


# --- rules ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Action(Node):
    """`word` is one of the eight actions; `header` belongs to tag, `points` to score."""

    word: Word
    header: Text | None = None
    points: Number | None = None


class SubjectKind(Enum):
    NONEXISTENT = "nonexistent recipients"
    OVER_QUOTA = "recipients over quota"
    BOUNCES = "bounces"
    FORGED = "forged bounces"
    ORDINARY = "ordinary mail"
    MAIL = "mail"
    OUTGOING = "outgoing mail"
    LISTED = "clients listed"


@dataclass(frozen=True, slots=True)
class Subject(Node):
    """`members` belong to FORGED, `zone` to LISTED."""

    kind: SubjectKind
    members: tuple[Member, ...] = ()
    zone: ZoneRef | None = None


@dataclass(frozen=True, slots=True)
class ToSet(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class FromSet(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ToSeveral(Node):
    """`to several recipients`."""


@dataclass(frozen=True, slots=True)
class Failing(Node):
    """`failing spf|dmarc`."""

    what: Word


@dataclass(frozen=True, slots=True)
class Untagged(Node):
    """`without a valid batv tag`."""


Narrowing = ToSet | FromSet | ToSeveral | Failing | ScoringOver | Untagged


@dataclass(frozen=True, slots=True)
class When(Node):
    condition: Cond


@dataclass(frozen=True, slots=True)
class Except(Node):
    condition: Cond


@dataclass(frozen=True, slots=True)
class WithReply(Node):
    """`with 550 5.1.1 "text"`; at least one of the three is there."""

    code: Word | None = None
    enhanced: Word | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class At(Node):
    """`at rcpt|data|content`."""

    stage: Word


@dataclass(frozen=True, slots=True)
class AtSmtpTime(Node):
    """`at SMTP time`: says what is always so."""


@dataclass(frozen=True, slots=True)
class On(Node):
    deployments: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class ReportOnly(Node):
    """`report only`."""


@dataclass(frozen=True, slots=True)
class FromDate(Node):
    date: Word


@dataclass(frozen=True, slots=True)
class UntilDate(Node):
    date: Word


@dataclass(frozen=True, slots=True)
class ForTime(Node):
    """`for 5m`, of greylisting."""

    time: Duration


@dataclass(frozen=True, slots=True)
class Because(Node):
    reason: Text


@dataclass(frozen=True, slots=True)
class Named(Node):
    """`as NAME`."""

    name: Word


@dataclass(frozen=True, slots=True)
class Approximate(Node):
    """`allow approximate`."""


Modifier = (
    When
    | Except
    | WithReply
    | At
    | AtSmtpTime
    | On
    | ReportOnly
    | FromDate
    | UntilDate
    | ForTime
    | Because
    | Named
    | Approximate
)


# --- statements -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PolicyName(Node):
    name: Text


@dataclass(frozen=True, slots=True)
class Include(Node):
    path: Text


@dataclass(frozen=True, slots=True)
class SetDefinition(Node):
    """`domains NAME = items except items`; `kind` is domains, hosts, networks or addresses."""

    kind: Word
    name: Word
    items: tuple[Item, ...]
    excluded: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class LookupSetting(Node):
    """A setting of a directory; a file stands for a password or a query kept at the server."""

    name: Word
    value: Text | Number | Duration | File


@dataclass(frozen=True, slots=True)
class Lookup(Node):
    """`sqlite|postgres|mysql|ldap { … }`."""

    system: Word
    settings: tuple[LookupSetting, ...]


@dataclass(frozen=True, slots=True)
class CalloutTo(Node):
    """`callout to HOST`, as written."""

    endpoint: Word


@dataclass(frozen=True, slots=True)
class TheServer(Node):
    """`the server`."""


Origin = File | Lookup | CalloutTo | TheServer


@dataclass(frozen=True, slots=True)
class Recipients(Node):
    """`recipients of members from sources`; no sources: `are anyone`."""

    members: tuple[Member, ...]
    sources: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliver(Node):
    """`deliver members to lmtp|smtp endpoint`."""

    members: tuple[Member, ...]
    protocol: Word
    endpoint: Word
    on: On | None = None


@dataclass(frozen=True, slots=True)
class Subaddresses(Node):
    """`subaddresses begin with +`; several characters may stand there."""

    delimiters: Word


@dataclass(frozen=True, slots=True)
class TrustClients(Node):
    members: tuple[Member, ...]
    on: On | None = None


@dataclass(frozen=True, slots=True)
class UpstreamClients(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Keep(Node):
    """`keep abuse, hostmaster@example.org reachable`."""

    roles: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class SplitMail(Node):
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class QuarantineInto(Node):
    """`quarantine into junk|hold|ADDRESS`."""

    into: Word


@dataclass(frozen=True, slots=True)
class RuleStatement(Node):
    """ACTION SUBJECT, then narrowings and modifiers, which come in any order."""

    action: Action
    subject: Subject
    narrowings: tuple[Narrowing, ...] = ()
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class UseDnsbl(Node):
    """`use dnsbl zone in safe|reject|tag mode`; `points` where the mode is scoring."""

    zone: ZoneRef
    mode: Word
    points: Number | None = None
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitStatement(Node):
    """`limit subject to N per period per counter`; `counter` is recipient, client, sender, domain or login."""

    subject: Subject
    narrowings: tuple[Narrowing, ...]
    count: Number
    period: Duration
    counter: Word
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True, slots=True)
class SendNdrsTo(Node):
    """`to` is trusted, passing, anyone or nobody; `copy` is False after `without a copy`."""

    to: Word
    copy: bool = True
    on: On | None = None


@dataclass(frozen=True, slots=True)
class SendNdrsThrough(Node):
    address: Word
    helo: Word | None = None
    on: On | None = None


@dataclass(frozen=True, slots=True)
class ReturnWhat(Node):
    """`what` is headers, everything or nothing."""

    what: Word
    size: Size | None = None
    on: On | None = None


@dataclass(frozen=True, slots=True)
class GiveUpAfter(Node):
    """`what` is mail or bounces."""

    what: Word
    time: Duration
    on: On | None = None


@dataclass(frozen=True, slots=True)
class WarnAboutDelay(Node):
    time: Duration
    on: On | None = None


@dataclass(frozen=True, slots=True)
class CopyDoubleBounces(Node):
    address: Word
    on: On | None = None


@dataclass(frozen=True, slots=True)
class WordNdrs(Node):
    file: File
    on: On | None = None


@dataclass(frozen=True, slots=True)
class AnswerAutomatically(Node):
    """`to` is nobody or ordinary."""

    to: Word


@dataclass(frozen=True, slots=True)
class SignMail(Node):
    members: tuple[Member, ...]
    keys: Text
    time: Duration | None = None
    on: On | None = None


@dataclass(frozen=True, slots=True)
class RewriteForwarded(Node):
    keys: Text
    domain: Word


@dataclass(frozen=True, slots=True)
class ComponentRef(Node):
    """A program and its version, `postfix 3.7`."""

    name: Word
    version: Word | None = None


@dataclass(frozen=True, slots=True)
class Deploy(Node):
    name: Word
    server: ComponentRef
    helpers: tuple[ComponentRef, ...] = ()
    placement: Word | None = None
    behind: tuple[Word, ...] = ()


# --- tests and properties ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Listing(Node):
    """`Z as CODE`: the client is listed there."""

    zone: Word
    code: Word | None = None


@dataclass(frozen=True, slots=True)
class ClientFact(Node):
    address: Word
    listings: tuple[Listing, ...] = ()


@dataclass(frozen=True, slots=True)
class NamelessFact(Node):
    """`client has no name`."""


@dataclass(frozen=True, slots=True)
class SilentZoneFact(Node):
    """`Z does not answer`."""

    zone: Word


@dataclass(frozen=True, slots=True)
class HeloFact(Node):
    name: Word | Text


@dataclass(frozen=True, slots=True)
class LoginFact(Node):
    name: Word | Text


@dataclass(frozen=True, slots=True)
class OnFact(Node):
    deployment: Word


@dataclass(frozen=True, slots=True)
class FromFact(Node):
    """The sender: `<>`, an address, or the bare `postmaster`."""

    sender: Word


@dataclass(frozen=True, slots=True)
class ToFact(Node):
    recipients: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class KnownFact(Node):
    mailboxes: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class UnknownFact(Node):
    mailboxes: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class LookupFailsFact(Node):
    """For these mailboxes; for all where none is named."""

    mailboxes: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class FullFact(Node):
    mailboxes: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class ResultFact(Node):
    """`spf|dmarc|batv|srs is X`."""

    what: Word
    result: Word


@dataclass(frozen=True, slots=True)
class ScoreFact(Node):
    points: Number


@dataclass(frozen=True, slots=True)
class ReportFact(Node):
    kind: Word


@dataclass(frozen=True, slots=True)
class HeaderFact(Node):
    """`header "H" is "v"`; `returned` for a header of the returned message."""

    name: Text
    value: Text
    returned: bool = False


@dataclass(frozen=True, slots=True)
class MessageFact(Node):
    file: File


@dataclass(frozen=True, slots=True)
class DateFact(Node):
    date: Word


@dataclass(frozen=True, slots=True)
class CountedFact(Node):
    """`after N like it`."""

    count: Number


@dataclass(frozen=True, slots=True)
class FirstContactFact(Node):
    """`first contact`."""


Fact = (
    ClientFact
    | NamelessFact
    | SilentZoneFact
    | HeloFact
    | LoginFact
    | OnFact
    | FromFact
    | ToFact
    | KnownFact
    | UnknownFact
    | LookupFailsFact
    | FullFact
    | ResultFact
    | ScoreFact
    | ReportFact
    | HeaderFact
    | MessageFact
    | DateFact
    | CountedFact
    | FirstContactFact
)


@dataclass(frozen=True, slots=True)
class ExpectVerdict(Node):
    """`expect VERDICT [CODE ENHANCED]` and what may follow, in any order."""

    verdict: Word
    code: Word | None = None
    enhanced: Word | None = None
    stage: Word | None = None
    mailboxes: tuple[Word, ...] = ()
    by: Word | None = None
    reporting: tuple[Word, ...] = ()
    tagged: tuple[Text, ...] = ()
    scored: Number | None = None


@dataclass(frozen=True, slots=True)
class ExpectNdr(Node):
    """`expect ndr to A`."""

    address: Word


@dataclass(frozen=True, slots=True)
class ExpectNoNdr(Node):
    """`expect no ndr`."""


@dataclass(frozen=True, slots=True)
class ExpectSender(Node):
    """`expect sender A`: the reverse-path with which the message goes on."""

    sender: Word


Expectation = ExpectVerdict | ExpectNdr | ExpectNoNdr | ExpectSender


@dataclass(frozen=True, slots=True)
class Test(Node):
    __test__ = False  # not a test of ours

    name: Text
    facts: tuple[Fact, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Property(Node):
    """`always|never VERDICT when COND`."""

    word: Word
    verdict: Word
    condition: Cond


Statement = (
    PolicyName
    | Include
    | SetDefinition
    | Recipients
    | Deliver
    | Subaddresses
    | TrustClients
    | UpstreamClients
    | Keep
    | SplitMail
    | QuarantineInto
    | RuleStatement
    | UseDnsbl
    | LimitStatement
    | SendNdrsTo
    | SendNdrsThrough
    | ReturnWhat
    | GiveUpAfter
    | WarnAboutDelay
    | CopyDoubleBounces
    | WordNdrs
    | AnswerAutomatically
    | SignMail
    | RewriteForwarded
    | Deploy
    | Test
    | Property
)


@dataclass(frozen=True, slots=True)
class Document(Node):
    """One file, its statements in the order written."""

    statements: tuple[Statement, ...]
