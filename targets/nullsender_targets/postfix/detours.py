"""Lead mail through a second smtpd of ours on loopback, as to a content filter.

A report is suppressed with NOTIFY=NEVER (RFC 3461, section 4.1), which a command filter adds to each RCPT command on
port 25. That is known for a service, not for a client; so what trusted clients send goes on to another smtpd, whose
command filter takes NOTIFY=NEVER off again. Whatever fails on this way fails to the safe side: without a report.
"""

from __future__ import annotations

from nullsender_targets.postfix import ir
from nullsender_targets.postfix.settled import Settled

TRUSTED, TRUSTED_PORT = "nullsender-trusted", 10589
PASSING = "filters/passing.pcre"
NEVER, AGAIN = "filters/no-reports.pcre", "filters/reports-again.pcre"
_NOTHING = ir.Expression("")


def only_trusted(ids: tuple[str, ...]) -> Settled:
    """Return what keeps reports from all but trusted clients."""
    way_back: ir.Value = (ir.File("pcre", AGAIN),)
    services = (entrance(TRUSTED, TRUSTED_PORT, (("smtpd_command_filter", way_back),), ids), _way_there(TRUSTED, ids))
    never: tuple[tuple[str, ir.Value], ...] = (("smtpd_command_filter", (ir.File("pcre", NEVER),)),)
    return Settled(services=services, entrance=never, filters=(NEVER, AGAIN))


def passing(ids: tuple[str, ...]) -> Settled:
    """Return what sees the mark of the filter, and no field from outside, and leads the message the same way."""
    marked: tuple[ir.Map, ...] = (ir.File("pcre", PASSING),)
    return Settled((ir.Parameter("milter_header_checks", marked, ids, ir.How.FIRST),), filters=(PASSING,))


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


def _way_there(name: str, ids: tuple[str, ...]) -> ir.Service:
    return ir.Service(
        name,
        "unix",
        "smtp",
        (
            ("syslog_name", ir.Expression(f"postfix/{name}")),
            ("smtp_send_xforward_command", ir.Expression("yes")),
            ("smtp_tls_security_level", ir.Expression("none")),
            ("smtp_generic_maps", _NOTHING),
            ("smtp_header_checks", _NOTHING),
            ("smtp_line_length_limit", ir.Expression("0")),
            ("smtp_bind_address", _NOTHING),
        ),
        made_for=ids,
    )
