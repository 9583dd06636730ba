"""Turn the statements on NDRs and other automatic mail into settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender_targets.exim import ir

_KINDS: dict[type, str] = {
    p.SendNdrs: "to",
    p.SendThrough: "through",
    p.Return: "returned",
    p.WarnDelay: "warn",
    p.CopyDoubleBounces: "double_bounces",
    p.WordNdrs: "words",
    p.AnswerAutomatically: "answers",
}


def settings(statements: tuple[p.Statement, ...], *, quarantined: bool) -> ir.Ndrs:
    """Return all settings of a deployment."""
    ndrs = ir.Ndrs(quarantined=quarantined, origins={_kind(s.setting): s for s in statements})
    for statement in statements:
        ndrs = _with(ndrs, statement)
    return ndrs


def misfits(ndrs: ir.Ndrs) -> Iterator[Diagnostic]:
    """Yield what does not fit together: there is one setting for how much is returned."""
    if ndrs.copy and ndrs.returned and ndrs.returned.what is p.Returned.EVERYTHING:
        returns = ndrs.origins["returned"]
        yield Diagnostic(
            "NS522",
            f"`{returns.words}` would go for postmaster's copies as well, which hold headers only",
            returns.span,
            note="Exim has one setting for how much its NDRs return",
            help="write `return headers only`, or `without a copy` where it is said who gets NDRs",
        )
    if ndrs.words and not all(line.isascii() for letter in letters(ndrs.words) for line in letter.lines):
        yield Diagnostic(
            "NS523",
            f"the text of `{ndrs.words.file.name}` is not ASCII, and Exim says of every report that it is",
            ndrs.words.file.span,
            help="write the text in ASCII, or a file of its own `on` each server that needs one",
        )


def letters(words: p.WordNdrs) -> tuple[p.Letter, ...]:
    """Return all that the policy words."""
    return (words.failed, words.delayed) if words.delayed else (words.failed,)


def _with(ndrs: ir.Ndrs, statement: p.Statement) -> ir.Ndrs:
    match statement.setting:
        case p.SendNdrs(to, copy):
            return replace(ndrs, to=to, copy=copy and to is not p.NdrTo.ANYONE)
        case p.SendThrough() as through:
            return replace(ndrs, through=through)
        case p.Return() as returned:
            return replace(ndrs, returned=returned)
        case p.GiveUp(bounces=True, seconds=seconds):
            return replace(ndrs, bounce_seconds=seconds)
        case p.GiveUp(seconds=seconds):
            return replace(ndrs, mail_seconds=seconds)
        case p.WarnDelay(seconds):
            return replace(ndrs, warn_seconds=seconds)
        case p.AnswerAutomatically() as answers:
            return replace(ndrs, answers=answers)
        case p.WordNdrs() as words:
            return replace(ndrs, words=words)
        case p.CopyDoubleBounces(address):
            return replace(ndrs, double_bounces=address)
        case _:
            return ndrs


def _kind(setting: object) -> str:
    if isinstance(setting, p.GiveUp):
        return "bounces" if setting.bounces else "mail"
    return _KINDS.get(type(setting), "")
