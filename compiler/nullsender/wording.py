"""Say a statement in its own words again, in one spelling: what rule ids and comments are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nullsender import syntax as s

_UNITS = ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_LENGTHS = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}


def slug(words: str) -> str:
    """Return the words in lower case, every run of other characters a `-`."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def of_rule(rule: s.RuleStatement) -> str:
    """Return action, subject and narrowings."""
    return " ".join((_action(rule.action), _subject(rule.subject), *map(_narrowing, rule.narrowings)))


def of_dnsbl(use: s.UseDnsbl) -> str:
    mode = use.mode.text + (f" {_number(use.points)}" if use.points else "")
    return f"use dnsbl {_zone(use.zone)} in {mode} mode"


def of_limit(limit: s.LimitStatement) -> str:
    length = _LENGTHS.get(limit.period.seconds) or duration(limit.period.seconds)
    what = " ".join((_subject(limit.subject), *map(_narrowing, limit.narrowings)))
    return f"limit {what} to {_number(limit.count)} per {length} per {limit.counter.text}"


def of_setting(statement: s.Statement) -> str:
    """Return the words of a statement about NDRs, autoreplies, signing or SRS."""
    match statement:
        case s.SendNdrsTo(to=to, copy=copy):
            whom = {
                "trusted": "only to trusted senders",
                "passing": "only to senders passing spf or dmarc",
                "anyone": "to anyone",
                "nobody": "to nobody",
            }[to.text]
            return f"send ndrs {whom}" + ("" if copy else " without a copy")
        case s.SendNdrsThrough(address=address, helo=helo):
            return f"send ndrs through {address.text}" + (f" as {helo.text}" if helo else "")
        case s.ReturnWhat(what=what, size=size):
            amount = f" up to {size.octets} bytes" if size else ""
            return f"return {what.text}" + (" only" if what.text == "headers" else amount)
        case s.GiveUpAfter(what=what, time=time):
            return f"give up {what.text} after {duration(time.seconds)}"
        case s.WarnAboutDelay(time=time):
            return f"warn about delay after {duration(time.seconds)}"
        case s.CopyDoubleBounces(address=address):
            return f"copy double bounces to {address.text}"
        case s.WordNdrs(file=file):
            return f'word ndrs by file "{file.path.value}"'
        case s.AnswerAutomatically(to=to):
            return "answer automatically " + ("nobody" if to.text == "nobody" else "only ordinary mail")
        case s.SignMail(members=members):
            return f"sign mail from {_members(members)} with batv keys"
        case s.RewriteForwarded(domain=domain):
            return f"rewrite forwarded mail with srs keys as {domain.text}"
        case _:
            raise TypeError(f"{type(statement).__name__} is no setting")


def duration(seconds: int) -> str:
    """Return a length of time in the largest unit that fits."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


def _action(action: s.Action) -> str:
    if action.header:
        return f'tag "{action.header.value}"'
    return f"score {_number(action.points)}" if action.points else action.word.text


def _subject(subject: s.Subject) -> str:
    match subject.kind:
        case s.SubjectKind.FORGED:
            return f"forged bounces of {_members(subject.members)}"
        case s.SubjectKind.LISTED if subject.zone:
            return f"clients listed in {_zone(subject.zone)}"
        case _:
            return str(subject.kind.value)


def _narrowing(narrowing: s.Narrowing) -> str:
    match narrowing:
        case s.ToSet(members=members):
            return f"to {_members(members)}"
        case s.FromSet(members=members):
            return f"from {_members(members)}"
        case s.ToSeveral():
            return "to several recipients"
        case s.Failing(what=what):
            return f"failing {what.text}"
        case s.ScoringOver(least=least):
            return f"scoring {_number(least)} or more"
        case s.Untagged():
            return "without a valid batv tag"


def _zone(zone: s.ZoneRef) -> str:
    answers = f" answering {', '.join(a.text for a in zone.answers)}" if zone.answers else ""
    return zone.domain.text + answers


def _members(members: Iterable[s.Member]) -> str:
    return ", ".join(member.text for member in members)


def _number(number: s.Number) -> str:
    return f"{number.value:g}" if isinstance(number.value, float) else str(number.value)
