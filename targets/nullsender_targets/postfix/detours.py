"""Lead mail through a second smtpd of ours on loopback, as to a content filter.

A report is suppressed with NOTIFY=NEVER (RFC 3461, section 4.1), which a command filter adds to each RCPT command on
port 25. That is known for a service, not for a client; so what trusted clients send goes on to another smtpd, whose
command filter takes NOTIFY=NEVER off again. Whatever fails on this way fails to the safe side: without a report.
"""

from __future__ import annotations

from nullsender_targets.postfix import ir
from nullsender_targets.postfix.loopback import AS_IT_IS, UNFILTERED, Port, entrance, way_there
from nullsender_targets.postfix.settled import Settled

TRUSTED, QUARANTINE = "nullsender-trusted", "nullsender-quarantine"
PASSING = "filters/passing.pcre"
QUARANTINED, UNMARKED, ASIDE = "filters/quarantined.pcre", "filters/unmarked.pcre", "filters/aside.pcre"
NEVER, AGAIN = "filters/no-reports.pcre", "filters/reports-again.pcre"
_NOTHING = ir.Expression("")


def only_trusted(ids: tuple[str, ...]) -> Settled:
    """Return what keeps reports from all but trusted clients."""
    way_back: ir.Value = (ir.File("pcre", AGAIN),)
    services = (
        *entrance(TRUSTED, Port.TRUSTED, (AS_IT_IS, ("smtpd_command_filter", way_back)), ids),
        way_there(TRUSTED, (("smtp_header_checks", _NOTHING),), ids),
    )
    never: tuple[tuple[str, ir.Value], ...] = (("smtpd_command_filter", (ir.File("pcre", NEVER),)),)
    return Settled(services=services, entrance=never, filters=(NEVER, AGAIN))


def passing() -> Settled:
    """Return what sees the mark of the filter, and leads the message the same way."""
    return Settled(marks=(PASSING,), filters=(PASSING,))


def led_by_marks(marks: tuple[str, ...]) -> tuple[ir.Parameter, ...]:
    """Return what sees the marks of the filter, and no fields from outside."""
    maps: tuple[ir.Map, ...] = tuple(ir.File("pcre", name) for name in marks)
    return (ir.Parameter("milter_header_checks", maps, how=ir.How.FIRST),) if maps else ()


def quarantine(address: str | None, *, marked: bool) -> Settled:
    """Return what keeps reports of quarantined mail back, and sends it to an address where there is one.

    `marked`: a filter puts mail into quarantine.
    """
    told: tuple[ir.Map, ...] = (ir.File("pcre", ASIDE if address else NEVER),)
    options = (UNFILTERED if address else AS_IT_IS, ("smtpd_command_filter", told))
    unmarked: tuple[ir.Map, ...] = (ir.File("pcre", UNMARKED),)
    soft: tuple[tuple[str, ir.Value], ...] = (
        ("smtp_header_checks", unmarked if marked else _NOTHING),
        ("soft_bounce", ir.Expression("yes")),
    )
    services = (*entrance(QUARANTINE, Port.QUARANTINE, options, ()), way_there(QUARANTINE, soft, ()))
    filters = (ASIDE if address else NEVER, *((QUARANTINED, UNMARKED) if marked else ()))
    return Settled(services=services, marks=(QUARANTINED,) if marked else (), filters=filters)
