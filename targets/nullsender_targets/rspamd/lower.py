"""Turn rspamd's part of a plan into data for its engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from nullsender import condition as c
from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.entryfile import expand
from nullsender.excuses import words_of
from nullsender.features import ACTIONS, full_condition
from nullsender.lists import sets_of
from nullsender.names import Entries, Kind
from nullsender.plan import Part, Step
from nullsender_targets.rspamd import ir
from nullsender_targets.rspamd.table import LISTENS

LONGEST_TEXT = 300  # characters of a reply's text: with code and id it stays within a reply line, RFC 5321 §4.5.3.1.5

_A_DAY = 86400
_QUESTIONS: Mapping[type[c.Atom], Callable[[Any], ir.Question]] = {
    c.SenderNull: lambda _: ir.Question("sender is null"),
    c.SenderPostmaster: lambda _: ir.Question("sender is postmaster"),
    c.SenderIn: lambda atom: ir.Question("sender in", atom.entries.name),
    c.RecipientIn: lambda atom: ir.Question("recipient in", atom.entries.name),
    c.RecipientsOver: lambda atom: ir.Question("recipients over", atom.count),
    c.ClientIn: lambda atom: ir.Question("client in", atom.entries.name),
    c.ClientListed: lambda atom: ir.Question("client listed", ir.Listed(atom.zone.domain, atom.zone.answers)),
    c.ClientNameless: lambda _: ir.Question("client has no name"),
    c.HeloIn: lambda atom: ir.Question("helo in", atom.entries.name),
    c.Authenticated: lambda _: ir.Question("authenticated"),
    c.Trusted: lambda _: ir.Question("trusted"),
    c.Upstream: lambda _: ir.Question("upstream"),
    c.Kept: lambda _: ir.Question("kept"),
    c.Scoring: lambda atom: ir.Question("scoring", atom.least),
    c.HeaderMatches: lambda atom: ir.Question("header matches", _expression(atom)),
    c.SpfIs: lambda atom: ir.Question("spf is", atom.result),
    c.DmarcIs: lambda atom: ir.Question("dmarc is", atom.result),
    c.ReportIs: lambda atom: ir.Question("report is", atom.kind),
    c.BatvIs: lambda atom: ir.Question("batv is", atom.state),
    c.ForgedBounce: lambda atom: ir.Question("forged bounces of", atom.entries.name),
}


def lower(part: Part) -> tuple[ir.Configuration, tuple[Diagnostic, ...]]:
    """Return the engine's data for a part; the tables let nothing through that the engine cannot do."""
    site = part.site
    rules = tuple(_rule(step) for step in part.steps)
    link = part.links[0]
    return ir.Configuration(
        standalone=part.standalone,
        worker=ir.Worker(link.kind, link.address or LISTENS[link.kind]),
        delimiters=site.delimiters,
        into=site.quarantine.into.value,
        into_address=site.quarantine.address,
        silences=site.silences,
        trusted=tuple(entries.name for entries in site.trusted),
        upstream=site.upstream.name if site.upstream else None,
        kept=ir.Kept(
            tuple(role for role in site.kept if "@" not in role),
            tuple(role for role in site.kept if "@" in role),
            tuple(served.domains.name for served in site.served),
        ),
        sets=tuple(_map_set(entries) for entries in _used(part)),
        rules=rules,
        authenticates=any(isinstance(atom, c.SpfIs | c.DmarcIs) for atom in _atoms(part)),
        redis=next((link.address for link in part.links if link.kind == "redis"), None),
        batv=_batv(part),
        placed=(*(step.rule.id for step in part.steps), *(statement.id for statement in part.statements)),
        fixed_texts=tuple((rule.id, ascii_only(rule.id)) for rule in rules if not rule.id.isascii()),
    ), ()


def _batv(part: Part) -> ir.Batv | None:
    """Return the file of keys, and whose mail is signed here, where any is."""
    batv = part.site.batv
    if batv is None:
        return None
    signs = any(isinstance(statement.setting, p.SignBatv) for statement in part.statements)
    return ir.Batv(batv.keys, batv.senders.name if signs else None, -(-batv.seconds // _A_DAY))


def ascii_only(text: str) -> str:
    """Return text as a reply may hold it (RFC 5321 §4.2), with `?` for each other character."""
    return text.encode("ascii", "replace").decode()


def _rule(step: Step) -> ir.EngineRule:
    rule = step.rule
    return ir.EngineRule(
        id=rule.id,
        words=rule.words,
        stage=rule.stage.word,
        action=_ACTIONS.get(type(rule.action)) or ACTIONS[type(rule.action)],
        effect=_effect(rule),
        when=_tree(rule.when),
        unless=tuple(map(_tree, rule.unless)),
        report_only=rule.report_only,
        counter=_counter(rule),
    )


_ACTIONS: Mapping[type[p.Action], str] = {p.Greylist: "defer"}  # as long as what is counted says so


def _counter(rule: p.Rule) -> ir.Counter:
    if isinstance(rule.action, p.Greylist):
        return ir.FirstTries(rule.action.seconds)
    return ir.Limit(rule.limit.per, rule.limit.count, rule.limit.seconds) if rule.limit else None


def _effect(rule: p.Rule) -> ir.Effect:
    match rule.action:
        case p.Reject() | p.Defer() | p.Greylist():
            return ir.Refusal(rule.reply.code, rule.reply.enhanced, _reply_text(rule))
        case p.Tag(header, value):
            return ir.Header(header, value)
        case p.Score(points):
            return points
        case _:
            return None


def _reply_text(rule: p.Rule) -> str:
    return f"{ascii_only(words_of(rule))[:LONGEST_TEXT]} [{ascii_only(rule.id)}]"


def _tree(condition: c.Condition) -> ir.Tree:
    match condition:
        case c.AllOf(parts):
            return ir.Every(tuple(map(_tree, parts)))
        case c.AnyOf(parts):
            return ir.Some(tuple(map(_tree, parts)))
        case c.Not(part):
            return ir.Negated(_tree(part))
        case _:
            return _QUESTIONS[type(condition)](condition)


def _expression(atom: c.HeaderMatches) -> ir.Expression:
    empty = re.search(atom.pattern, "") is not None
    return ir.Expression(atom.name.lower(), atom.pattern, atom.ignore_case, empty)


def _used(part: Part) -> tuple[Entries, ...]:
    """Return each set that the engine has to know, sorted by name."""
    found = [
        *(entries for atom in _atoms(part) for entries in sets_of(atom)),
        *(s.setting.senders for s in part.statements if isinstance(s.setting, p.SignBatv)),
        *part.site.trusted,
        *([part.site.upstream] if part.site.upstream else []),
        *(served.domains for served in part.site.served),
    ]
    return tuple(sorted({entries.name: entries for entries in found}.values(), key=lambda entries: entries.name))


def _atoms(part: Part) -> tuple[c.Atom, ...]:
    return tuple(atom for step in part.steps for _, atom in c.literals(full_condition(step.rule)))


def _map_set(entries: Entries) -> ir.MapSet:
    if entries.kind is not Kind.ADDRESSES:
        return ir.MapSet(entries)
    patterns = tuple(entry for entry in expand(entries) if "*" in entry)
    return ir.MapSet(entries, patterns)
