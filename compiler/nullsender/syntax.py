"""What a policy file says, word for word: one node a construct of the language, each with its span, nothing resolved.

Nodes declare their fields as data; the parser builds them, the JSON form mirrors them field by field. Spans are left
out of comparisons, so that two texts that say the same are equal. Values that may be wrong (dates, networks, domains)
stay text here: the checker says what is wrong with them.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from nullsender.source import Span

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(field,))
def node(cls: type[_T]) -> type[_T]:
    """Make a class a node.

    That it is frozen is held by the type checker: a hundred classes that enforce it themselves, with comparisons of
    their own each, are a tenth of the time in which a policy is to be compiled.
    """
    return dataclass(slots=True, eq=False, repr=False)(cls)


@node
class Node:
    """A place in somebody's text."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    span: Span

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values()))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__ if name != "span")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _values(self) -> list[Any]:
        return [getattr(self, name) for name in self.__dataclass_fields__ if name != "span"]


# --- leaves -----------------------------------------------------------------------------------------------------------
@node
class Word(Node):
    """A name, a version, a code, a date or another single token, as written."""

    text: str


@node
class Text(Node):
    """A string, without its quotes and escapes."""

    value: str


@node
class Number(Node):
    """A number; `value` is an int where the grammar asks for one."""

    value: int | float


@node
class Duration(Node):
    """A length of time such as `5m`, in seconds; `second`, `minute`, `hour`, `day` of a limit are one of each."""

    seconds: int


@node
class Size(Node):
    """An amount of data such as `50 KB`, in bytes (1 KB is 1024)."""

    octets: int


class MemberKind(Enum):
    NAME = "name"
    DOMAIN = "domain"
    SUBDOMAINS = "subdomains"
    ADDRESS = "address"
    NETWORK = "network"


@node
class Member(Node):
    """A member of a set: the name of another set, or a literal as written; an address may hold `*`."""

    kind: MemberKind
    text: str


@node
class File(Node):
    """`file "x"`, read when compiling, or `live file "/x"`, read by the server."""

    path: Text
    live: bool = False


Item = Member | File


# --- conditions -------------------------------------------------------------------------------------------------------
@node
class And(Node):
    parts: tuple[Cond, ...]


@node
class Or(Node):
    parts: tuple[Cond, ...]


@node
class Not(Node):
    part: Cond


@node
class SenderIn(Node):
    members: tuple[Member, ...]


@node
class SenderIs(Node):
    """`sender is null|postmaster`."""

    what: Word


@node
class RecipientIn(Node):
    members: tuple[Member, ...]


@node
class RecipientsOver(Node):
    """`recipients > N`."""

    count: Number


@node
class ClientIn(Node):
    members: tuple[Member, ...]


@node
class ZoneRef(Node):
    """A DNSBL zone and the answers that count; empty where none are written."""

    domain: Word
    answers: tuple[Word, ...] = ()


@node
class ClientListed(Node):
    zone: ZoneRef


@node
class ClientNameless(Node):
    """`client has no name`."""


@node
class HeloIn(Node):
    members: tuple[Member, ...]


@node
class Authenticated(Node):
    """`authenticated`."""


@node
class SpfIs(Node):
    result: Word


@node
class DmarcIs(Node):
    result: Word


@node
class BatvIs(Node):
    state: Word


@node
class ScoringOver(Node):
    """`scoring N or more`."""

    least: Number


@node
class HeaderMatches(Node):
    """`header "X" matches /…/i`; `pattern` without its slashes, with its escapes."""

    name: Text
    pattern: str
    ignore_case: bool = False


@node
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
@node
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


@node
class Subject(Node):
    """`members` belong to FORGED, `zone` to LISTED."""

    kind: SubjectKind
    members: tuple[Member, ...] = ()
    zone: ZoneRef | None = None


@node
class ToSet(Node):
    members: tuple[Member, ...]


@node
class FromSet(Node):
    members: tuple[Member, ...]


@node
class ToSeveral(Node):
    """`to several recipients`."""


@node
class Failing(Node):
    """`failing spf|dmarc`."""

    what: Word


@node
class Untagged(Node):
    """`without a valid batv tag`."""


Narrowing = ToSet | FromSet | ToSeveral | Failing | ScoringOver | Untagged


@node
class When(Node):
    condition: Cond


@node
class Except(Node):
    condition: Cond


@node
class WithReply(Node):
    """`with 550 5.1.1 "text"`; at least one of the three is there."""

    code: Word | None = None
    enhanced: Word | None = None
    text: Text | None = None


@node
class At(Node):
    """`at rcpt|data|content`."""

    stage: Word


@node
class AtSmtpTime(Node):
    """`at SMTP time`: says what is always so."""


@node
class On(Node):
    deployments: tuple[Word, ...]


@node
class ReportOnly(Node):
    """`report only`."""


@node
class FromDate(Node):
    date: Word


@node
class UntilDate(Node):
    date: Word


@node
class ForTime(Node):
    """`for 5m`, of greylisting."""

    time: Duration


@node
class Because(Node):
    reason: Text


@node
class Named(Node):
    """`as NAME`."""

    name: Word


@node
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
@node
class PolicyName(Node):
    name: Text


@node
class Include(Node):
    path: Text


@node
class SetDefinition(Node):
    """`domains NAME = items except items`; `kind` is domains, hosts, networks or addresses."""

    kind: Word
    name: Word
    items: tuple[Item, ...]
    excluded: tuple[Item, ...] = ()


@node
class LookupSetting(Node):
    """A setting of a directory; a file stands for a password or a query kept at the server."""

    name: Word
    value: Text | Number | Duration | File


@node
class Lookup(Node):
    """`sqlite|postgres|mysql|ldap { … }`."""

    system: Word
    settings: tuple[LookupSetting, ...]


@node
class CalloutTo(Node):
    """`callout to HOST`, as written."""

    endpoint: Word


@node
class TheServer(Node):
    """`the server`."""


Origin = File | Lookup | CalloutTo | TheServer


@node
class Recipients(Node):
    """`recipients of members from sources`; no sources: `are anyone`."""

    members: tuple[Member, ...]
    sources: tuple[Origin, ...] = ()


@node
class Deliver(Node):
    """`deliver members to lmtp|smtp endpoint`."""

    members: tuple[Member, ...]
    protocol: Word
    endpoint: Word
    on: On | None = None


@node
class Subaddresses(Node):
    """`subaddresses begin with +`; several characters may stand there."""

    delimiters: Word


@node
class TrustClients(Node):
    members: tuple[Member, ...]
    on: On | None = None


@node
class UpstreamClients(Node):
    members: tuple[Member, ...]


@node
class Keep(Node):
    """`keep abuse, hostmaster@example.org reachable`."""

    roles: tuple[Word, ...]


@node
class SplitMail(Node):
    members: tuple[Member, ...]


@node
class QuarantineInto(Node):
    """`quarantine into junk|hold|ADDRESS`."""

    into: Word


@node
class RuleStatement(Node):
    """ACTION SUBJECT, then narrowings and modifiers, which come in any order."""

    action: Action
    subject: Subject
    narrowings: tuple[Narrowing, ...] = ()
    modifiers: tuple[Modifier, ...] = ()


@node
class UseDnsbl(Node):
    """`use dnsbl zone in safe|reject|tag mode`; `points` where the mode is scoring."""

    zone: ZoneRef
    mode: Word
    points: Number | None = None
    modifiers: tuple[Modifier, ...] = ()


@node
class LimitStatement(Node):
    """`limit subject to N per period per counter`; `counter` is recipient, client, sender, domain or login."""

    subject: Subject
    narrowings: tuple[Narrowing, ...]
    count: Number
    period: Duration
    counter: Word
    modifiers: tuple[Modifier, ...] = ()


@node
class SendNdrsTo(Node):
    """`to` is trusted, passing, anyone or nobody; `copy` is False after `without a copy`."""

    to: Word
    copy: bool = True
    on: On | None = None


@node
class SendNdrsThrough(Node):
    address: Word
    helo: Word | None = None
    on: On | None = None


@node
class ReturnWhat(Node):
    """`what` is headers, everything or nothing."""

    what: Word
    size: Size | None = None
    on: On | None = None


@node
class GiveUpAfter(Node):
    """`what` is mail or bounces."""

    what: Word
    time: Duration
    on: On | None = None


@node
class WarnAboutDelay(Node):
    time: Duration
    on: On | None = None


@node
class CopyDoubleBounces(Node):
    address: Word
    on: On | None = None


@node
class WordNdrs(Node):
    file: File
    on: On | None = None


@node
class AnswerAutomatically(Node):
    """`to` is nobody or ordinary."""

    to: Word


@node
class SignMail(Node):
    members: tuple[Member, ...]
    keys: Text
    time: Duration | None = None
    on: On | None = None


@node
class RewriteForwarded(Node):
    keys: Text
    domain: Word


@node
class ComponentRef(Node):
    """A program and its version, `postfix 3.7`."""

    name: Word
    version: Word | None = None


@node
class Deploy(Node):
    name: Word
    server: ComponentRef
    helpers: tuple[ComponentRef, ...] = ()
    placement: Word | None = None
    behind: tuple[Word, ...] = ()


# --- tests and properties ---------------------------------------------------------------------------------------------
@node
class Listing(Node):
    """`Z as CODE`: the client is listed there."""

    zone: Word
    code: Word | None = None


@node
class ClientFact(Node):
    address: Word
    listings: tuple[Listing, ...] = ()


@node
class NamelessFact(Node):
    """`client has no name`."""


@node
class SilentZoneFact(Node):
    """`Z does not answer`."""

    zone: Word


@node
class HeloFact(Node):
    """What the client says it is, whatever that is."""

    name: Text


@node
class LoginFact(Node):
    name: Text


@node
class OnFact(Node):
    deployment: Word


@node
class FromFact(Node):
    """The sender: `<>`, an address, or the bare `postmaster`."""

    sender: Word


@node
class ToFact(Node):
    recipients: tuple[Word, ...]


@node
class KnownFact(Node):
    mailboxes: tuple[Word, ...]


@node
class UnknownFact(Node):
    mailboxes: tuple[Word, ...]


@node
class LookupFailsFact(Node):
    """For these mailboxes; for all where none is named."""

    mailboxes: tuple[Word, ...] = ()


@node
class FullFact(Node):
    mailboxes: tuple[Word, ...]


@node
class ResultFact(Node):
    """`spf|dmarc|batv|srs is X`."""

    what: Word
    result: Word


@node
class ScoreFact(Node):
    points: Number


@node
class ReportFact(Node):
    kind: Word


@node
class HeaderFact(Node):
    """`header "H" is "v"`; `returned` for a header of the returned message."""

    name: Text
    value: Text
    returned: bool = False


@node
class MessageFact(Node):
    file: File


@node
class DateFact(Node):
    date: Word


@node
class CountedFact(Node):
    """`after N like it`."""

    count: Number


@node
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


@node
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


@node
class ExpectNdr(Node):
    """`expect ndr to A`."""

    address: Word


@node
class ExpectNoNdr(Node):
    """`expect no ndr`."""


@node
class ExpectSender(Node):
    """`expect sender A`: the reverse-path with which the message goes on."""

    sender: Word


Expectation = ExpectVerdict | ExpectNdr | ExpectNoNdr | ExpectSender


@node
class Test(Node):
    __test__ = False  # not a test of ours

    name: Text
    facts: tuple[Fact, ...]
    expectations: tuple[Expectation, ...]


@node
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


@node
class Document(Node):
    """One file, its statements in the order written."""

    statements: tuple[Statement, ...]
