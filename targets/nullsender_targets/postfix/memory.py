"""Remember what smtpd forgets: first tries, for greylisting, and of which class the recipients of a message are.

A service of ours does it, in a database of SQLite. Where that cannot be read or written, the recipient is deferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nullsender import condition as c
from nullsender import policy as p
from nullsender.plan import Site
from nullsender.source import Source, Span
from nullsender_targets.postfix import ir, services, sets
from nullsender_targets.postfix.draft import Purpose
from nullsender_targets.postfix.questions import Place, class_of

FOLDER = "/var/lib/nullsender"  # of the service alone
MEMORY = f"{FOLDER}/memory"
KNOWN_SECONDS = 36 * 86_400  # so long a sender is known after the last time that he passed
SECONDS = 5  # that the database may take
SERVICE = services.service("memory", "daemon:postdrop", "/bin/bash")  # whose group may write Postfix's log
MOST_SETS = 6  # each doubles the classes of recipients
_ID = "split-mail"
_NOWHERE = Span(Source("", ""), 0, 0)


@dataclass(frozen=True, slots=True)
class Splitting(p.Rule):
    """What `split mail` comes to: the last rule at RCPT, which nobody wrote."""


def splitting(site: Site) -> Iterator[Splitting]:
    """Yield what defers a recipient of another class than the first accepted one's, where mail is split."""
    if site.split:
        reply = p.Reply(452, "4.5.3", "send this recipient a message of its own")
        by_strangers = c.Not(c.SenderNull())
        span = site.split[0].span or _NOWHERE
        yield Splitting(_ID, p.Defer(), by_strangers, (c.Trusted(),), p.Stage.RCPT, reply, span, "split mail")


def ids_of(*rules: p.Rule) -> tuple[str, ...]:
    """Return the ids of rules that somebody wrote."""
    return tuple(rule.id for rule in rules if not isinstance(rule, Splitting))


def first_try(seconds: int, then: ir.Outcome, failed: ir.Outcome, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what leads to `then` until so long after the first try, and to `failed` where that cannot be told."""
    return _asked("first", str(seconds), then, failed, purpose, place)


def by_class(then: ir.Outcome, failed: ir.Outcome, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what leads to `then` where the recipient is of another class than the message's first one."""
    split = place.site.split
    if len(split) > MOST_SETS:
        text = f"Postfix tells recipients of {MOST_SETS} sets apart, not of {len(split)}"
        place.draft.error("NS509", text, split[MOST_SETS].span, "join sets whose recipients may share a message")
        return ir.Dunno()
    then, failed = (ir.Enter(class_of(outcome, purpose, place)) for outcome in (then, failed))

    def among(left: tuple[c.Entries, ...], key: str) -> ir.Outcome:
        if not left:
            return _asked("class", key, then, failed, purpose, place)
        first, *rest = left
        leads = among(tuple(rest), f"{key}y"), among(tuple(rest), f"{key}n")
        members = sets.addresses(first, place.draft)
        asked = sets.question(ir.Subject.RECIPIENT, members, leads, purpose, place.draft)
        return ir.Enter(place.draft.restriction_class((asked,), purpose))

    return among(split, "")


def _asked(
    question: str, value: str, then: ir.Outcome, failed: ir.Outcome, purpose: Purpose, place: Place
) -> ir.Outcome:
    place.draft.remembers = True
    leads = ("DUNNO" if isinstance(one, ir.Dunno) else class_of(one, purpose, place) for one in (then, failed))
    context = ":".join((question, value, *leads))
    return ir.Enter(place.draft.restriction_class((services.asking(SERVICE, context, SECONDS, failed),), purpose))
