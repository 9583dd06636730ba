"""Declare what listens on loopback for this machine alone: a second smtpd for what the first has accepted."""

from __future__ import annotations

from enum import IntEnum

from nullsender_targets.postfix import ir

_NOTHING = ir.Expression("")
_ONCE = "no_header_body_checks, no_milters"
UNFILTERED: tuple[str, ir.Value] = ("receive_override_options", ir.Expression(_ONCE))
AS_IT_IS: tuple[str, ir.Value] = ("receive_override_options", ir.Expression(f"no_address_mappings, {_ONCE}"))


class Port(IntEnum):
    """Every port that is listened on; any user of the machine may speak to them, as he may to sendmail(1)."""

    NOTHING = 10587
    QUARANTINE = 10588
    TRUSTED = 10589
    FORWARD = 10590
    FORWARDED = 10591
    REVERSE = 10592


def entrance(
    name: str, port: Port, options: tuple[tuple[str, ir.Value], ...], ids: tuple[str, ...]
) -> tuple[ir.Service, ...]:
    """Return an smtpd that takes everything from this machine, and the cleanup(8) behind it.

    What was accepted once is accepted here, too: as it has grown, and with one more trace of its way.
    """
    cleanup = f"{name}-cleanup"
    larger: tuple[tuple[str, ir.Value], ...] = (("message_size_limit", ir.Expression("0")),)
    smtpd = ir.Service(
        f"127.0.0.1:{port}",
        "inet",
        "smtpd",
        (
            ("syslog_name", ir.Expression(f"postfix/{name}")),
            *options,
            ("cleanup_service_name", ir.Expression(cleanup)),
            *larger,
            ("smtpd_authorized_xforward_hosts", ir.Expression("127.0.0.0/8")),
            ("smtpd_client_restrictions", _NOTHING),
            ("smtpd_helo_restrictions", _NOTHING),
            ("smtpd_sender_restrictions", _NOTHING),
            ("mynetworks", ir.Expression("127.0.0.0/8")),
            ("smtpd_relay_restrictions", (ir.Native.PERMIT_NEIGHBOURS, ir.Native.REJECT)),
            ("smtpd_recipient_restrictions", _NOTHING),
            ("smtpd_data_restrictions", _NOTHING),
            ("smtpd_end_of_data_restrictions", _NOTHING),
            ("smtpd_reject_unlisted_sender", ir.Expression("no")),
            ("smtpd_reject_unlisted_recipient", ir.Expression("no")),
            ("smtpd_milters", _NOTHING),
            ("smtpd_discard_ehlo_keywords", _NOTHING),
            ("smtpd_discard_ehlo_keyword_address_maps", _NOTHING),
            ("smtpd_client_connection_count_limit", ir.Expression("0")),
            ("smtpd_tls_security_level", ir.Expression("none")),
            ("smtpd_sasl_auth_enable", ir.Expression("no")),
        ),
        private="n",
        made_for=ids,
    )
    behind = (("hopcount_limit", ir.Expression("200")), *larger)
    return smtpd, ir.Service(cleanup, "unix", "cleanup", behind, "n", processes="0", made_for=ids)


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
