"""What a test says: its facts as a session, its expectations as values. All of it was checked before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from nullsender import canonical
from nullsender import example as e
from nullsender import syntax as s
from nullsender.checking.context import Context
from nullsender.checking.headers import field
from nullsender.session import Message, Outcome, Session, Stage


def example(test: s.Test, context: Context) -> e.Example:
    """Return the meaning of a test."""
    facts = {type(fact): fact for fact in test.facts}  # those that may stand once
    message, session = _message(test, context)
    for fact in test.facts:
        session = _with(session, fact)
    everybody = s.LookupFailsFact in facts and any(
        isinstance(fact, s.LookupFailsFact) and not fact.mailboxes for fact in test.facts
    )
    if everybody:
        session = replace(session, unanswered=_addresses(session.recipients))
    if not session.recipients:
        context.error("NS252", "the message file names no recipient", test.name.span, help="add `to alice@example.org`")
    day, on = facts.get(s.DateFact), facts.get(s.OnFact)
    return e.Example(
        name=test.name.value,
        session=replace(session, message=message),
        expectations=tuple(_EXPECTED[type(one)](one, session) for one in test.expectations),
        span=test.span,
        deployment=on.deployment.text if isinstance(on, s.OnFact) else None,
        day=context.day(day.date) if isinstance(day, s.DateFact) else None,
        lookups_fail=everybody,
    )


# --- facts ------------------------------------------------------------------------------------------------------------
def _message(test: s.Test, context: Context) -> tuple[Message, Session]:
    """Return the message, and the session that a file of it records."""
    file = next((fact.file for fact in test.facts if isinstance(fact, s.MessageFact)), None)
    message, session = Message(), Session(())
    if file:
        from nullsender.message import envelope, read_message  # wanted for few policies: brings the email package

        octets = (context.resolved.folders[id(file.span.source)] / file.path.value).read_bytes()
        sender, recipients = envelope(octets)
        message, session = read_message(octets), Session(recipients, sender)
    for fact in test.facts:
        match fact:
            case s.ReportFact(kind=kind):
                message = replace(message, report=kind.text.lower())
            case s.HeaderFact(name=name, value=value, returned=False):
                message = replace(message, fields=(*message.fields, (name.value, value.value)))
            case s.HeaderFact(name=name, value=value):
                message = replace(message, returned=(*(message.returned or ()), (name.value, value.value)))
            case _:
                pass
    return message, session


def _with(session: Session, fact: s.Fact) -> Session:
    """Return the session with one more fact."""
    match fact:
        case s.ClientFact(address=address, listings=listings):
            listed = {(_zone(x.zone), x.code.text if x.code else "127.0.0.2") for x in listings}
            return replace(session, client=address.text, listed=session.listed | listed)
        case s.NamelessFact():
            return replace(session, named=False)
        case s.SilentZoneFact(zone=zone):
            return replace(session, silent=session.silent | {_zone(zone)})
        case s.HeloFact(name=name):
            return replace(session, helo=name.value)
        case s.LoginFact(name=name):
            return replace(session, login=name.value)
        case s.FromFact(sender=sender):
            return replace(session, sender=_path(sender))
        case s.ToFact(recipients=recipients):
            return replace(session, recipients=tuple(word.text for word in recipients))
        case s.KnownFact(mailboxes=mailboxes):
            return replace(session, known=session.known | _of(mailboxes))
        case s.UnknownFact(mailboxes=mailboxes):
            return replace(session, absent=session.absent | _of(mailboxes))
        case s.FullFact(mailboxes=mailboxes):
            return replace(session, full=session.full | _of(mailboxes))
        case s.LookupFailsFact(mailboxes=mailboxes):
            return replace(session, unanswered=session.unanswered | _of(mailboxes))
        case s.ResultFact(what=what, result=result):
            return _RESULTS[what.text](session, result.text)
        case s.ScoreFact(points=points):
            return replace(session, score=float(points.value))
        case s.CountedFact(count=count):
            return replace(session, before=int(count.value))
        case s.FirstContactFact():
            return replace(session, first_contact=True)
        case _:
            return session


_RESULTS: Mapping[str, Callable[[Session, str], Session]] = {
    "spf": lambda session, result: replace(session, spf=result),
    "dmarc": lambda session, result: replace(session, dmarc=result),
    "batv": lambda session, result: replace(session, batv=result),
    "srs": lambda session, result: replace(session, srs=result),
}


def _of(words: Iterable[s.Word]) -> frozenset[str]:
    return _addresses(word.text for word in words)


def _addresses(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(form for text in texts for form in canonical.forms(text, "")[:1])


def _zone(word: s.Word) -> str:
    return word.text.lower().removesuffix(".")


def _path(word: s.Word) -> str:
    return "" if word.text == "<>" else word.text


# --- expectations -----------------------------------------------------------------------------------------------------
def _verdict(expected: s.ExpectVerdict, session: Session) -> e.ExpectVerdict:
    named = {word.text.lower() for word in expected.mailboxes}
    return e.ExpectVerdict(
        outcome=Outcome(expected.verdict.text),
        span=expected.span,
        code=int(expected.code.text) if expected.code else None,
        enhanced=expected.enhanced.text if expected.enhanced else None,
        stage=Stage[expected.stage.text.upper()] if expected.stage else None,
        recipients=tuple(r for r in dict.fromkeys(session.recipients) if r.lower() in named),
        by=expected.by.text if expected.by else None,
        reporting=tuple(word.text for word in expected.reporting),
        tags=tuple(tag for header in expected.tagged if (tag := field(header.value))),
        score=float(expected.scored.value) if expected.scored else None,
    )


_EXPECTED: Mapping[type[s.Expectation], Callable[[Any, Session], e.Expectation]] = {
    s.ExpectVerdict: _verdict,
    s.ExpectNdr: lambda expected, _: e.ExpectNdr(expected.address.text, expected.span),
    s.ExpectNoNdr: lambda expected, _: e.ExpectNdr(None, expected.span),
    s.ExpectSender: lambda expected, _: e.ExpectSender(_path(expected.sender), expected.span),
}
