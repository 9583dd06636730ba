"""Conditions of rules: three-valued questions about a session, as frozen trees.

A question over a failed lookup is unknown, and so is its negation; a rule fires only when its condition is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import prod

from nullsender.names import Entries as Entries


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is; without parts, always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one part is; without parts, never."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


# --- the envelope -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SenderNull:
    """The reverse-path is `<>` (RFC 5321 §4.5.5)."""


@dataclass(frozen=True, slots=True)
class SenderPostmaster:
    """The reverse-path is `postmaster`, bare or at any domain; not the null sender."""


@dataclass(frozen=True, slots=True)
class SenderIn:
    """The sender is a member; entries are addresses, or domains that the sender's domain is compared with."""

    entries: Entries


@dataclass(frozen=True, slots=True)
class RecipientIn:
    """The recipient is a member; for a message, every accepted recipient is. Entries are addresses or domains."""

    entries: Entries


@dataclass(frozen=True, slots=True)
class RecipientsOver:
    """The message has more than `count` accepted recipients."""

    count: int


@dataclass(frozen=True, slots=True)
class ClientIn:
    """The client's address lies in one of the networks."""

    entries: Entries


@dataclass(frozen=True, slots=True)
class Zone:
    """A DNS block list (RFC 5782) and the IPv4 addresses whose appearance in an answer means `listed`."""

    domain: str
    answers: tuple[str, ...] = ("127.0.0.2",)


@dataclass(frozen=True, slots=True)
class ClientListed:
    """The client is listed in the zone; no answer, or a failure, is unknown. Ask last: it costs a DNS query."""

    zone: Zone


@dataclass(frozen=True, slots=True)
class ClientNameless:
    """The client's address has no name, or none that leads back to the address."""


@dataclass(frozen=True, slots=True)
class HeloIn:
    """The HELO or EHLO name is a member, in any case."""

    entries: Entries


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The client has logged in (RFC 4954)."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """The client has logged in or stands in a trusted network."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The client is a machine of ours in front: a backup MX, a filter."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The recipient is always reachable (RFC 5321 §4.5.1); for a message, every accepted recipient is."""


# --- what lookups say of a recipient ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class RecipientElsewhere:
    """The recipient's domain is not served here; a bare `postmaster` is."""


@dataclass(frozen=True, slots=True)
class RecipientUnknown:
    """No source of its domain knows the recipient."""


@dataclass(frozen=True, slots=True)
class RecipientFull:
    """The recipient's mailbox is over quota; no answer means it is not."""


# --- what is known when the message has come --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SpfIs:
    """The SPF result (RFC 7208 §2.6); `error` is temperror or permerror."""

    result: str


@dataclass(frozen=True, slots=True)
class DmarcIs:
    """The DMARC result; `quarantine` and `reject` are a failure for which the domain asks that."""

    result: str


@dataclass(frozen=True, slots=True)
class BatvIs:
    """The state of the recipient's prvs tag: valid, missing, expired or invalid."""

    state: str


@dataclass(frozen=True, slots=True)
class Scoring:
    """The sum of the filter's score and the policy's own is at least `least`."""

    least: float


@dataclass(frozen=True, slots=True)
class HeaderMatches:
    """A header field of that name matches the regular expression (PCRE)."""

    name: str
    pattern: str
    ignore_case: bool


@dataclass(frozen=True, slots=True)
class ReportIs:
    """The message is a multipart/report of that report-type (RFC 6522)."""

    kind: str


@dataclass(frozen=True, slots=True)
class ForgedBounce:
    """A returned message names no host of ours or below one in its Received and Message-ID lines."""

    entries: Entries


Atom = (
    SenderNull
    | SenderPostmaster
    | SenderIn
    | RecipientIn
    | RecipientsOver
    | ClientIn
    | ClientListed
    | ClientNameless
    | HeloIn
    | Authenticated
    | Trusted
    | Upstream
    | Kept
    | RecipientElsewhere
    | RecipientUnknown
    | RecipientFull
    | SpfIs
    | DmarcIs
    | BatvIs
    | Scoring
    | HeaderMatches
    | ReportIs
    | ForgedBounce
)
Condition = AllOf | AnyOf | Not | Atom


class Sign(Enum):
    """Whether an atom is asked for or its negation is."""

    IS = ""
    IS_NOT = "not "


def literals(condition: Condition, sign: Sign = Sign.IS) -> Iterator[tuple[Sign, Atom]]:
    """Yield the atoms of a condition from left to right, each with its sign once every `not` is pushed down to it."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from literals(part, sign)
        case Not(part):
            yield from literals(part, Sign.IS if sign is Sign.IS_NOT else Sign.IS_NOT)
        case _:
            yield sign, condition


def negation_normal(condition: Condition, sign: Sign = Sign.IS) -> Condition:
    """Push every `not` down to the atoms; the three-valued meaning stays the same."""
    turned = sign is Sign.IS_NOT
    match condition:
        case AllOf(parts) | AnyOf(parts):
            inner = tuple(negation_normal(p, sign) for p in parts)
            return AllOf(inner) if isinstance(condition, AllOf) is not turned else AnyOf(inner)
        case Not(part):
            return negation_normal(part, Sign.IS if turned else Sign.IS_NOT)
        case _:
            return Not(condition) if turned else condition


Literal = tuple[Sign, Atom]


def disjuncts(condition: Condition) -> tuple[tuple[Literal, ...], ...]:
    """Return the condition as an `or` of `and`s (disjunctive normal form), in the order written, each term once."""

    def walk(node: Condition) -> list[tuple[Literal, ...]]:
        match node:
            case AllOf(parts):
                terms: list[tuple[Literal, ...]] = [()]
                for part in parts:
                    terms = [tuple(dict.fromkeys(left + right)) for left in terms for right in walk(part)]
                return terms
            case AnyOf(parts):
                return [term for part in parts for term in walk(part)]
            case Not(part):
                assert not isinstance(part, AllOf | AnyOf | Not)  # noqa: S101  # the normal form was just made
                return [((Sign.IS_NOT, part),)]
            case _:
                return [((Sign.IS, node),)]

    return tuple(dict.fromkeys(walk(negation_normal(condition))))


def both(*parts: Condition) -> Condition:
    """Join conditions with `and`, flat and without an empty wrapper."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, AllOf) else (part,))
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def count_disjuncts(condition: Condition) -> int:
    """Return how many terms `disjuncts` would build, before it drops repetitions; ask first, it may be a great many."""

    def walk(node: Condition) -> int:
        match node:
            case AllOf(parts):
                return prod(walk(part) for part in parts)
            case AnyOf(parts):
                return sum(walk(part) for part in parts)
            case _:
                return 1

    return walk(negation_normal(condition))
