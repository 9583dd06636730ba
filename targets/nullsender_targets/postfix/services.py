"""Declare services of ours that smtpd asks by the policy protocol (SMTPD_POLICY_README): scripts, run by spawn(8)."""

from __future__ import annotations

from nullsender_targets.postfix import ir

_SPARE = 5  # seconds that the script itself may take


def service(name: str, user: str, shell: str) -> ir.Service:
    """Return the service whose script stands in the folder of that name; it runs for one smtpd at a time."""
    command = f"spawn user={user} argv={shell} /etc/postfix/nullsender/{name}/ask.sh"
    return ir.Service(f"nullsender-{name}", "unix", command, unprivileged="n", processes="0")


def asking(asked: ir.Service, context: str, seconds: int, otherwise: ir.Outcome) -> ir.AskPolicy:
    """Return the question to a service whose work takes so many seconds; `otherwise` is for when it says nothing."""
    return ir.AskPolicy(f"unix:private/{asked.name}", context, seconds + _SPARE, otherwise)
