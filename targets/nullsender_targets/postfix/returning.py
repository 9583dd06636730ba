"""Have reports return nothing: bounce(8) always puts at least the headers in, so a script takes them out again.

Reports alone are led to it, by a header check of the cleanup(8) that bounce(8) then hands them to; it gives them back
to an smtpd of ours on loopback. Whatever fails on this way, the report waits.
"""

from __future__ import annotations

from nullsender.policy import Letter
from nullsender_targets.postfix import ir
from nullsender_targets.postfix.loopback import AS_IT_IS, Port, entrance
from nullsender_targets.postfix.settled import Settled

NOTHING = "filters/return-nothing.pcre"
NAME, _CLEANUP = "nullsender-nothing", "nullsender-reports"
_SCRIPT = "/usr/bin/perl /etc/postfix/nullsender/reports/cut.pl"

# Postfix's own words speak of what is attached.
WORDS = Letter(
    "Undelivered Mail",
    (
        "This is the mail system.",
        "",
        "Your message could not be delivered to one or more recipients. What became of",
        "each of them stands below.",
        "",
        "For further assistance, please send mail to postmaster.",
    ),
)


def nothing(ids: tuple[str, ...]) -> Settled:
    """Return what takes the returned part out of reports, and only of those that Postfix itself has made."""
    empty = ir.Expression("")
    checks: tuple[ir.Map, ...] = (ir.File("pcre", NOTHING),)
    cleanup = ir.Service(
        _CLEANUP,
        "unix",
        "cleanup",
        (
            ("syslog_name", ir.Expression(f"postfix/{_CLEANUP}")),
            ("header_checks", checks),
            ("mime_header_checks", empty),
            ("nested_header_checks", empty),
            ("body_checks", empty),
            ("non_smtpd_milters", empty),
        ),
        private="n",
        processes="0",
        made_for=ids,
    )
    pipe = ir.Service(
        NAME,
        "unix",
        f"pipe flags=q user=nobody argv={_SCRIPT} {Port.NOTHING} ${{recipient}}",
        (("syslog_name", ir.Expression(f"postfix/{NAME}")), ("soft_bounce", ir.Expression("yes"))),
        unprivileged="n",
        made_for=ids,
    )
    back = entrance(NAME, Port.NOTHING, (AS_IT_IS,), ids)
    reporting: tuple[tuple[str, ir.Value], ...] = (
        ("cleanup_service_name", ir.Expression(_CLEANUP)),
        ("internal_mail_filter_classes", ir.Expression("bounce")),
    )
    return Settled(services=(cleanup, pipe, *back), reporting=reporting, filters=(NOTHING,))
