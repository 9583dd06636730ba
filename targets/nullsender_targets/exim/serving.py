"""Spell what a standalone server has besides the fragments: deliveries, NDRs, retries."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from nullsender import policy as p
from nullsender.layout import Quoted
from nullsender_targets.exim import ir, quote
from nullsender_targets.exim.spelling import condition, list_name

TRUSTED = "or{ {!def:sender_host_address} {bool{$acl_m_nullsender_trusted}} }"
HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Line:
    line: Quoted
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class PrintedHop:
    name: Quoted
    domains: Quoted
    host: Quoted
    port: int
    by_name: bool
    lmtp: bool


@dataclass(frozen=True, slots=True)
class Through:
    origin: str
    interface: Quoted
    helo: Quoted | None


def serving(server: ir.Server, served: ir.Expr) -> dict[str, object]:
    """Return the values of the template."""
    ndrs = server.ndrs
    return {
        "hops": [_hop(hop) for hop in server.hops],
        "served": domains(served, negated=True),
        "postmaster": quote.zone(server.postmaster) if server.postmaster else None,
        "options": _options(ndrs),
        "errors_to": _errors_to(ndrs, server.postmaster),
        "through": _through(ndrs),
        "retry": _retry(ndrs),
    }


def domains(expr: ir.Expr, *, negated: bool = False) -> Quoted:
    """Return a router's `domains`: a failing lookup defers there, where it would skip the router in a `condition`."""
    parts = expr.parts if isinstance(expr, ir.Any) else (expr,)
    lists = [part.list for part in parts if isinstance(part, ir.InList)]
    if len(lists) == len(parts):
        return Quoted(" : ".join(f"{'! ' if negated else ''}+{list_name(one)}" for one in lists))
    return Quoted(f"${{if {condition(ir.Without(expr) if negated else expr)}{{*}}}}")


def _hop(hop: ir.Hop) -> PrintedHop:
    to = hop.delivery
    return PrintedHop(
        quote.word(hop.name),
        domains(hop.domains),
        quote.host(to.host),
        to.port,
        not _is_address(to.host),
        to.protocol == "lmtp",
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


# --- non-delivery reports ---------------------------------------------------------------------------------------------
def _options(ndrs: ir.NdrSettings) -> list[Line]:
    lines = [_returned(ndrs)]
    if ndrs.warn_seconds is None:
        lines.append(Line(Quoted("delay_warning =")))
    else:
        origin = _origin(ndrs, "warn")
        lines.append(Line(Quoted(f"delay_warning = {_time(ndrs.warn_seconds)}"), origin))
        lines.append(Line(Quoted(f"delay_warning_condition = ${{if {_warned(ndrs)}{{yes}}{{no}}}}"), origin))
    return lines


def _returned(ndrs: ir.NdrSettings) -> Line:
    origin = _origin(ndrs, "returned")
    match ndrs.returned:
        case p.Return(p.Returned.EVERYTHING, size):
            return Line(Quoted(f"bounce_return_size_limit = {size or 0}"), origin)
        case p.Return(p.Returned.HEADERS):
            return Line(Quoted("bounce_return_body = false"), origin)
        case _ if ndrs.copy:
            return Line(Quoted("bounce_return_body = false"), _origin(ndrs, "to"))
        case _:
            return Line(Quoted("bounce_return_body = true"))


def _warned(ndrs: ir.NdrSettings) -> str:
    """Return who hears of a delay: whoever would get an NDR, and nobody for bounces, lists and automatic mail."""
    ordinary = (
        r"{def:sender_address} {!def:h_List-ID:} {!def:h_List-Post:} "
        r"{!match{$h_precedence:}{(?i)bulk|list|junk}} {!match{$h_auto-submitted:}{(?i)auto-generated|auto-replied}}"
    )
    who = {p.NdrTo.TRUSTED: f"{{{TRUSTED}}} ", p.NdrTo.NOBODY: "{bool{no}} "}.get(ndrs.to, "")
    return f"and{{ {who}{ordinary} }}"


def _errors_to(ndrs: ir.NdrSettings, postmaster: str | None) -> Line:
    """Return where reports of failure go: the sender, or else postmaster's copy, or else nowhere."""
    copied = f"postmaster@{quote.zone(postmaster)}" if postmaster else "postmaster"
    otherwise = f"${{if def:sender_address{{{copied}}}}}" if ndrs.copy else ""
    whole = {
        p.NdrTo.TRUSTED: f"${{if {TRUSTED}{{$sender_address}}{{{otherwise}}}}}",
        p.NdrTo.NOBODY: otherwise,
    }.get(ndrs.to, "$sender_address")
    if ndrs.double_bounces:
        itself = f"eqi{{$local_part@$domain}}{{{quote.text(quote.dequoted(ndrs.double_bounces))}}}"
        copy = f"${{if !{itself}{{{quote.address(ndrs.double_bounces)}}}}}"
        whole = f"${{if def:sender_address{{{whole}}}{{{copy}}}}}"
    origin = _origin(ndrs, "to") or _origin(ndrs, "double_bounces")
    return Line(Quoted(f"${{if !def:acl_m_nullsender_quarantine{{{whole}}}}}"), origin)


def _through(ndrs: ir.NdrSettings) -> Through | None:
    if ndrs.through is None:
        return None
    helo = quote.zone(ndrs.through.helo) if ndrs.through.helo else None
    return Through(ndrs.origins["through"].id, quote.ip(ndrs.through.address), helo)


def _origin(ndrs: ir.NdrSettings, kind: str) -> str | None:
    return ndrs.origins[kind].id if kind in ndrs.origins else None


# --- retries ----------------------------------------------------------------------------------------------------------
def _retry(ndrs: ir.NdrSettings) -> list[Line]:
    rules = []
    if ndrs.bounce_seconds is not None:
        schedule = _schedule(ndrs.bounce_seconds)
        rules.append(Line(Quoted(f"*  *  senders=:  {schedule}"), _origin(ndrs, "bounces")))
    seconds = ndrs.mail_seconds
    rules.append(Line(Quoted(f"*  *  {_schedule(4 * DAY if seconds is None else seconds)}"), _origin(ndrs, "mail")))
    return rules


def _schedule(until: int) -> str:
    """Return retries that get rarer and end at `until`: every quarter of an hour, then more and more slowly."""
    if until <= 2 * HOUR:
        return f"F,{_time(until)},{_time(max(1, min(900, until // 4)))}"
    if until <= DAY:
        return f"F,2h,15m; F,{_time(until)},1h"
    return f"F,2h,15m; G,16h,1h,1.5; F,{_time(until)},6h"


def _time(seconds: int) -> str:
    """Return a duration in Exim's notation, in the largest unit that holds it."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
