"""Rules: from statements to decisions, with their stages, replies and ids; relaying and existence come first."""

from __future__ import annotations

from nullsender import condition as c
from nullsender import policy as p
from nullsender import syntax as s
from nullsender import wording
from nullsender.checking.conditions import Senders, Subject, asks, condition, narrowing, subject, zone
from nullsender.checking.context import Context
from nullsender.checking.exceptions import Draft, with_exceptions
from nullsender.checking.fitting import OF_SENDERS, Case, check_fit
from nullsender.checking.headers import field, is_structural
from nullsender.checking.ids import RELAYING, Ids, RuleLike, rule_statements
from nullsender.checking.modifiers import Modifiers, read_modifiers
from nullsender.checking.replies import reply_of
from nullsender.features import ATOMS, EARLIEST, known_at
from nullsender.policy import Stage
from nullsender.source import Span


def rules(context: Context, *, upstream: bool) -> tuple[p.Rule, ...]:
    """Return relaying, existence, and the rest in the order written."""
    ids = Ids(context)
    drafts = [draft for statement in rule_statements(context) if (draft := _draft(statement, context, ids))]
    existence = [d.rule for d in drafts if d.rule.existence]
    if not any(isinstance(rule.when, c.RecipientUnknown) and not rule.unless and not rule.on for rule in existence):
        existence.append(_implied_existence(context, ids))
    ordinary = [d for d in drafts if not d.rule.existence]
    context.rule_ids.update(ids.given)
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
    existence = isinstance(about.condition, c.RecipientUnknown)
    action = _action(statement, rule_id, modifiers, context)
    whole = _dns_last(c.both(*when, *_others_than_null(about, c.both(*when), action)))
    limit = _limit(statement)
    stage = _stage(about, whole, unless, action, limit, modifiers, context)
    if asks(whole, (c.BatvIs,)):
        whole, unless = c.both(whole, *_signed(context)), (*unless, *(_UNTAGGED if stage is Stage.CONTENT else ()))
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
    check_fit(Case(statement, rule, action, about.senders, narrowings, modifiers), context)
    return Draft(rule, action is None, about.senders) if modifiers.applies else None


def _others_than_null(about: Subject, when: c.Condition, action: p.Action | None) -> tuple[c.Condition, ...]:
    """Return what keeps the null sender out where the language says that it is never meant."""
    of_senders = about.senders is Senders.OUTGOING and asks(when, OF_SENDERS)
    greylisted = isinstance(action, p.Greylist) and about.senders is Senders.BOTH
    return (c.Not(c.SenderNull()),) if of_senders or greylisted else ()


# Null-sender mail that goes to an address as its owner wrote it, and so can have no tag: receipts (RFC 8098 §2.1) and
# answers of programs (RFC 3834 §4). A report of delivery is no answer, though some servers mark it as one.
_UNTAGGED = (
    c.ReportIs("disposition-notification"),
    c.AllOf(
        (
            c.HeaderMatches("Auto-Submitted", r"^\s*auto-replied\b", True),
            c.Not(c.ReportIs("delivery-status")),
        )
    ),
)


def _signed(context: Context) -> tuple[c.Condition, ...]:
    """Return the condition that tags are looked for: only recipients whose mail is signed have any."""
    members = tuple(member for statement in context.of_kind(s.SignMail) for member in statement.members)
    return (context.membership(c.RecipientIn, members, "signed"),) if members else ()


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
    found = field(header.value)
    if found is None:
        context.error(
            "NS307",
            "a tag is a header field: `Name: text` in printable ASCII",
            header.span,
            help='write `tag "X-Bounce: forged"` or the like',
        )
        return p.Tag("X-Nullsender", rule_id)
    if is_structural(found[0]):
        context.error("NS307", f"`{found[0]}` belongs to the message itself", header.span, help="choose an `X-` name")
    return p.Tag(*found)


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
        if stage is Stage.RCPT and (asks(when, (c.BatvIs,)) or _who_gets_bounces(about, when, action)):
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
    return max(stage, Stage.DATA) if _who_gets_bounces(about, when, action) else stage


def _who_gets_bounces(about: Subject, when: c.Condition, action: p.Action | None) -> bool:
    """Tell whether the rule keeps bounces from some recipients; `accept` keeps nothing from anybody."""
    chosen = any(sign is c.Sign.IS and isinstance(atom, c.RecipientIn) for sign, atom in c.literals(when))
    return about.senders is Senders.NULL and chosen and action is not None


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
        span=_where_served(context),
        words=RELAYING,
        relaying=True,
    )


def _where_served(context: Context) -> Span:
    """Return the place that rules nobody wrote come from: whose recipients are served."""
    return next((statement.span for statement in context.of_kind(s.Recipients)), context.resolved.span)


def _implied_existence(context: Context, ids: Ids) -> p.Rule:
    words = "reject nonexistent recipients"
    return p.Rule(
        id=ids.take(words, None),
        action=p.Reject(),
        when=c.RecipientUnknown(),
        unless=(),
        stage=Stage.RCPT,
        reply=p.Reply(550, "5.1.1"),
        span=_where_served(context),
        words=words,
        existence=True,
    )
