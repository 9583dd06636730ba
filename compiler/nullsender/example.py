"""Tests and properties of a policy: sessions with what is to become of them, and what must hold for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from nullsender.condition import Condition
from nullsender.session import Outcome, Session, Stage
from nullsender.source import Span


@dataclass(frozen=True, slots=True)
class ExpectVerdict:
    """A decision for some recipients, without `recipients` for all; what is None or empty may be anything."""

    outcome: Outcome
    span: Span = field(compare=False, repr=False)
    code: int | None = None
    enhanced: str | None = None
    stage: Stage | None = None
    recipients: tuple[str, ...] = ()
    by: str | None = None
    reporting: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class ExpectNdr:
    """A report leaves to this address; None: no report leaves at all."""

    address: str | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ExpectSender:
    """The reverse-path with which the message goes on; empty is the null sender."""

    sender: str
    span: Span = field(compare=False, repr=False)


Expectation = ExpectVerdict | ExpectNdr | ExpectSender


@dataclass(frozen=True, slots=True)
class Example:
    """A `test`: one session at a deployment on a day, and what is expected of it.

    `deployment` is None where the test names none, and `day` likewise. `lookups_fail` says that no file of the server's
    can be read.
    """

    name: str
    session: Session
    expectations: tuple[Expectation, ...]
    span: Span = field(compare=False, repr=False)
    deployment: str | None = None
    day: date | None = None
    lookups_fail: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """`always` or `never`: the outcome of every recipient of every session in which a condition is true."""

    always: bool
    outcome: Outcome
    condition: Condition
    span: Span = field(compare=False, repr=False)
