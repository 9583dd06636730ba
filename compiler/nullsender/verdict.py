"""What becomes of a session: a decision for each recipient, one for the message, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nullsender.policy import Reply
from nullsender.session import Outcome as Outcome
from nullsender.session import Stage
from nullsender.truth import Truth

SPLIT = "split-mail"  # decides as a rule does
SPLIT_REPLY = Reply(452, "4.5.3")
SPLIT_TEXT = "send this recipient a message of its own"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided, when and by which rule; accepting is nobody's decision. `reply` is what a refusal says."""

    outcome: Outcome
    stage: Stage | None = None
    rule: str | None = None
    reply: Reply | None = None


ACCEPTED = Decision(Outcome.ACCEPT)


class Effect(Enum):
    """What a rule that was tried did."""

    NONE = "does not apply"
    UNKNOWN = "cannot tell: a lookup failed"
    COUNTS = "counts the message"
    ADDS = "adds to the message"
    REPORTS = "reports only"
    DECIDES = "decides"


@dataclass(frozen=True, slots=True)
class Tried:
    """One step of the evaluation: a rule that was asked, and about which recipient; None is the message."""

    rule: str
    stage: Stage
    recipient: str | None
    truth: Truth
    effect: Effect


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole outcome of a session at one deployment.

    `message` is None where no recipient was accepted. `tags` and `score` are those of a message that goes on: the
    header fields that rules added, and the filter's and the policy's points together. `reported` and `added` are ids of
    rules, `ndrs` the addresses to which reports leave. `sender` is the reverse-path with which the message goes on, and
    `signed` says that it gets a BATV tag. `trace` is every rule that was tried, in order.
    """

    recipients: tuple[tuple[str, Decision], ...]
    message: Decision | None
    tags: tuple[tuple[str, str], ...] = ()
    score: float = 0.0
    reported: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    ndrs: tuple[str, ...] = ()
    sender: str = ""
    signed: bool = False
    trace: tuple[Tried, ...] = ()

    @property
    def accepted(self) -> tuple[str, ...]:
        """The recipients that were accepted at rcpt."""
        return tuple(recipient for recipient, decision in self.recipients if not decision.outcome.refuses)

    def of(self, recipient: str) -> Decision:
        """Return the decision that settled it for a recipient: its own, or the message's."""
        own = next(decision for name, decision in self.recipients if name == recipient)
        return own if own.outcome.refuses or self.message is None else self.message
