"""Exim: a mail server whose access control lists are a language of their own, so a policy fits it without loss."""

from nullsender.target import Target
from nullsender_targets.exim import ir
from nullsender_targets.exim.lab import lab
from nullsender_targets.exim.lower import lower
from nullsender_targets.exim.placement import placements
from nullsender_targets.exim.render import render
from nullsender_targets.exim.table import capabilities
from nullsender_targets.exim.verify import verify

target: Target[ir.Exim] = Target(
    name="exim",
    title="Exim",
    capabilities=capabilities,
    placements=placements,
    lower=lower,
    render=render,
    verify=verify,
    lab=lab,
)
