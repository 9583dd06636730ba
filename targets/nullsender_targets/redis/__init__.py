"""Redis: keeps what a filter counts, so that limits and greylisting outlast a message."""

from nullsender.target import Target
from nullsender_targets.redis import ir
from nullsender_targets.redis.lab import lab
from nullsender_targets.redis.lower import lower
from nullsender_targets.redis.placement import placements
from nullsender_targets.redis.render import artifacts
from nullsender_targets.redis.table import capabilities
from nullsender_targets.redis.verify import verify

target: Target[ir.Configuration] = Target(
    name="redis",
    title="Redis",
    capabilities=capabilities,
    placements=placements,
    lower=lower,
    render=artifacts,
    verify=verify,
    lab=lab,
)
