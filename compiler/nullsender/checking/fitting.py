"""What does not fit together within one rule: each check is a function, and a row of `CHECKS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nullsender import condition as c
from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.conditions import Senders, asks
from nullsender.checking.context import Context
from nullsender.checking.ids import RuleLike
from nullsender.checking.modifiers import Modifiers
from nullsender.order import MOST_TERMS
from nullsender.policy import Stage
from nullsender.source import Span

BACKSCATTERER = "ips.backscatterer.org"
OF_SENDERS = (c.SenderIn, c.SenderPostmaster, c.SpfIs, c.DmarcIs)
_REFUSING = (p.Reject, p.Defer, p.Greylist)
_BY_DNS = (c.ClientListed, c.SpfIs, c.DmarcIs)
LONGEST_ID = 100  # characters; the id stands in replies, whose lines have 512 octets (RFC 5321 §4.5.3.1.5)


@dataclass(frozen=True, slots=True)
class Case:
    """A rule beside the statement it was made of; `action` is None for `accept`."""

    statement: RuleLike
    rule: p.Rule
    action: p.Action | None
    senders: Senders
    narrowings: tuple[s.Narrowing, ...]
    modifiers: Modifiers

    @property
    def subject(self) -> Span:
        return self.statement.zone.span if isinstance(self.statement, s.UseDnsbl) else self.statement.subject.span


def check_fit(case: Case, context: Context) -> None:
    """Say all that does not fit."""
    for check in CHECKS:
        check(case, context)


# --- whom the rule speaks of ------------------------------------------------------------------------------------------
def _says_of_whom(case: Case, context: Context) -> None:
    """Hold the null-sender type rule: who speaks of senders says whether the null sender is meant."""
    if case.senders is Senders.BOTH and asks(case.rule.when, OF_SENDERS):
        context.error(
            "NS301",
            "a condition on the sender, SPF or DMARC must say whether it speaks of bounces",
            case.subject,
            note=f"`{case.subject.text}` is both ordinary mail and bounces; the null sender has no address",
            help="write `ordinary mail` for senders with an address, or `bounces` for the null sender",
        )


def _bounces_have_no_sender(case: Case, context: Context) -> None:
    if isinstance(case.statement, s.UseDnsbl) or case.senders is not Senders.NULL:
        return
    wanted = any(sign is c.Sign.IS and isinstance(atom, c.SenderIn) for sign, atom in c.literals(case.rule.when))
    if wanted or any(isinstance(n, s.FromSet) for n in case.narrowings):
        context.error("NS314", "bounces come from the null sender, which is in no set", case.statement.span)


def _incoming_mail_has_no_login(case: Case, context: Context) -> None:
    if case.senders is not Senders.OUTGOING and asks(case.rule.when, (c.Authenticated,)):
        context.error(
            "NS313",
            "rules are about incoming mail: whoever has logged in is exempt from them",
            case.statement.span,
            help="write the rule on `outgoing mail`",
        )


# --- whether the recipient exists -------------------------------------------------------------------------------------
def _existence_refuses(case: Case, context: Context) -> None:
    if case.rule.existence and (not isinstance(case.action, p.Reject | p.Defer) or case.rule.report_only):
        context.error(
            "NS312",
            "nonexistent recipients can only be rejected or deferred",
            case.statement.span,
            note="mail for nobody that is accepted has to be bounced, and that is backscatter",
            help="write `defer nonexistent recipients` to try out a new list",
        )


def _existence_comes_first(case: Case, context: Context) -> None:
    if not case.rule.existence or not isinstance(case.action, p.Reject | p.Defer):
        return
    if case.rule.stage is not Stage.RCPT:
        context.error("NS302", "whether a recipient exists is decided at rcpt", case.statement.span)
    elif asks(case.rule.when, _BY_DNS):
        context.error(
            "NS312",
            "whether a recipient exists is decided before anything is looked up in the DNS",
            case.statement.span,
        )


def _existence_knows_no_exception(case: Case, context: Context) -> None:
    if case.rule.existence and case.modifiers.unless:
        context.error(
            "NS312",
            "no exception lets a nonexistent recipient pass",
            case.modifiers.unless[0].span,
            help="narrow the rule with `to` or `when`; what it leaves over is rejected all the same",
        )


# --- what the action needs --------------------------------------------------------------------------------------------
def _discard_says_why(case: Case, context: Context) -> None:
    if isinstance(case.action, p.Discard) and not case.modifiers.because:
        context.error(
            "NS304",
            "`discard` drops mail that somebody may wait for: say why",
            case.statement.span,
            help='add `because "…"`, or write `quarantine`',
        )


def _backscatterer_is_for_bounces(case: Case, context: Context) -> None:
    if isinstance(case.action, (*_REFUSING, p.Discard)) and not case.modifiers.because and _meets_everybody(case.rule):
        use = case.statement
        context.error(
            "NS305",
            f"`{BACKSCATTERER}` lists hosts that send backscatter, ordinary mail servers among them",
            use.mode.span if isinstance(use, s.UseDnsbl) else case.statement.span,
            help=f'write `use dnsbl {BACKSCATTERER} in safe mode`, or add `because "…"`',
        )


def _meets_everybody(rule: p.Rule) -> bool:
    """Tell whether the list may decide of a sender that is neither null nor postmaster."""
    if c.count_disjuncts(rule.when) > MOST_TERMS:
        return False
    for term in c.disjuncts(rule.when):
        atoms = [atom for sign, atom in term if sign is c.Sign.IS]
        listed = any(isinstance(atom, c.ClientListed) and atom.zone.domain == BACKSCATTERER for atom in atoms)
        if listed and not any(isinstance(atom, c.SenderNull | c.SenderPostmaster) for atom in atoms):
            return True
    return False


def _greylist_has_a_time(case: Case, context: Context) -> None:
    time = case.modifiers.time
    if time and not isinstance(case.action, p.Greylist):
        context.error("NS306", "`for` belongs to `greylist`", time.span)
    elif isinstance(case.action, p.Greylist) and (time is None or time.seconds == 0):
        span = time.span if time else case.statement.span
        context.error("NS306", "`greylist` needs to know for how long", span, help="add `for 5m`")


def _greylist_is_of_first_tries(case: Case, context: Context) -> None:
    if not isinstance(case.action, p.Greylist) or case.rule.existence:
        return
    if case.senders in (Senders.NULL, Senders.OUTGOING):
        context.error(
            "NS321",
            f"`greylist` is for mail from outside that is no bounce, not for `{case.senders.value}`",
            case.subject,
            help="write `greylist ordinary mail`",
        )
    elif case.rule.stage is not Stage.RCPT:
        context.error(
            "NS321",
            f"`greylist` decides at rcpt; this is known at {case.rule.stage.word}",
            case.statement.span,
            note="it knows a client, a sender and a recipient",
        )


def _replies_refuse(case: Case, context: Context) -> None:
    if case.modifiers.reply and not isinstance(case.action, _REFUSING):
        context.error("NS303", "only what refuses has a reply", case.modifiers.reply.span)


def _deferring_ends(case: Case, context: Context) -> None:
    rule, ends_by_itself = case.rule, asks(case.rule.when, (c.RecipientFull,))
    endless = isinstance(case.action, p.Defer) and not rule.limit and case.modifiers.until is None
    if endless and not rule.existence and not ends_by_itself:
        context.warn(
            "NS316",
            "deferred mail is tried again for days and bounced by its sender in the end",
            case.statement.span,
            help="add `until DATE`, or `reject` it",
        )


def _points_make_sense(case: Case, context: Context) -> None:
    if isinstance(case.action, p.Score) and (case.action.points == 0 or abs(case.action.points) > context.most_points):
        points = case.statement.points if isinstance(case.statement, s.UseDnsbl) else None
        if isinstance(case.statement, s.RuleStatement):
            points = case.statement.action.points
        context.error(
            "NS323",
            f"a score of {case.action.points:g} points",
            points.span if points else case.statement.span,
            help=f"points are more or less than 0, and at most {context.most_points}",
        )


# --- limits -----------------------------------------------------------------------------------------------------------
def _limit_counts(case: Case, context: Context) -> None:
    statement, limit = case.statement, case.rule.limit
    if limit is None or not isinstance(statement, s.LimitStatement):
        return
    if limit.count < 1 or limit.seconds < 1:
        span = statement.count.span if limit.count < 1 else statement.period.span
        context.error("NS320", "a limit of nothing", span, help="write `reject` or `defer` to let nothing pass")
    if case.rule.existence or asks(case.rule.when, (c.RecipientFull,)):
        context.error("NS320", "a limit counts mail that is not refused", statement.subject.span)
    if case.modifiers.stage and case.rule.stage is not Stage.CONTENT:
        context.error("NS302", "a limit counts whole messages: it decides at content", case.modifiers.stage.span)
    if (wrong := _WRONG_COUNTERS.get((limit.per, case.senders))) is not None:
        context.error("NS320", wrong, statement.counter.span)


_NO_LOGIN = "`per login` counts what is sent by those who logged in: write it on `outgoing mail`"
_NO_ADDRESS = "the null sender is one for all bounces: count them per recipient or client"
_WRONG_COUNTERS: dict[tuple[str, Senders], str] = {
    **{("login", senders): _NO_LOGIN for senders in Senders if senders is not Senders.OUTGOING},
    ("sender", Senders.NULL): _NO_ADDRESS,
    ("sender", Senders.BOTH): f"{_NO_ADDRESS}; write `limit ordinary mail` for senders with an address",
}


# --- the form of the statement ----------------------------------------------------------------------------------------
def _narrowings_stand_once(case: Case, context: Context) -> None:
    seen: dict[object, Span] = {}
    for narrowing in case.narrowings:
        key = (type(narrowing), narrowing.what.text) if isinstance(narrowing, s.Failing) else type(narrowing)
        if key in seen:
            context.twice("NS310", f"`{narrowing.span.text}`: this narrows twice", narrowing.span, seen[key])
        seen.setdefault(key, narrowing.span)


def _id_is_short(case: Case, context: Context) -> None:
    if len(case.rule.id) > LONGEST_ID:
        span = case.modifiers.name.span if case.modifiers.name else case.statement.span
        context.error(
            "NS325",
            f"the rule's id has {len(case.rule.id)} characters and stands in each of its replies",
            span,
            help="name it: `as SHORT-NAME`; or put the members into a set",
        )


CHECKS: tuple[Callable[[Case, Context], None], ...] = (
    _says_of_whom,
    _bounces_have_no_sender,
    _incoming_mail_has_no_login,
    _existence_refuses,
    _existence_comes_first,
    _existence_knows_no_exception,
    _discard_says_why,
    _backscatterer_is_for_bounces,
    _greylist_has_a_time,
    _greylist_is_of_first_tries,
    _replies_refuse,
    _deferring_ends,
    _points_make_sense,
    _limit_counts,
    _narrowings_stand_once,
    _id_is_short,
)
