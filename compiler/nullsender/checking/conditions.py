"""Conditions and subjects of rules: from the words to the meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nullsender import canonical
from nullsender import condition as c
from nullsender import syntax as s
from nullsender.checking.context import Context
from nullsender.checking.expressions import complaint
from nullsender.names import Kind
from nullsender.suggest import did_you_mean

DEFAULT_ANSWER = "127.0.0.2"


class Senders(Enum):
    """Of which senders a rule's subject speaks."""

    NULL = "bounces"
    OTHERS = "ordinary mail"
    BOTH = "mail"
    OUTGOING = "outgoing mail"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a subject asks by itself, and of whom it speaks."""

    senders: Senders
    condition: c.Condition


def subject(node: s.Subject, context: Context, name: str) -> Subject:
    """Return the meaning of a rule's subject."""
    match node.kind:
        case s.SubjectKind.BOUNCES:
            return Subject(Senders.NULL, c.SenderNull())
        case s.SubjectKind.ORDINARY:
            return Subject(Senders.OTHERS, c.Not(c.SenderNull()))
        case s.SubjectKind.OUTGOING:
            return Subject(Senders.OUTGOING, c.Trusted())
        case s.SubjectKind.NONEXISTENT:
            return Subject(Senders.BOTH, c.RecipientUnknown())
        case s.SubjectKind.OVER_QUOTA:
            return Subject(Senders.BOTH, c.RecipientFull())
        case s.SubjectKind.FORGED:
            ours = context.plain(node.members, (Kind.HOSTS, Kind.DOMAINS), f"{name}-hosts")
            return Subject(Senders.BOTH, c.ForgedBounce(ours) if ours else c.AllOf(()))
        case s.SubjectKind.LISTED if node.zone:
            return Subject(Senders.BOTH, c.ClientListed(zone(node.zone, context)))
        case _:
            return Subject(Senders.BOTH, c.AllOf(()))


def narrowing(node: s.Narrowing, context: Context, name: str) -> c.Condition:
    """Return what a narrowing of the subject asks."""
    match node:
        case s.ToSet(members=members):
            return context.membership(c.RecipientIn, members, f"{name}-recipients")
        case s.FromSet(members=members):
            return context.membership(c.SenderIn, members, f"{name}-senders")
        case s.ToSeveral():
            return c.RecipientsOver(1)
        case s.Failing(what=what):
            return c.SpfIs("fail") if what.text == "spf" else c.DmarcIs("fail")
        case s.ScoringOver(least=least):
            return _threshold(least, context)
        case s.Untagged():
            _needs_signing(node, context)
            return c.Not(c.BatvIs("valid"))


def condition(node: s.Cond, context: Context, name: str) -> c.Condition:
    """Return the meaning of a condition."""
    match node:
        case s.And(parts=parts):
            return c.AllOf(tuple(condition(part, context, name) for part in parts))
        case s.Or(parts=parts):
            return c.AnyOf(tuple(condition(part, context, name) for part in parts))
        case s.Not(part=part):
            return c.Not(condition(part, context, name))
        case s.SenderIn(members=members):
            return context.membership(c.SenderIn, members, f"{name}-senders")
        case s.SenderIs(what=what):
            return c.SenderNull() if what.text == "null" else c.SenderPostmaster()
        case s.RecipientIn(members=members):
            return context.membership(c.RecipientIn, members, f"{name}-recipients")
        case s.RecipientsOver(count=count):
            return c.RecipientsOver(int(count.value))
        case s.ClientIn(members=members):
            return context.membership(c.ClientIn, members, f"{name}-clients")
        case s.ClientListed(zone=zone_):
            return c.ClientListed(zone(zone_, context))
        case s.ClientNameless():
            return c.ClientNameless()
        case s.HeloIn(members=members):
            return context.membership(c.HeloIn, members, f"{name}-helo")
        case s.Authenticated():
            return c.Authenticated()
        case s.SpfIs(result=result):
            return c.SpfIs(result.text)
        case s.DmarcIs(result=result):
            return c.DmarcIs(result.text)
        case s.BatvIs(state=state):
            _needs_signing(node, context)
            return c.BatvIs(state.text)
        case s.ScoringOver(least=least):
            return _threshold(least, context)
        case s.HeaderMatches(name=header, pattern=pattern, ignore_case=ignore_case):
            _check_pattern(node, context)
            return c.HeaderMatches(header.value, pattern, ignore_case)
        case s.ReportIs(kind=kind):
            check_report_kind(kind, context)
            return c.ReportIs(kind.text.lower())


REPORTS = ("delivery-status", "disposition-notification", "feedback-report", "tracking-status", "tlsrpt")


def check_report_kind(kind: s.Word, context: Context) -> None:
    """Say where a report-type looks like a slip for one that is registered; others are allowed."""
    guess = did_you_mean(kind.text.lower(), REPORTS)
    if kind.text.lower() not in REPORTS and guess:
        context.warn("NS324", f"no report is a `{kind.text}`", kind.span, help=guess)


def _threshold(least: s.Number, context: Context) -> c.Scoring:
    if not 0 < least.value <= context.most_points:
        context.error(
            "NS323",
            f"`scoring {least.value:g} or more` is {'every message' if least.value <= 0 else 'no message'}",
            least.span,
            help=f"thresholds are more than 0 and at most {context.most_points}",
        )
    return c.Scoring(float(least.value))


def _needs_signing(node: s.Untagged | s.BatvIs, context: Context) -> None:
    if not any(context.of_kind(s.SignMail)):
        context.error(
            "NS405",
            "no mail is signed, so no bounce has a tag",
            node.span,
            help='write `sign mail from … with batv keys "/…"` first, and wait until all mail goes out signed',
        )


def zone(node: s.ZoneRef, context: Context) -> c.Zone:
    """Return a DNSBL; answers are addresses within 127.0.0.0/8 (RFC 5782, section 2.1)."""
    name = node.domain.text
    try:
        name = canonical.domain(name)
    except ValueError as error:
        context.error("NS206", f"`{name[:80]}`: {error}", node.domain.span)
    context.zones.add(name)
    answers = []
    for answer in node.answers:
        if answer.text.startswith("127.") and "/" not in answer.text and _is_address(answer.text):
            answers.append(answer.text)
        else:
            context.error(
                "NS212",
                f"`{answer.text}` is no answer of a block list",
                answer.span,
                help="answers are single addresses within 127.0.0.0/8, such as 127.0.0.2",
            )
    return c.Zone(name, tuple(sorted(set(answers), key=lambda a: tuple(map(int, a.split("."))))) or (DEFAULT_ANSWER,))


def _is_address(text: str) -> bool:
    try:
        canonical.parse_network(text)
    except ValueError:
        return False
    return True


def _check_pattern(node: s.HeaderMatches, context: Context) -> None:
    import re

    if not re.fullmatch(r"[!-9;-~]+", node.name.value):
        context.error("NS307", f"`{node.name.value}` is no name of a header field", node.name.span)
    if why := complaint(node.pattern, ignore_case=node.ignore_case):
        context.error("NS213", f"not a regular expression: {why}", node.span)


def asks(when: c.Condition, kinds: tuple[type, ...]) -> bool:
    """Tell whether a condition holds an atom of one of these kinds."""
    return any(isinstance(atom, kinds) for _, atom in c.literals(when))
