"""Lead mail through a second smtpd of ours on loopback, as to a content filter.

A report is suppressed with NOTIFY=NEVER (RFC 3461, section 4.1), which a command filter adds to each RCPT command on
port 25. That is known for a service, not for a client; so what trusted clients send goes on to another smtpd, whose
command filter takes NOTIFY=NEVER off again. Whatever fails on this way fails to the safe side: without a report.
"""

from __future__ import annotations

from nullsender_targets.postfix import ir
from nullsender_targets.postfix.settled import Settled

TRUSTED, TRUSTED_PORT = "nullsender-trusted", 10589
QUARANTINE, QUARANTINE_PORT = "nullsender-quarantine", 10588
PASSING = "filters/passing.pcre"
QUARANTINED, UNMARKED, ASIDE = "filters/quarantined.pcre", "filters/unmarked.pcre", "filters/aside.pcre"
NEVER, AGAIN = "filters/no-reports.pcre", "filters/reports-again.pcre"
_NOTHING = ir.Expression("")


def only_trusted(ids: tuple[str, ...]) -> Settled:
    """Return what keeps reports from all but trusted clients."""
    way_back: ir.Value = (ir.File("pcre", AGAIN),)
    services = (
        entrance(TRUSTED, TRUSTED_PORT, (("smtpd_command_filter", way_back),), ids),
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

    What was accepted once is accepted here, too: as it has grown, and with one more trace of its way. `marked`: a
    filter puts mail into quarantine.
    """
    cleanup = f"{QUARANTINE}-cleanup"
    larger: tuple[tuple[str, ir.Value], ...] = (("message_size_limit", ir.Expression("0")),)
    told: tuple[ir.Map, ...] = (ir.File("pcre", ASIDE if address else NEVER),)
    as_it_is = ("no_header_body_checks", "no_milters", *(() if address else ("no_address_mappings",)))
    options: tuple[tuple[str, ir.Value], ...] = (
        ("smtpd_command_filter", told),
        ("cleanup_service_name", ir.Expression(cleanup)),
        ("receive_override_options", ir.Expression(", ".join(as_it_is))),
        ("smtpd_reject_unlisted_sender", ir.Expression("no")),
        *larger,
    )
    unmarked: tuple[ir.Map, ...] = (ir.File("pcre", UNMARKED),)
    soft: tuple[tuple[str, ir.Value], ...] = (
        ("smtp_header_checks", unmarked if marked else _NOTHING),
        ("soft_bounce", ir.Expression("yes")),
    )
    services = (
        entrance(QUARANTINE, QUARANTINE_PORT, options, ()),
        ir.Service(cleanup, "unix", "cleanup", (("hopcount_limit", ir.Expression("200")), *larger), "n", processes="0"),
        way_there(QUARANTINE, soft, ()),
    )
    filters = (ASIDE if address else NEVER, *((QUARANTINED, UNMARKED) if marked else ()))
    return Settled(services=services, marks=(QUARANTINED,) if marked else (), filters=filters)


def entrance(name: str, port: int, options: tuple[tuple[str, ir.Value], ...], ids: tuple[str, ...]) -> ir.Service:
    """Return an smtpd that takes everything from this machine."""
    return ir.Service(
        f"127.0.0.1:{port}",
        "inet",
        "smtpd",
        (
            ("syslog_name", ir.Expression(f"postfix/{name}")),
            *options,
            ("smtpd_authorized_xforward_hosts", ir.Expression("127.0.0.0/8")),
            ("smtpd_client_restrictions", _NOTHING),
            ("smtpd_helo_restrictions", _NOTHING),
            ("smtpd_sender_restrictions", _NOTHING),
            ("mynetworks", ir.Expression("127.0.0.0/8")),
            ("smtpd_relay_restrictions", (ir.Native.PERMIT_NEIGHBOURS, ir.Native.REJECT)),
            ("smtpd_recipient_restrictions", _NOTHING),
            ("smtpd_data_restrictions", _NOTHING),
            ("smtpd_end_of_data_restrictions", _NOTHING),
            ("smtpd_reject_unlisted_recipient", ir.Expression("no")),
            ("smtpd_milters", _NOTHING),
            ("smtpd_client_connection_count_limit", ir.Expression("0")),
            ("smtpd_tls_security_level", ir.Expression("none")),
            ("smtpd_sasl_auth_enable", ir.Expression("no")),
        ),
        private="n",
        made_for=ids,
    )


def way_there(
    name: str, options: tuple[tuple[str, ir.Value], ...], ids: tuple[str, ...], command: str = "smtp"
) -> ir.Service:
    """Return a transport to what listens on this machine: what it brings stays as it is."""
    return ir.Service(
        name,
        "unix",
        command,
        (
            ("syslog_name", ir.Expression(f"postfix/{name}")),
            ("smtp_send_xforward_command", ir.Expression("yes")),
            ("smtp_tls_security_level", ir.Expression("none")),
            ("smtp_generic_maps", _NOTHING),
            *options,
            ("smtp_line_length_limit", ir.Expression("0")),
            ("smtp_bind_address", _NOTHING),
        ),
        made_for=ids,
    )
