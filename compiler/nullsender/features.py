"""The features that capability tables speak of, and which of them a rule or a statement needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nullsender import condition as c
from nullsender import policy as p
from nullsender.policy import Stage


@dataclass(frozen=True, slots=True)
class AtomRow:
    """What is known of a kind of condition: its feature, when it is known, and when rules on it decide by default."""

    feature: str
    known: Stage
    default: Stage


ATOMS: Mapping[type[c.Atom], AtomRow] = {
    c.SenderNull: AtomRow("sender is null", Stage.RCPT, Stage.RCPT),
    c.SenderPostmaster: AtomRow("sender is postmaster", Stage.RCPT, Stage.RCPT),
    c.SenderIn: AtomRow("sender in", Stage.RCPT, Stage.RCPT),
    c.RecipientIn: AtomRow("recipient in", Stage.RCPT, Stage.RCPT),
    c.RecipientsOver: AtomRow("recipients > N", Stage.DATA, Stage.DATA),
    c.ClientIn: AtomRow("client in", Stage.RCPT, Stage.RCPT),
    c.ClientListed: AtomRow("client listed", Stage.RCPT, Stage.RCPT),
    c.ClientNameless: AtomRow("client has no name", Stage.RCPT, Stage.RCPT),
    c.HeloIn: AtomRow("helo in", Stage.RCPT, Stage.RCPT),
    c.Authenticated: AtomRow("authenticated", Stage.RCPT, Stage.RCPT),
    c.Trusted: AtomRow("trusted client", Stage.RCPT, Stage.RCPT),
    c.Upstream: AtomRow("upstream client", Stage.RCPT, Stage.RCPT),
    c.Kept: AtomRow("kept recipient", Stage.RCPT, Stage.RCPT),
    c.RecipientElsewhere: AtomRow("relaying", Stage.RCPT, Stage.RCPT),
    c.RecipientUnknown: AtomRow("nonexistent recipients", Stage.RCPT, Stage.RCPT),
    c.RecipientFull: AtomRow("recipients over quota", Stage.RCPT, Stage.RCPT),
    c.SpfIs: AtomRow("spf", Stage.RCPT, Stage.CONTENT),
    c.DmarcIs: AtomRow("dmarc", Stage.CONTENT, Stage.CONTENT),
    c.BatvIs: AtomRow("batv", Stage.RCPT, Stage.CONTENT),
    c.Scoring: AtomRow("scoring", Stage.CONTENT, Stage.CONTENT),
    c.HeaderMatches: AtomRow("header matches", Stage.CONTENT, Stage.CONTENT),
    c.ReportIs: AtomRow("report is", Stage.CONTENT, Stage.CONTENT),
    c.ForgedBounce: AtomRow("forged bounces", Stage.CONTENT, Stage.CONTENT),
}
ACTIONS: Mapping[type[p.Action], str] = {
    p.Reject: "reject",
    p.Defer: "defer",
    p.Quarantine: "quarantine",
    p.Discard: "discard",
    p.Tag: "tag",
    p.Score: "score",
    p.Greylist: "greylist",
}
EARLIEST: Mapping[type[p.Action], Stage] = {
    p.Tag: Stage.DATA,
    p.Quarantine: Stage.DATA,
    p.Discard: Stage.DATA,
    p.Score: Stage.CONTENT,
}


def _both_signs() -> Iterator[tuple[str, str]]:
    for kind, row in ATOMS.items():
        names = ("several recipients", row.feature) if kind is c.RecipientsOver else (row.feature,)
        for name in names:
            yield name, "condition"
            yield f"not {name}", "condition"


# Feature -> the heading under which the matrix shows it. A table may speak of these and no others (a test holds it).
FEATURES: Mapping[str, str] = {
    **{f"recipients from {s}": "recipients" for s in ("file", "live file", "the server", "several sources")},
    **{f"recipients from {s}": "recipients" for s in ("sqlite", "postgres", "mysql", "ldap", "callout")},
    "recipients are anyone": "recipients",
    "subaddresses": "recipients",
    "nonexistent recipients, narrowed": "recipients",
    "nonexistent recipients with a code": "recipients",
    "split mail": "recipients",
    "deliver by lmtp": "delivery",
    "deliver by smtp": "delivery",
    **dict(_both_signs()),
    "set from live file": "condition",
    **dict.fromkeys(ACTIONS.values(), "action"),
    "quarantine into junk": "action",
    "quarantine into hold": "action",
    "quarantine into address": "action",
    "quarantine without reports": "action",
    "quarantine without reports if passing": "action",
    "reply code": "action",
    "report only": "action",
    **{f"limit per {per}": "limit" for per in ("recipient", "client", "sender", "domain", "login")},
    **{f"send ndrs {who.value}": "ndr" for who in p.NdrTo},
    "send ndrs only to trusted senders without a copy": "ndr",
    "send ndrs only to senders passing spf or dmarc without a copy": "ndr",
    "send ndrs to nobody without a copy": "ndr",
    "send ndrs through": "ndr",
    "return headers only": "ndr",
    "return everything": "ndr",
    "return everything up to": "ndr",
    "return nothing": "ndr",
    "give up mail": "ndr",
    "give up bounces": "ndr",
    "warn about delay": "ndr",
    "copy double bounces": "ndr",
    "word ndrs": "ndr",
    "answer automatically": "identity",
    "sign mail with batv": "identity",
    "rewrite with srs": "identity",
}


def known_at(condition: c.Condition) -> Stage:
    """Return the earliest stage at which every atom of the condition is known."""
    return max((ATOMS[type(atom)].known for _, atom in c.literals(condition)), default=Stage.RCPT)


def of_literal(sign: c.Sign, atom: c.Atom) -> str:
    """Return the feature of an atom or its negation."""
    several = isinstance(atom, c.RecipientsOver) and atom.count == 1
    return sign.value + ("several recipients" if several else ATOMS[type(atom)].feature)


def full_condition(rule: p.Rule) -> c.Condition:
    """Return `when` and the negation of every exception, as one condition."""
    return c.both(rule.when, *(c.Not(exception) for exception in rule.unless))


def of_rule(rule: p.Rule, policy: p.Policy) -> tuple[str, ...]:
    """Return the features that a component needs to decide the rule, without repetitions."""
    return tuple(dict.fromkeys(_of_rule(rule, policy)))


def _of_rule(rule: p.Rule, policy: p.Policy) -> Iterator[str]:
    for sign, atom in c.literals(full_condition(rule)):
        yield of_literal(sign, atom)
        if any(entries.live for entries in _sets(atom)):
            yield "set from live file"
    yield ACTIONS[type(rule.action)]
    if isinstance(rule.action, p.Quarantine):
        yield f"quarantine into {policy.quarantine.into.value}"
        if not rule.report_only:
            yield from _without_reports(rule, policy)
    if rule.limit:
        yield f"limit per {rule.limit.per}"
    if rule.report_only:
        yield "report only"
    if rule.existence:
        yield from _of_existence(rule, policy)
    elif rule.reply.code_written and not rule.relaying:
        yield "reply code"


def silences(rules: Iterable[p.Rule], policy: p.Policy) -> bool:
    """Tell whether reports of mail in quarantine have to be kept back, also of what machines in front have sent."""
    of_rules = any(isinstance(rule.action, p.Quarantine) and any(_without_reports(rule, policy)) for rule in rules)
    return of_rules or (policy.upstream is not None and policy.quarantine.into is not p.Into.HOLD)


def _without_reports(rule: p.Rule, policy: p.Policy) -> Iterator[str]:
    """Yield what keeps reports from somebody who sends such mail, and would get one of what is lost after it came.

    The null sender never does, and what is held is not delivered.
    """
    if policy.quarantine.into is p.Into.HOLD or c.SenderNull() in _parts(rule.when):
        return
    settings = [(statement.on, statement.setting) for statement in policy.statements]
    told = [(on, setting.to) for on, setting in settings if isinstance(setting, p.SendNdrs)]
    unsaid = any(not any(not on or one.name in on for on, _ in told) for one in policy.deployments)
    trusted = c.Trusted in {type(atom) for sign, atom in c.literals(rule.when) if sign is c.Sign.IS}
    if unsaid or any(to is p.NdrTo.ANYONE or (trusted and to is p.NdrTo.TRUSTED) for _, to in told):
        yield "quarantine without reports"
    if any(to is p.NdrTo.PASSING for _, to in told):
        yield "quarantine without reports if passing"


def _parts(condition: c.Condition) -> tuple[c.Condition, ...]:
    return condition.parts if isinstance(condition, c.AllOf) else (condition,)


def _of_existence(rule: p.Rule, policy: p.Policy) -> Iterator[str]:
    if not isinstance(rule.when, c.RecipientUnknown) or rule.unless:
        yield "nonexistent recipients, narrowed"
    if rule.reply.code_written:
        yield "nonexistent recipients with a code"
    if policy.delimiters:
        yield "subaddresses"
    for served in policy.served:
        if served.anyone:
            yield "recipients are anyone"
        if len(served.sources) > 1:
            yield "recipients from several sources"
        for source in served.sources:
            yield _of_source(source)


def _of_source(source: p.RecipientSource) -> str:
    match source:
        case p.CompiledFile():
            return "recipients from file"
        case p.LiveFile():
            return "recipients from live file"
        case p.TheServer():
            return "recipients from the server"
        case p.Callout():
            return "recipients from callout"
        case p.Directory(system):
            return f"recipients from {system}"


def _sets(atom: c.Atom) -> tuple[c.Entries, ...]:
    match atom:
        case (
            c.SenderIn(entries)
            | c.RecipientIn(entries)
            | c.ClientIn(entries)
            | c.HeloIn(entries)
            | c.ForgedBounce(entries)
        ):
            return (entries,)
        case _:
            return ()


def of_statement(statement: p.Statement) -> str:
    """Return the feature of a statement that is a setting."""
    match statement.setting:
        case p.SendNdrs(to, copy):
            return f"send ndrs {to.value}" + ("" if copy or to is p.NdrTo.ANYONE else " without a copy")
        case p.SendThrough():
            return "send ndrs through"
        case p.Return(what, size):
            return f"return {what.value}" + (" up to" if size is not None else "")
        case p.GiveUp(bounces):
            return f"give up {'bounces' if bounces else 'mail'}"
        case p.WarnDelay():
            return "warn about delay"
        case p.CopyDoubleBounces():
            return "copy double bounces"
        case p.WordNdrs():
            return "word ndrs"
        case p.AnswerAutomatically():
            return "answer automatically"
        case p.SignBatv():
            return "sign mail with batv"
        case p.RewriteSrs():
            return "rewrite with srs"
