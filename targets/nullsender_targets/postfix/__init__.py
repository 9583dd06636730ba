"""Postfix: restriction lists of access tables at RCPT and DATA, and its own settings for non-delivery reports."""

from nullsender.target import Target
from nullsender_targets.postfix import ir
from nullsender_targets.postfix.lab import lab
from nullsender_targets.postfix.lower import lower
from nullsender_targets.postfix.placement import placements
from nullsender_targets.postfix.render import artifacts
from nullsender_targets.postfix.table import capabilities
from nullsender_targets.postfix.verify import verify

target: Target[ir.Configuration] = Target(
    name="postfix",
    title="Postfix",
    capabilities=capabilities,
    placements=placements,
    lower=lower,
    render=artifacts,
    verify=verify,
    fixed_texts=lambda configuration: dict(configuration.fixed_texts),
    lab=lab,
)
