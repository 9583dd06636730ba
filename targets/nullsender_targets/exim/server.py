"""Turn deliveries and the statements on NDRs into what a whole server needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.entryfile import expand
from nullsender.plan import Part, Site
from nullsender_targets.exim import ir
from nullsender_targets.exim.conditions import Conditions


def server(part: Part, to: Conditions) -> tuple[ir.Server, tuple[Diagnostic, ...]]:
    """Return the settings of a standalone server, and what does not fit together."""
    ndrs = _ndrs(part.statements)
    hops = tuple(
        ir.Hop(f"delivery_{number}", to.sets.member(delivery.domains, (ir.Fact.DOMAIN,)), delivery)
        for number, delivery in enumerate(part.site.deliveries, 1)
    )
    whole = ir.Server(hops, ndrs, _postmasters_domain(part.site))
    return whole, tuple(_misfits(part.statements, ndrs))


def _postmasters_domain(site: Site) -> str | None:
    """Return the first plain domain that is served: a bare postmaster is at home there."""
    domains = (domain for served in site.served for domain in expand(served.domains))
    return next((domain for domain in domains if not domain.startswith("*.")), None)


def _ndrs(statements: tuple[p.Statement, ...]) -> ir.NdrSettings:
    settings = ir.NdrSettings(origins={})
    for statement in statements:
        settings = replace(_with(settings, statement), origins={**settings.origins, **_origin(statement)})
    return settings


def _with(ndrs: ir.NdrSettings, statement: p.Statement) -> ir.NdrSettings:
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
        case p.CopyDoubleBounces(address):
            return replace(ndrs, double_bounces=address)
        case _:
            return ndrs


_KINDS: dict[type, str] = {
    p.SendNdrs: "to",
    p.SendThrough: "through",
    p.Return: "returned",
    p.WarnDelay: "warn",
    p.CopyDoubleBounces: "double_bounces",
}


def _origin(statement: p.Statement) -> dict[str, p.Statement]:
    setting = statement.setting
    if isinstance(setting, p.GiveUp):
        return {"bounces" if setting.bounces else "mail": statement}
    return {_KINDS[type(setting)]: statement} if type(setting) in _KINDS else {}


def _misfits(statements: tuple[p.Statement, ...], ndrs: ir.NdrSettings) -> Iterable[Diagnostic]:
    if ndrs.copy and ndrs.returned and ndrs.returned.what is p.Returned.EVERYTHING:
        returns = next(s for s in statements if isinstance(s.setting, p.Return))
        yield Diagnostic(
            "NS522",
            f"`{returns.words}` would go for postmaster's copies as well, which hold headers only",
            returns.span,
            note="Exim has one setting for how much its NDRs return",
            help="write `return headers only`, or `without a copy` where it is said who gets NDRs",
        )
