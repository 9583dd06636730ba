"""Ask a service of ours what smtpd has forgotten: who tried before, how often, and the recipients of this message.

It keeps that in a database of SQLite. While it cannot be read or written, what depends on it is deferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from nullsender import condition as c
from nullsender import policy as p
from nullsender.features import full_condition
from nullsender.plan import Site
from nullsender.source import Source, Span
from nullsender.verdict import SPLIT, SPLIT_REPLY, SPLIT_TEXT
from nullsender_targets.postfix import ir, services
from nullsender_targets.postfix.draft import Draft

FOLDER = "/var/lib/nullsender"  # of the service alone
MEMORY = f"{FOLDER}/memory"
SECONDS = 5  # that the database may take
SERVICE = services.service("memory", "daemon:postdrop", "/bin/bash")  # whose group may write Postfix's log
NOTED = (c.RecipientIn, c.Kept, c.RecipientsOver)  # what can be asked of recipients at the end of the data
_NOTHING = "DUNNO"
_NOWHERE = Span(Source("", ""), 0, 0)


class Does(Enum):
    """What a rule does that nobody wrote."""

    SPLIT = "split mail"
    NOTE = "write the recipient down"
    COUNT = "count the message"


@dataclass(frozen=True, slots=True)
class Unwritten(p.Rule):
    """A rule that nobody wrote: it stands where it has to among the others."""

    does: Does = Does.SPLIT


def splitting(site: Site) -> Iterator[Unwritten]:
    """Yield what defers a recipient of another class than the first accepted one's, where mail is split."""
    if site.split:
        reply = replace(SPLIT_REPLY, text=SPLIT_TEXT)
        by_strangers = c.Not(c.SenderNull())
        yield _unwritten(SPLIT, by_strangers, (c.Trusted(),), p.Stage.RCPT, reply, Does.SPLIT)


def noting(at_end: Iterable[p.Rule]) -> Iterator[Unwritten]:
    """Yield what writes an accepted recipient down, where a rule asks for that at the end of the data."""
    asking = [
        rule for rule in at_end if (rule.limit and rule.limit.per in ("recipient", "domain")) or any(_asked(rule))
    ]
    if asking:
        optional = all(rule.report_only for rule in asking)
        reply = p.Reply(451, "4.3.0")
        yield _unwritten("limits", c.AllOf(()), (), p.Stage.RCPT, reply, Does.NOTE, report_only=optional)


def counting(at_end: Iterable[p.Rule]) -> Iterator[Unwritten]:
    """Yield what writes the message down for the limits that it met, where there are any."""
    limits = [rule for rule in at_end if rule.limit and rule.limit.per != "login"]
    if limits:
        optional = all(rule.report_only for rule in limits)
        reply = p.Reply(451, "4.7.1", "too many messages at once, try again later")
        yield _unwritten("limits", c.AllOf(()), (), p.Stage.CONTENT, reply, Does.COUNT, report_only=optional)


def noted(at_end: Iterable[p.Rule]) -> tuple[c.Atom, ...]:
    """Return what is to be written down of each recipient: whether these are true of him."""
    atoms = (atom for rule in at_end for atom in _asked(rule))
    return tuple(dict.fromkeys(atom for atom in atoms if not isinstance(atom, c.RecipientsOver)))


def ids_of(*rules: p.Rule) -> tuple[str, ...]:
    """Return the ids of rules that somebody wrote."""
    return tuple(rule.id for rule in rules if not isinstance(rule, Unwritten))


def failed(rule: p.Rule) -> ir.Outcome:
    """Return what becomes of a rule whose question has no answer: where it only reports, nothing."""
    if rule.report_only:
        return ir.Dunno()
    return ir.Refuse(451, "4.3.0", "cannot look up what was here before, try again later", rule.id)


# --- questions --------------------------------------------------------------------------------------------------------
Leads = Callable[[ir.Outcome], str]


@dataclass(frozen=True, slots=True)
class Ways:
    """What a question leads to: where the answer is yes, where it is no, and where there is none."""

    yes: ir.Outcome
    no: ir.Outcome
    failed: ir.Outcome


def ask(question: str, value: str, ways: Ways, leads: Leads, draft: Draft) -> ir.AskPolicy:
    """Return a question to the service; `leads` gives the class that leads to an outcome."""
    draft.remembers = True
    outcomes = (ways.yes, ways.no, ways.failed)
    classes = (_NOTHING if isinstance(one, ir.Dunno) else leads(one) for one in outcomes)
    return services.asking(SERVICE, ":".join((question, value, *classes)), SECONDS, ways.failed)


def of_all(atom: c.Atom, ways: Ways, leads: Leads, draft: Draft) -> ir.AskPolicy:
    """Return the question whether something is true of every accepted recipient, or of how many they are."""
    if isinstance(atom, c.RecipientsOver):
        return ask("more", str(atom.count), ways, leads, draft)
    question = "kept" if isinstance(atom, c.Kept) else "in"
    return ask(question, str(draft.noted.index(atom) + 1), ways, leads, draft)


def _asked(rule: p.Rule) -> Iterator[c.Atom]:
    return (atom for _, atom in c.literals(full_condition(rule)) if isinstance(atom, NOTED))


def _unwritten(
    id_: str,
    when: c.Condition,
    unless: tuple[c.Condition, ...],
    stage: p.Stage,
    reply: p.Reply,
    does: Does,
    *,
    report_only: bool = False,
) -> Unwritten:
    return Unwritten(
        id_, p.Defer(), when, unless, stage, reply, _NOWHERE, does.value, report_only=report_only, does=does
    )
