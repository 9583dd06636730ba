"""What rules are made of: actions, subjects, what narrows them, and modifiers."""

from __future__ import annotations

from enum import Enum

from nullsender.syntax.conditions import Cond, ScoringOver, ZoneRef
from nullsender.syntax.node import Duration, Member, Node, Number, Text, Word, node


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
