"""Conditions of rules and properties."""

from __future__ import annotations

from nullsender.syntax.node import Member, Node, Number, Text, Word, node


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
