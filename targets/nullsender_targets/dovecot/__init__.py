"""Dovecot with Pigeonhole: beside a mail server it keeps the mailboxes, and answers for people who are away."""

from nullsender.target import Target
from nullsender_targets.dovecot import ir
from nullsender_targets.dovecot.lower import lower
from nullsender_targets.dovecot.placement import placements
from nullsender_targets.dovecot.render import artifacts
from nullsender_targets.dovecot.table import capabilities
from nullsender_targets.dovecot.verify import verify

target: Target[ir.Script] = Target(
    name="dovecot",
    title="Dovecot",
    capabilities=capabilities,
    placements=placements,
    lower=lower,
    render=artifacts,
    verify=verify,
)
