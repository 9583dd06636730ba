"""Compare a verdict with what a test expects of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nullsender import canonical
from nullsender import example as e
from nullsender.session import Session
from nullsender.source import Span
from nullsender.verdict import Decision, Verdict


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that was not met: what was expected and what happened, in words."""

    expected: str
    got: str
    span: Span = field(compare=False, repr=False)


def failures(example: e.Example, verdict: Verdict) -> tuple[Failure, ...]:
    """Return every expectation of a test that a verdict does not meet."""
    return tuple(failure for one in example.expectations for failure in _unmet(one, example.session, verdict))


def _unmet(expected: e.Expectation, session: Session, verdict: Verdict) -> Iterator[Failure]:
    match expected:
        case e.ExpectVerdict():
            yield from _decisions(expected, session, verdict)
            yield from _marks(expected, verdict)
        case e.ExpectNdr(address=None):
            if verdict.ndrs:
                yield Failure("no ndr", _ndrs(verdict), expected.span)
        case e.ExpectNdr(address=str(address)):
            if not any(same_address(address, ndr) for ndr in verdict.ndrs):
                yield Failure(f"ndr to {address}", _ndrs(verdict), expected.span)
        case e.ExpectSender(sender=sender):
            got = _sender(verdict)
            signed = verdict.signed and canonical.tagged(sender) and same_address(sender, verdict.sender)
            if not signed and got != (sender or "<>"):
                yield Failure(f"sender {sender or '<>'}", got, expected.span)


def _decisions(expected: e.ExpectVerdict, session: Session, verdict: Verdict) -> Iterator[Failure]:
    """Yield a failure for each recipient that is decided otherwise; equal ones are told once."""
    told: dict[Decision, list[str]] = {}
    for recipient in expected.recipients or dict.fromkeys(session.recipients):
        got = verdict.of(recipient)
        if not _fits(expected, got):
            told.setdefault(got, []).append(recipient)
    for got, recipients in told.items():
        whom = ", ".join(recipients)
        yield Failure(f"{_wanted(expected)} for {whom}", words_of(got), expected.span)


def _fits(expected: e.ExpectVerdict, got: Decision) -> bool:
    reply = got.reply
    return (
        got.outcome is expected.outcome
        and (expected.code is None or (reply is not None and reply.code == expected.code))
        and (expected.enhanced is None or (reply is not None and reply.enhanced == expected.enhanced))
        and expected.stage in (None, got.stage)
        and expected.by in (None, got.rule)
    )


def _marks(expected: e.ExpectVerdict, verdict: Verdict) -> Iterator[Failure]:
    for rule in expected.reporting:
        if rule not in verdict.reported:
            yield Failure(f"a report of {rule}", ", ".join(verdict.reported) or "no report", expected.span)
    for name, value in expected.tags:
        if (name, value) not in verdict.tags:
            tags = ", ".join(f"`{n}: {v}`" for n, v in verdict.tags)
            yield Failure(f"the header `{name}: {value}`", tags or "no header is added", expected.span)
    if expected.score is not None and abs(verdict.score - expected.score) > 1e-6:
        yield Failure(f"a score of {expected.score:g}", f"{verdict.score:g}", expected.span)


def same_address(one: str, other: str) -> bool:
    """Tell whether two texts are one address, BATV tags aside."""
    return (canonical.forms(one, "") or (one.lower(),)) == (canonical.forms(other, "") or (other.lower(),))


def words_of(decision: Decision) -> str:
    """Return a decision in the words of the language: `reject 550 5.1.1 at rcpt by RULE`."""
    words = [decision.outcome.value]
    if decision.reply and decision.outcome.refuses:
        words.append(f"{decision.reply.code} {decision.reply.enhanced}")
    words += [f"at {decision.stage.word}"] if decision.stage else []
    words += [f"by {decision.rule}"] if decision.rule else []
    return " ".join(words)


def _wanted(expected: e.ExpectVerdict) -> str:
    words = [expected.outcome.value, str(expected.code or ""), expected.enhanced or ""]
    words += [f"at {expected.stage.word}"] if expected.stage else []
    words += [f"by {expected.by}"] if expected.by else []
    return " ".join(filter(None, words))


def _ndrs(verdict: Verdict) -> str:
    return ", ".join(f"ndr to {address}" for address in verdict.ndrs) or "no ndr"


def _sender(verdict: Verdict) -> str:
    if verdict.signed:
        return f"prvs=…={verdict.sender}"
    return verdict.sender or "<>"
