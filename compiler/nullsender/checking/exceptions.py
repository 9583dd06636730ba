"""Exceptions of rules: trusted clients, kept recipients, machines in front, and every `accept` written above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from nullsender import condition as c
from nullsender import policy as p
from nullsender.checking.conditions import Senders, asks
from nullsender.policy import Stage

_SKIPPED_BY_UPSTREAM = (c.ClientIn, c.ClientListed, c.ClientNameless, c.HeloIn, c.SpfIs, c.DmarcIs)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule before the exceptions of others reach it."""

    rule: p.Rule
    accepts: bool
    senders: Senders


def with_exceptions(at: int, drafts: list[Draft], deployments: tuple[str, ...], *, upstream: bool) -> Iterator[p.Rule]:
    """Yield a rule with its usual exceptions and each earlier `accept`, once for each group of deployments."""
    draft = drafts[at]
    if draft.accepts:
        return
    earlier = [d.rule for d in drafts[:at] if d.accepts and not d.rule.report_only and d.rule.stage <= draft.rule.stage]
    for names, accepted in _by_deployment(draft.rule, earlier, deployments):
        unless = (*draft.rule.unless, *_usual(draft), *(_accepted(rule, upstream=upstream) for rule in accepted))
        rule = replace(draft.rule, on=names, unless=unless)
        incoming = draft.senders is not Senders.OUTGOING
        yield from _for_upstream(rule) if upstream and incoming else (rule,)


def _usual(draft: Draft) -> Iterator[c.Condition]:
    if draft.senders is Senders.OUTGOING:
        return
    yield c.Trusted()
    if not asks(draft.rule.when, (c.RecipientsOver,)):
        yield c.Kept()


def _accepted(rule: p.Rule, *, upstream: bool) -> c.Condition:
    skipped = (c.Not(c.Upstream()),) if upstream and _is_of_clients(rule) else ()
    return c.both(*skipped, rule.when, *(c.Not(exception) for exception in rule.unless))


def _by_deployment(
    rule: p.Rule, accepts: list[p.Rule], deployments: tuple[str, ...]
) -> Iterable[tuple[tuple[str, ...], list[p.Rule]]]:
    if not any(accept.on for accept in accepts):
        return [(rule.on, accepts)]
    groups: dict[tuple[int, ...], list[str]] = {}
    for name in rule.on or deployments:
        key = tuple(i for i, accept in enumerate(accepts) if not accept.on or name in accept.on)
        groups.setdefault(key, []).append(name)
    return [(tuple(names), [accepts[i] for i in key]) for key, names in groups.items()]


def _for_upstream(rule: p.Rule) -> Iterator[p.Rule]:
    """Yield the rule as it is for machines of ours in front: skipped, or quarantine where they would have to bounce."""
    would_bounce = rule.stage > Stage.RCPT and isinstance(rule.action, p.Reject | p.Discard)
    if _is_of_clients(rule):
        yield replace(rule, unless=(*rule.unless, c.Upstream()))
    elif would_bounce and not rule.report_only:
        yield replace(rule, unless=(*rule.unless, c.Upstream()))
        yield replace(rule, action=p.Quarantine(), when=c.both(c.Upstream(), rule.when))
    else:
        yield rule


def _is_of_clients(rule: p.Rule) -> bool:
    """Tell whether the rule judges the machine that connects, which for these is one of ours."""
    counted = rule.limit is not None and rule.limit.per == "client"
    return counted or isinstance(rule.action, p.Greylist) or asks(rule.when, _SKIPPED_BY_UPSTREAM)
