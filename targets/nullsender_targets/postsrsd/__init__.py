"""postsrsd: makes and reads the addresses to which bounces of forwarded mail come, for a server that asks it."""

from nullsender.target import Target
from nullsender_targets.postsrsd import ir
from nullsender_targets.postsrsd.lab import lab
from nullsender_targets.postsrsd.lower import lower
from nullsender_targets.postsrsd.placement import placements
from nullsender_targets.postsrsd.render import artifacts
from nullsender_targets.postsrsd.table import capabilities
from nullsender_targets.postsrsd.verify import verify

target: Target[ir.Configuration] = Target(
    name="postsrsd",
    title="postsrsd",
    capabilities=capabilities,
    placements=placements,
    lower=lower,
    render=artifacts,
    verify=verify,
    lab=lab,
)
