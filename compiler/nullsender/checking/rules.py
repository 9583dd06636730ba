"""Rules: from statements to decisions, with their stages, replies and ids; relaying and existence come first."""

from __future__ import annotations

import re

from nullsender import condition as c
from nullsender import policy as p
from nullsender import syntax as s
from nullsender import wording
from nullsender.checking.conditions import Senders, Subject, asks, condition, narrowing, subject, zone
from nullsender.checking.context import Context
from nullsender.checking.exceptions import Draft, with_exceptions
from nullsender.checking.ids import RELAYING, Ids, RuleLike, rule_statements
from nullsender.checking.modifiers import Modifiers, read_modifiers
from nullsender.checking.replies import reply_of
from nullsender.features import ATOMS, EARLIEST, known_at
from nullsender.policy import Stage

BACKSCATTERER = "ips.backscatterer.org"
_OF_SENDERS = (c.SenderIn, c.SenderPostmaster, c.SpfIs, c.DmarcIs)
_HEADER = re.compile(r"([!-9;-~]+): ?([ -~]*)")
_ORIGINATOR = ("bcc", "cc", "date", "from", "message-id", "reply-to", "sender", "subject", "to")
_STRUCTURAL = frozenset((*_ORIGINATOR, "content-type", "mime-version", "received", "return-path"))


def rules(context: Context, *, upstream: bool) -> tuple[p.Rule, ...]:
    """Return relaying, existence, and the rest in the order written."""
    ids = Ids(context)
    drafts = [draft for statement in rule_statements(context) if (draft := _draft(statement, context, ids))]
    existence = [d.rule for d in drafts if d.rule.existence]
    if not any(isinstance(rule.when, c.RecipientUnknown) and not rule.unless and not rule.on for rule in existence):
        existence.append(_implied_existence(context, ids))
    ordinary = [d for d in drafts if not d.rule.existence]
    written = [
        rule
        for i in range(len(ordinary))
        for rule in with_exceptions(i, ordinary, context.deployments, upstream=upstream)
    ]
    return (_relaying(context), *existence, *written)


def _draft(statement: RuleLike, context: Context, ids: Ids) -> Draft | None:
    modifiers = read_modifiers(statement.modifiers, context)
    words = _words(statement)
    rule_id = ids.take(words, modifiers.name)
    about, narrowings = _about(statement, context, rule_id)
    when = [about.condition, *(narrowing(n, context, rule_id) for n in narrowings)]
    when += [condition(m.condition, context, rule_id) for m in modifiers.when]
    unless = tuple(condition(m.condition, context, rule_id) for m in modifiers.unless)
    whole = _dns_last(c.both(*when))
    if about.senders is Senders.OUTGOING and asks(whole, _OF_SENDERS):
        whole = c.both(whole, c.Not(c.SenderNull()))
    _check_senders(about.senders, whole, statement, narrowings, context)
    existence = isinstance(about.condition, c.RecipientUnknown)
    action = _action(statement, rule_id, modifiers, context)
    limit = _limit(statement)
    stage = _stage(about, whole, unless, action, limit, modifiers, context)
    rule = p.Rule(
        id=rule_id,
        action=action or p.Reject(),
        when=whole,
        unless=unless,
        stage=stage,
        reply=reply_of(action, whole, existence, modifiers.reply, context),
        span=statement.span,
        words=words,
        stage_written=modifiers.stage is not None,
        report_only=modifiers.report_only is not None,
        approximate=modifiers.approximate,
        on=modifiers.on,
        limit=limit,
        because=modifiers.because,
        existence=existence,
    )
    _check_fit(statement, rule, action, modifiers, context)
    return Draft(rule, action is None, about.senders) if modifiers.applies else None


# --- the words of a statement -----------------------------------------------------------------------------------------
def _words(statement: RuleLike) -> str:
    match statement:
        case s.RuleStatement():
            return wording.of_rule(statement)
        case s.UseDnsbl():
            return wording.of_dnsbl(statement)
        case s.LimitStatement():
            return wording.of_limit(statement)


def _about(statement: RuleLike, context: Context, rule_id: str) -> tuple[Subject, tuple[s.Narrowing, ...]]:
    if isinstance(statement, s.UseDnsbl):
        listed = c.ClientListed(zone(statement.zone, context))
        if statement.mode.text != "safe":
            return Subject(Senders.BOTH, listed), ()
        return Subject(Senders.NULL, c.AllOf((c.AnyOf((c.SenderNull(), c.SenderPostmaster())), listed))), ()
    return subject(statement.subject, context, rule_id), statement.narrowings


def _action(statement: RuleLike, rule_id: str, modifiers: Modifiers, context: Context) -> p.Action | None:
    """Return the action, None for `accept`."""
    match statement:
        case s.LimitStatement():
            return p.Defer()
        case s.UseDnsbl(mode=mode, points=points):
            word, header = mode.text, None
            word = {"safe": "reject", "scoring": "score"}.get(word, word)
        case s.RuleStatement(action=s.Action(word=word_, header=header, points=points)):
            word = word_.text
    match word:
        case "tag":
            return _tag(header, rule_id, context)
        case "score":
            return p.Score(float(points.value) if points else 0.0)
        case "greylist":
            return p.Greylist(modifiers.time.seconds if modifiers.time else 300)
        case "accept":
            return None
        case _:
            return _PLAIN[word]


_PLAIN: dict[str, p.Action] = {
    "reject": p.Reject(),
    "defer": p.Defer(),
    "quarantine": p.Quarantine(),
    "discard": p.Discard(),
}


def _tag(header: s.Text | None, rule_id: str, context: Context) -> p.Tag:
    if header is None:
        return p.Tag("X-Nullsender", rule_id)
    found = _HEADER.fullmatch(header.value)
    if found is None or len(header.value) > 900:
        context.error(
            "NS307",
            "a tag is a header field: `Name: text` in printable ASCII",
            header.span,
            help='write `tag "X-Bounce: forged"` or the like',
        )
        return p.Tag("X-Nullsender", rule_id)
    if found[1].lower() in _STRUCTURAL:
        context.error("NS307", f"`{found[1]}` belongs to the message itself", header.span, help="choose an `X-` name")
    return p.Tag(found[1], found[2].strip())


def _limit(statement: RuleLike) -> p.Limit | None:
    if not isinstance(statement, s.LimitStatement):
        return None
    return p.Limit(int(statement.count.value), statement.period.seconds, statement.counter.text)


# --- when it is decided -----------------------------------------------------------------------------------------------
def _stage(
    about: Subject,
    when: c.Condition,
    unless: tuple[c.Condition, ...],
    action: p.Action | None,
    limit: p.Limit | None,
    modifiers: Modifiers,
    context: Context,
) -> Stage:
    conditions = (when, *unless)
    known = max((known_at(x) for x in conditions), default=Stage.RCPT)
    earliest = EARLIEST.get(type(action), Stage.RCPT) if action else Stage.RCPT
    if modifiers.stage is not None:
        stage = Stage[modifiers.stage.text.upper()]
        if stage < max(known, earliest):
            what = "its conditions are known" if known >= earliest else "its action is possible"
            context.error(
                "NS302",
                f"`at {stage.word}` is too early: {what} at {max(known, earliest).word}",
                modifiers.stage.span,
                help=f"write `at {max(known, earliest).word}`, or leave it out",
            )
            return max(known, earliest)
        if stage is Stage.RCPT and _who_gets_bounces(about, when):
            context.warn(
                "NS315",
                "deciding at rcpt refuses other sites' callouts, which never send a message",
                modifiers.stage.span,
                help="leave `at rcpt` out: the rule then decides at data",
            )
        return stage
    defaults = [ATOMS[type(atom)].default for x in conditions for _, atom in c.literals(x)]
    stage = max([earliest, *defaults], default=earliest)
    if limit:
        return Stage.CONTENT
    return max(stage, Stage.DATA) if _who_gets_bounces(about, when) else stage


def _who_gets_bounces(about: Subject, when: c.Condition) -> bool:
    chosen = any(isinstance(atom, c.RecipientIn | c.BatvIs) for sign, atom in c.literals(when))
    return about.senders is Senders.NULL and chosen


# --- what does not fit ------------------------------------------------------------------------------------------------
def _check_senders(
    senders: Senders, when: c.Condition, statement: RuleLike, narrowings: tuple[s.Narrowing, ...], context: Context
) -> None:
    """Hold the null-sender type rule: who speaks of senders says whether the null sender is meant."""
    if senders is Senders.BOTH and asks(when, _OF_SENDERS):
        rest = "" if isinstance(statement, s.UseDnsbl) else statement.subject.span.text
        context.error(
            "NS301",
            "a condition on the sender, SPF or DMARC must say whether it speaks of bounces",
            statement.span if isinstance(statement, s.UseDnsbl) else statement.subject.span,
            note=f"`{rest or 'use dnsbl'}` is both ordinary mail and bounces; the null sender has no address",
            help="write `ordinary mail` for senders with an address, or `bounces` for the null sender",
        )
    if senders is Senders.NULL and any(isinstance(n, s.FromSet) for n in narrowings):
        context.error("NS314", "bounces come from the null sender, which is in no set", statement.span)
    if senders is not Senders.OUTGOING and asks(when, (c.Authenticated,)):
        context.error(
            "NS314",
            "rules are about incoming mail: whoever has logged in is exempt from them",
            statement.span,
            help="write the rule on `outgoing mail`",
        )


def _check_fit(
    statement: RuleLike, rule: p.Rule, action: p.Action | None, modifiers: Modifiers, context: Context
) -> None:
    if rule.existence:
        _check_existence(rule, action, context)
    if isinstance(action, p.Discard) and not modifiers.because:
        context.error(
            "NS304",
            "`discard` drops mail that somebody may wait for: say why",
            statement.span,
            help='add `because "…"`, or write `quarantine`',
        )
    if isinstance(statement, s.UseDnsbl) and _refuses_everybody(statement) and not modifiers.because:
        context.error(
            "NS305",
            f"`{BACKSCATTERER}` lists hosts that send backscatter, ordinary mail servers among them",
            statement.mode.span,
            help='write `in safe mode`, or add `because "…"`',
        )
    if modifiers.time and not isinstance(action, p.Greylist):
        context.error("NS306", "`for` belongs to `greylist`", modifiers.time.span)
    if isinstance(action, p.Greylist) and modifiers.time is None:
        context.error("NS306", "`greylist` needs to know for how long", statement.span, help="add `for 5m`")
    if modifiers.reply and not isinstance(action, p.Reject | p.Defer | p.Greylist):
        context.error("NS303", "only what refuses has a reply", modifiers.reply.span)
    if isinstance(action, p.Defer) and not rule.limit and modifiers.until is None and not rule.existence:
        context.warn(
            "NS316",
            "deferred mail is tried again for days and bounced by its sender in the end",
            statement.span,
            help="add `until DATE`, or `reject` it",
        )


def _refuses_everybody(use: s.UseDnsbl) -> bool:
    return use.mode.text == "reject" and use.zone.domain.text.lower() == BACKSCATTERER


def _check_existence(rule: p.Rule, action: p.Action | None, context: Context) -> None:
    if not isinstance(action, p.Reject | p.Defer) or rule.report_only:
        context.error(
            "NS312",
            "nonexistent recipients can only be rejected or deferred",
            rule.span,
            note="mail for nobody that is accepted has to be bounced, and that is backscatter",
            help="write `defer nonexistent recipients` to try out a new list",
        )
    if rule.stage is not Stage.RCPT:
        context.error("NS302", "whether a recipient exists is decided at rcpt", rule.span)


def _dns_last(condition: c.Condition) -> c.Condition:
    """Put questions to the DNS behind all others of an `and`."""
    if not isinstance(condition, c.AllOf):
        return condition
    return c.AllOf(tuple(sorted(condition.parts, key=lambda part: asks(part, (c.ClientListed,)))))


# --- rules that nobody has to write -----------------------------------------------------------------------------------
def _relaying(context: Context) -> p.Rule:
    return p.Rule(
        id=RELAYING,
        action=p.Reject(),
        when=c.RecipientElsewhere(),
        unless=(c.Trusted(),),
        stage=Stage.RCPT,
        reply=p.Reply(554, "5.7.1"),
        span=context.resolved.span,
        words=RELAYING,
        relaying=True,
    )


def _implied_existence(context: Context, ids: Ids) -> p.Rule:
    words = "reject nonexistent recipients"
    return p.Rule(
        id=ids.take(words, None),
        action=p.Reject(),
        when=c.RecipientUnknown(),
        unless=(),
        stage=Stage.RCPT,
        reply=p.Reply(550, "5.1.1"),
        span=next((r.span for r in context.of_kind(s.Recipients)), context.resolved.span),
        words=words,
        existence=True,
    )
