"""What modifies a rule: each at most once, but for conditions and reasons to leave it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nullsender import syntax as s
from nullsender.checking.context import Context

_SEVERAL = (s.When, s.Except, s.AtSmtpTime)
_SPELLED: dict[type[s.Modifier], str] = {
    s.WithReply: "with",
    s.At: "at",
    s.On: "on",
    s.ReportOnly: "report only",
    s.FromDate: "from",
    s.UntilDate: "until",
    s.ForTime: "for",
    s.Because: "because",
    s.Named: "as",
    s.Approximate: "allow approximate",
}


@dataclass(frozen=True, slots=True)
class Modifiers:
    """The modifiers of one rule by kind; `applies` is False on days that `from` and `until` leave out."""

    when: tuple[s.When, ...]
    unless: tuple[s.Except, ...]
    reply: s.WithReply | None
    stage: s.Word | None
    on: tuple[str, ...]
    report_only: s.ReportOnly | None
    until: date | None
    applies: bool
    time: s.Duration | None
    because: str | None
    name: s.Word | None
    approximate: bool


def read_modifiers(modifiers: tuple[s.Modifier, ...], context: Context) -> Modifiers:
    """Return the modifiers by kind, and say which stand twice or contradict each other."""
    once: dict[type[s.Modifier], s.Modifier] = {}
    for modifier in modifiers:
        kind = type(modifier)
        if kind in _SEVERAL:
            continue
        if kind in once:
            context.twice("NS310", f"`{_SPELLED[kind]}` stands twice", modifier.span, once[kind].span)
        once.setdefault(kind, modifier)
    on = once.get(s.On)
    names = context.on(on.deployments) if isinstance(on, s.On) else ()
    first, last = _days(once, context)
    at, time, because, name = (once.get(kind) for kind in (s.At, s.ForTime, s.Because, s.Named))
    reply, report_only = once.get(s.WithReply), once.get(s.ReportOnly)
    return Modifiers(
        when=tuple(m for m in modifiers if isinstance(m, s.When)),
        unless=tuple(m for m in modifiers if isinstance(m, s.Except)),
        reply=reply if isinstance(reply, s.WithReply) else None,
        stage=at.stage if isinstance(at, s.At) else None,
        on=names,
        report_only=report_only if isinstance(report_only, s.ReportOnly) else None,
        until=last,
        applies=context.applies(first, last) and not (isinstance(on, s.On) and not names),
        time=time.time if isinstance(time, s.ForTime) else None,
        because=because.reason.value if isinstance(because, s.Because) else None,
        name=name.name if isinstance(name, s.Named) else None,
        approximate=s.Approximate in once,
    )


def _days(once: dict[type[s.Modifier], s.Modifier], context: Context) -> tuple[date | None, date | None]:
    start, end = once.get(s.FromDate), once.get(s.UntilDate)
    first = context.day(start.date) if isinstance(start, s.FromDate) else None
    last = context.day(end.date) if isinstance(end, s.UntilDate) else None
    if first and last and first > last and end:
        context.error("NS308", f"`until {last}` lies before `from {first}`", end.span)
    elif last and last < context.on_date and end:
        context.warn("NS319", f"the rule ended on {last}", end.span, help="take it away, or give it a new date")
    return first, last
