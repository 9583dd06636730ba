"""Spell what happens to mail that was accepted: routers, transports, NDRs and retries, as far as the policy says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address

from nullsender import policy as p
from nullsender.layout import Quoted
from nullsender_targets.exim import ir, quote
from nullsender_targets.exim.spelling import LINE, REPORT, condition, list_name

# Local submissions are the server's own users'.
_TRUSTED = "or{ {!def:sender_host_address} {eq{$acl_m_nullsender_trusted}{yes}} }"
# The field itself may come from a machine in front.
_PASSING = rf"or{{ {{{_TRUSTED}}} {{match{{{REPORT}}}{{\N{LINE}tag {p.PASSING_MARK[0]}: \N}}}} }}"
_QUARANTINED = "def:acl_m_nullsender_quarantine"
FAILED, DELAYED = "report-failed", "report-delayed"
HOUR, DAY = 3_600, 86_400
_NEVER = "520w"  # when Exim would warn of a delay again: a time alone would be that of every further warning


@dataclass(frozen=True, slots=True)
class Line:
    """A line made for a statement; the first of its lines says for which."""

    line: Quoted
    origin: str | None = None
    about: Quoted | None = None


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


def domains(expr: ir.Expr, *, negated: bool = False) -> Quoted:
    """Return a router's `domains`: a failing lookup defers there, where it would skip the router in a `condition`."""
    parts = expr.parts if isinstance(expr, ir.Any) else (expr,)
    lists = [part.list for part in parts if isinstance(part, ir.InList)]
    if len(lists) == len(parts):
        return Quoted(" : ".join(f"{'! ' if negated else ''}+{list_name(one)}" for one in lists))
    return Quoted(f"${{if {condition(ir.Without(expr) if negated else expr)}{{*}}}}")


def hop(of: ir.Hop) -> PrintedHop:
    """Return a delivery ready for the template."""
    to = of.delivery
    return PrintedHop(
        quote.word(of.name),
        domains(of.domains),
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
def options(ndrs: ir.Ndrs) -> list[Line]:
    """Return main options for NDRs, as far as statements ask for them."""
    lines = []
    if ndrs.returned or ndrs.copy:
        lines.append(_line(ndrs, "returned" if ndrs.returned else "to", _returned(ndrs)))
    if mark := _mark(ndrs):
        lines.append(_line(ndrs, "to", f"dsn_from = Mail Delivery System{mark} <Mailer-Daemon@$qualify_domain>"))
    if ndrs.words:
        lines.append(_line(ndrs, "words", f"bounce_message_file = NULLSENDER_DIR/{FAILED}"))
        if ndrs.words.delayed:
            lines.append(replace(_line(ndrs, "words", f"warn_message_file = NULLSENDER_DIR/{DELAYED}"), about=None))
    if ndrs.warn_seconds is not None:
        lines.append(_line(ndrs, "warn", f"delay_warning = {_time(ndrs.warn_seconds)}:{_NEVER}"))
        condition = f"delay_warning_condition = ${{if {_warned(ndrs)}{{yes}}{{no}}}}"
        lines.append(replace(_line(ndrs, "warn", condition), about=None))
    return lines


def _line(ndrs: ir.Ndrs, kind: str, text: str) -> Line:
    statement = ndrs.origins.get(kind)
    if statement is None:
        return Line(Quoted(text))
    return Line(Quoted(text), statement.id, quote.comment(f"{statement.words} [{statement.id}]"))


def _returned(ndrs: ir.Ndrs) -> str:
    if ndrs.returned and ndrs.returned.what is p.Returned.EVERYTHING:
        return f"bounce_return_size_limit = {ndrs.returned.size or 0}"
    return "bounce_return_body = false"


def _mark(ndrs: ir.Ndrs) -> str:
    """Return what tells routers, from the header of an NDR, that it is not to be sent: a comment in its `From:`."""
    instead = " (copy, not sent)" if ndrs.copy else " (not sent)"
    refused = {
        p.NdrTo.TRUSTED: f"${{if !{_TRUSTED}{{{instead}}}}}",
        p.NdrTo.PASSING: f"${{if !{_PASSING}{{{instead}}}}}",
        p.NdrTo.NOBODY: instead,
    }.get(ndrs.to, "")
    if ndrs.double_bounces and (refused or cuts(ndrs)):
        refused = f"${{if def:sender_address{{{refused}}}{{{' (double bounce)' if cuts(ndrs) else ''}}}}}"
    if not ndrs.quarantined:
        return refused
    return f"${{if {_QUARANTINED}{{ (not sent)}}{f'{{{refused}}}' if refused else ''}}}"


def drops(ndrs: ir.Ndrs) -> bool:
    """Tell whether some NDRs go nowhere."""
    return ndrs.quarantined or (ndrs.to is not p.NdrTo.ANYONE and not ndrs.copy)


def cuts(ndrs: ir.Ndrs) -> str | None:
    """Return for which statement reports return nothing; copies at home keep their headers."""
    nothing = ndrs.returned and ndrs.returned.what is p.Returned.NOTHING
    return ndrs.origins["returned"].id if nothing else None


def _warned(ndrs: ir.Ndrs) -> str:
    """Return who hears of a delay: whoever would get an NDR, and nobody for bounces, lists and automatic mail."""
    ordinary = (
        r"{def:sender_address} {!def:h_List-ID:} {!def:h_List-Post:} "
        r"{!match{$h_precedence:}{(?i)bulk|list|junk}} {!match{$h_auto-submitted:}{(?i)auto-generated|auto-replied}}"
    )
    who = {
        p.NdrTo.TRUSTED: f"{{{_TRUSTED}}} ",
        p.NdrTo.PASSING: f"{{{_PASSING}}} ",
        p.NdrTo.NOBODY: "{bool{no}} ",
    }.get(ndrs.to, "")
    quarantined = f"{{!{_QUARANTINED}}} " if ndrs.quarantined else ""
    return f"and{{ {quarantined}{who}{ordinary} }}"


def double_bounces(ndrs: ir.Ndrs) -> Line | None:
    """Return where an undeliverable bounce goes, unless it was on its way there."""
    if ndrs.double_bounces is None:
        return None
    itself = f"eqi{{$local_part@$domain}}{{{quote.text(quote.dequoted(ndrs.double_bounces))}}}"
    copy = f"${{if !{itself}{{{quote.address(ndrs.double_bounces)}}}}}"
    return _line(ndrs, "double_bounces", f"${{if def:sender_address{{$sender_address}}{{{copy}}}}}")


def through(ndrs: ir.Ndrs) -> Through | None:
    """Return from where NDRs leave."""
    if ndrs.through is None:
        return None
    helo = quote.zone(ndrs.through.helo) if ndrs.through.helo else None
    return Through(ndrs.origins["through"].id, quote.ip(ndrs.through.address), helo)


# --- retries ----------------------------------------------------------------------------------------------------------
def retries(ndrs: ir.Ndrs) -> list[Line]:
    """Return retry rules, as far as statements ask for them; the first that fits an address counts."""
    rules = []
    if ndrs.bounce_seconds is not None:
        rules.append(_line(ndrs, "bounces", f"*  *  senders=:  {_schedule(ndrs.bounce_seconds)}"))
    if ndrs.mail_seconds is not None:
        rules.append(_line(ndrs, "mail", f"*  *  {_schedule(ndrs.mail_seconds)}"))
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
