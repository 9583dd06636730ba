"""Lower a part: what is known at RCPT and DATA is worked out of each rule, the rest becomes restrictions.

smtpd evaluates, at each RCPT, smtpd_relay_restrictions and smtpd_recipient_restrictions, and at DATA
smtpd_data_restrictions. Two things it cannot ask in a list, so the list is made once for either answer: whether the
client has not logged in (who has goes through a class that ends the list), and at DATA how many recipients there are
(an access table on the recipient is skipped unless there is just one).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nullsender import condition as c
from nullsender.diagnostic import Diagnostic, Severity
from nullsender.excuses import words_of
from nullsender.features import full_condition
from nullsender.names import LiveFile
from nullsender.plan import Part
from nullsender.policy import Defer, NdrTo, Reject, Rule, SendNdrs, Stage
from nullsender_targets.postfix import (
    callouts,
    detours,
    directories,
    forwarding,
    ir,
    memory,
    quota,
    recipients,
    sets,
    settings,
    tags,
)
from nullsender_targets.postfix.draft import Draft, Purpose
from nullsender_targets.postfix.gates import block, job
from nullsender_targets.postfix.loopback import Port
from nullsender_targets.postfix.partial import Known, UnanswerableError, specialise
from nullsender_targets.postfix.questions import Place

RCPT_LIST, DATA_LIST, RELAY_LIST = "recipient_restrictions", "data_restrictions", "relay_restrictions"
END_LIST = "end_of_data_restrictions"


def lower(part: Part) -> tuple[ir.Configuration, tuple[Diagnostic, ...]]:
    """Return the configuration of a part, and what Postfix cannot do of it."""
    draft = Draft(part.site.delimiters)
    rules = tuple(step.rule for step in part.steps if not step.rule.relaying)
    at_rcpt = tuple(step.rule for step in part.steps if step.stage is Stage.RCPT and not step.rule.relaying)
    at_data = tuple(step.rule for step in part.steps if step.stage is Stage.DATA)
    at_end = tuple(step.rule for step in part.steps if step.stage is Stage.CONTENT)
    draft.noted = memory.noted(at_end)
    lists = (
        _parameter(RELAY_LIST, _relaying(part, draft), _relaying_ids(part)),
        _parameter(RCPT_LIST, _lists(at_rcpt, at_end, part, draft), tuple(rule.id for rule in at_rcpt)),
        _parameter(DATA_LIST, _data(at_data, part, draft), tuple(rule.id for rule in at_data)),
        _parameter(END_LIST, _end(at_end, part, draft), tuple(rule.id for rule in at_end)),
    )
    _check_the_server(rules, part, draft)
    _check_live(part, draft)
    settled = settings.settings(part).and_(forwarding.settings(part, draft))
    aliases = tags.aliases(part, draft)
    draft.found.extend(settled.diagnostics)
    configuration = ir.Configuration(
        standalone=part.standalone,
        delimiters=draft.delimiters,
        tables=tuple(draft.tables),
        lists=(*draft.lists.values(), *settled.lists),
        replies=tuple(draft.replies),
        classes=tuple(draft.classes),
        parameters=tuple(
            _joined((*(one for one in lists if one.value), *settled.parameters, *((aliases,) if aliases else ())))
        ),
        services=(*settled.services, *_services(draft)),
        entrance=settled.entrance,
        reporting=settled.reporting,
        placed=(*(step.rule.id for step in part.steps), *(statement.id for statement in part.statements)),
        fixed_texts=tuple(_fixed_texts(rules, part)),
        filters=tuple(dict.fromkeys(settled.filters)),
        aside=part.site.quarantine.address,
        templates=settings.templates(part),
        directories=tuple(draft.directories.values()),
        untags=aliases is not None,
        asks_quota=draft.asks_quota,
        remembers=draft.remembers,
        forwarding=settled.forwarding,
    )
    return configuration, tuple(draft.found)


def _services(draft: Draft) -> Iterable[ir.Service]:
    if draft.directories:
        yield directories.SERVICE
    if draft.asks_quota:
        yield quota.SERVICE
    if draft.remembers:
        yield memory.SERVICE


def _joined(parameters: Iterable[ir.Parameter]) -> Iterable[ir.Parameter]:
    """Return each parameter once: tables of several purposes stand one after the other."""
    found: dict[str, ir.Parameter] = {}
    for one in parameters:
        before = found.get(one.name)
        if before is not None and isinstance(before.value, tuple) and isinstance(one.value, tuple):
            value, ids = (*before.value, *one.value), (*before.made_for, *one.made_for)
            one = replace(one, value=value, made_for=ids)
        found[one.name] = one
    return found.values()


# --- what is known where ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Moment:
    """What is known of a session: whether it has logged in, and whether there are several recipients.

    None for what is not known yet or makes no difference.
    """

    login: bool | None
    several: bool | None = None

    def known(self, part: Part) -> Known:
        def known(atom: c.Atom) -> bool | None:
            match atom:
                case c.Authenticated():
                    return self.login
                case c.Trusted() if self.login:
                    return True
                case c.Trusted():
                    return None if part.site.trusted else False
                case c.Upstream():
                    return None if part.site.upstream else False
                case c.RecipientUnknown() if all(served.anyone for served in part.site.served):
                    return False
                case c.RecipientsOver(count) if self.several is not None:
                    if self.several and count > 1:
                        raise UnanswerableError
                    return self.several
                case c.RecipientIn() | c.Kept() | c.RecipientUnknown() | c.RecipientElsewhere() if self.several:
                    raise UnanswerableError
                case _:
                    return None

        return known


def _place(part: Part, draft: Draft, name: str, always: ir.Subject, leave: tuple[ir.Restriction, ...]) -> Place:
    return Place(part.site, always, leave, draft, name)


def _block(rules: Iterable[Rule], moment: _Moment, part: Part, place: Place) -> tuple[ir.Restriction, ...]:
    known = moment.known(part)
    jobs = (job(rule, specialise(full_condition(rule), known)) for rule in rules)
    return block([one for one in jobs if one], place)


def _leave(part: Part, which: str) -> tuple[ir.Restriction, ...]:
    """Return what ends a list: what the owner has in it still holds."""
    if part.standalone:
        return (ir.Native.PERMIT,)
    return (ir.Evaluate(f"nullsender_site_{which}"), ir.Native.PERMIT)


# --- the three lists --------------------------------------------------------------------------------------------------
def _lists(rules: tuple[Rule, ...], at_end: tuple[Rule, ...], part: Part, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return the list for RCPT: existence for everyone, then what holds for those who have logged in, then the rest.

    Mail is split last: a recipient that any rule refused is not the first one of his message. Then he is written down.
    """
    place = _place(part, draft, "rcpt", ir.Subject.RECIPIENT, _leave(part, RCPT_LIST))
    existence = [rule for rule in rules if rule.existence]
    others = [*(rule for rule in rules if not rule.existence), *memory.splitting(part.site)]
    others += memory.noting(at_end)
    first = _block(existence, _Moment(login=None), part, place)
    return (*first, *_with_login(others, None, part, place))


def _data(rules: tuple[Rule, ...], part: Part, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return the list for DATA: one recipient, then several."""
    leave = _leave(part, DATA_LIST)
    if not any(_of_recipients(rule) for rule in rules):
        return _with_login(rules, None, part, _place(part, draft, "data", ir.Subject.SENDER, leave))
    one = _with_login(rules, False, part, _place(part, draft, "data one", ir.Subject.RECIPIENT, leave))
    several = _with_login(rules, True, part, _place(part, draft, "data several", ir.Subject.SENDER, leave))
    purpose = Purpose(tuple(rule.id for rule in rules), "a message for one recipient", "data one recipient")
    if not several:
        inside = draft.restriction_class(one, purpose) if one else ""
        gate = _only_recipient(inside, purpose, draft)
        return (gate,) if one else ()
    inside = draft.restriction_class((*one, *leave), purpose)
    return (_only_recipient(inside, purpose, draft), *several)


def _end(rules: tuple[Rule, ...], part: Part, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return the list for the end of the data, of a whole server: of recipients it asks what was written down."""
    place = replace(_place(part, draft, "end", ir.Subject.SENDER, _leave(part, END_LIST)), end=True)
    return _block((*rules, *memory.counting(rules)), _Moment(login=False), part, place)


def _only_recipient(inside: str, purpose: Purpose, draft: Draft) -> ir.Check:
    """Return what leads into a class when there is one recipient: with several, smtpd skips tables on them."""
    return ir.Check(ir.Subject.RECIPIENT, draft.table((ir.Row(ir.Anything(), ir.Enter(inside)),), purpose))


def _with_login(rules: Iterable[Rule], several: bool | None, part: Part, place: Place) -> tuple[ir.Restriction, ...]:
    rules = tuple(rules)
    without = _block(rules, _Moment(login=False, several=several), part, place)
    if part.standalone:
        return without
    with_login = _block(rules, _Moment(login=True, several=several), part, replace(place, name=f"{place.name} login"))
    if not without and not with_login:
        return ()
    ids = memory.ids_of(*rules)
    purpose = Purpose(ids, "a client that has logged in", f"login {place.name}")
    inside = place.draft.restriction_class((*with_login, *place.leave), purpose)
    rows = (ir.Row(ir.Anything(), ir.Enter(inside)),)
    return (ir.LoggedIn(place.draft.table(rows, purpose)), *without)


def _relaying(part: Part, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return the list against relaying. Beside an existing configuration that one says which domains are served."""
    step = next((step for step in part.steps if step.rule.relaying), None)
    ids = (step.rule.id,) if step else ()
    purpose = Purpose(ids, "relaying", "relaying")
    trusted = Purpose(ids, "trusted clients may relay", "trusted")
    welcome: tuple[ir.Restriction, ...] = (ir.Native.PERMIT,)
    if _detour(part):
        rows = (ir.Row(ir.Anything(), ir.Detour(detours.TRUSTED, Port.TRUSTED)),)
        welcome = (ir.Check(ir.Subject.SENDER, draft.table(rows, trusted)), *welcome)
    inside = draft.restriction_class(welcome, trusted) if part.site.trusted or not part.standalone else ""
    gates: list[ir.Restriction] = []
    if not part.standalone and step:
        rows = (ir.Row(ir.Anything(), ir.Enter(inside)),)
        gates.append(
            ir.LoggedIn(draft.table(rows, Purpose(ids, "a client that has logged in may relay", "login relay")))
        )
    for one in part.site.trusted:
        members = sets.networks(one, draft)
        clients = replace(trusted, name="trusted clients")
        gates.append(sets.question(ir.Subject.CLIENT, members, (ir.Enter(inside), ir.Dunno()), clients, draft))
    if step is None:
        return tuple(gates) if _detour(part) else ()
    if part.standalone:
        reply = ir.Refuse(step.rule.reply.code, step.rule.reply.enhanced, words_of(step.rule), step.rule.id)
        gates.extend(recipients.elsewhere(part.site, reply, purpose, draft))
    return (*gates, ir.Native.REJECT_UNAUTH)


def _detour(part: Part) -> bool:
    """Tell whether trusted clients have to be told from others when a report is due."""
    asked = [s.setting for s in part.statements if isinstance(s.setting, SendNdrs)]
    return any(setting.to in (NdrTo.TRUSTED, NdrTo.PASSING) for setting in asked)


def _of_recipients(rule: Rule) -> bool:
    kinds = (c.RecipientsOver, c.RecipientIn, c.Kept, c.RecipientUnknown, c.RecipientElsewhere)
    return any(isinstance(atom, kinds) for _, atom in c.literals(full_condition(rule)))


def _parameter(which: str, restrictions: tuple[ir.Restriction, ...], ids: tuple[str, ...]) -> ir.Parameter:
    return ir.Parameter(f"nullsender_{which}", restrictions, ids)


def _relaying_ids(part: Part) -> tuple[str, ...]:
    return tuple(step.rule.id for step in part.steps if step.rule.relaying)


# --- what Postfix says in its own words -------------------------------------------------------------------------------
def _check_the_server(rules: tuple[Rule, ...], part: Part, draft: Draft) -> None:
    if not recipients.asks_the_server(part.site):
        return
    for rule in rules:
        usual = isinstance(rule.action, Reject) and (rule.reply.code, rule.reply.enhanced) == (550, "5.1.1")
        if rule.existence and not usual:
            what = "defer" if isinstance(rule.action, Defer) else f"{rule.reply.code} {rule.reply.enhanced}"
            draft.error(
                "NS531",
                f"Postfix refuses what its own tables do not know with 550 5.1.1, not with `{what}`",
                rule.span,
                "leave the code out, or list the recipients in a file",
            )


def _check_live(part: Part, draft: Draft) -> None:
    for source in recipients.several_live(part.site):
        first = f"`{source.path}`" if isinstance(source, LiveFile) else f"a directory of {source.system}"
        text = f"while {first} cannot be read, Postfix also defers those whom the sources after it know"
        draft.found.append(Diagnostic("NS533", text, source.span, Severity.WARNING, help="join the sources into one"))


def _fixed_texts(rules: tuple[Rule, ...], part: Part) -> Iterable[tuple[str, str]]:
    if not part.standalone:
        for id_ in _relaying_ids(part):
            yield id_, "Relay access denied"
    if recipients.asks_the_server(part.site):
        for rule in rules:
            if rule.existence:
                yield rule.id, "Recipient address rejected: User unknown"
    existence = [rule for rule in rules if rule.existence]
    if callouts.hops(part.site) and len(existence) > 1:
        yield from ((rule.id, callouts.SAID) for rule in existence)
