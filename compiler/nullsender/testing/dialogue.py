"""Show a session as the dialogue that a client and a server would hold, and the rules that were tried."""

from __future__ import annotations

from collections.abc import Iterator

from nullsender.policy import Reply
from nullsender.session import Session
from nullsender.verdict import Decision, Effect, Outcome, Tried, Verdict

_OK = {"mail": "250 2.1.0 ok", "rcpt": "250 2.1.5 ok", "data": "354 go ahead"}


def dialogue(session: Session, verdict: Verdict) -> Iterator[str]:
    """Yield the lines of a session: what the DNS and the filter said first, then client (`C:`) and server (`S:`)."""
    yield from (f"({fact})" for fact in _facts(session))
    yield from ("S: 220 ready", f"C: EHLO {session.helo}", "S: 250 welcome")
    if session.login is not None:
        yield from (f"C: AUTH ({session.login})", "S: 235 2.7.0 ok")
    yield from (f"C: MAIL FROM:<{session.sender}>", f"S: {_OK['mail']}")
    for recipient, decision in verdict.recipients:
        yield from (f"C: RCPT TO:<{recipient}>", f"S: {_said(decision) or _OK['rcpt']}")
    if verdict.message is None:
        return
    at_data = verdict.message.stage is not None and verdict.message.stage.word == "data"
    refused = _said(verdict.message)
    if at_data and refused:
        yield from ("C: DATA", f"S: {refused}")
        return
    yield from ("C: DATA", f"S: {_OK['data']}", *(f"C: {line}" for line in _message(session)), "C: .")
    yield f"S: {refused or '250 2.0.0 taken'}"
    yield from (f"({what})" for what in _afterwards(verdict))


def rules_tried(verdict: Verdict) -> Iterator[str]:
    """Yield a line for each rule that was tried, below one for each moment and recipient."""
    last = None
    widest = max((len(tried.rule) for tried in verdict.trace), default=0)
    for tried in verdict.trace:
        if (tried.stage, tried.recipient) != last:
            last = tried.stage, tried.recipient
            yield f"{tried.stage.word}: {tried.recipient or 'the message'}"
        yield f"  {tried.rule:<{widest}}  {_effect(tried)}"


def _effect(tried: Tried) -> str:
    if tried.effect is Effect.NONE and tried.truth:
        return "applies, and has nothing to do"
    return tried.effect.value


def _facts(session: Session) -> Iterator[str]:
    yield f"the client is {session.client}" + ("" if session.named else ", which has no name")
    yield from (f"{zone} lists it: {answer}" for zone, answer in sorted(session.listed))
    yield from (f"{zone} does not answer" for zone in sorted(session.silent))
    yield from (f"the lookup of {address} fails" for address in sorted(session.unanswered))
    yield from (f"the mailbox of {address} is full" for address in sorted(session.full))
    results = (("spf", session.spf), ("dmarc", session.dmarc))
    yield from (f"{what} is {result}" for what, result in results if result != "none")
    if session.batv is not None:
        yield f"batv is {session.batv}"
    if session.score:
        yield f"the filter's score is {session.score:g}"
    if session.first_contact:
        yield "client, sender and recipient were never seen together"
    if session.before:
        yield f"{session.before} like it went before"


def _message(session: Session) -> Iterator[str]:
    message = session.message
    yield from (f"{name}: {value}" for name, value in message.fields[:20])
    if message.report:
        yield f"(a {message.report} report)"
    yield from (f"(returned) {name}: {value}" for name, value in (message.returned or ())[:20])


def _said(decision: Decision) -> str | None:
    """Return the reply of a refusal, with the id of the rule."""
    reply = decision.reply
    if reply is None or not decision.outcome.refuses:
        return None
    return f"{_reply(reply)} [{decision.rule}]"


def _reply(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced}" + (f" {reply.text}" if reply.text else "")


def _afterwards(verdict: Verdict) -> Iterator[str]:
    if verdict.message and verdict.message.outcome in (Outcome.QUARANTINE, Outcome.DISCARD):
        yield f"{verdict.message.outcome.value} by {verdict.message.rule}"
    yield from (f"added: {name}: {value}" for name, value in verdict.tags)
    yield from (f"an NDR leaves to {address}" for address in verdict.ndrs)
