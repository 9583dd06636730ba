"""Exchange Online: a tenant's mail service, which judges much by itself and is set by cmdlets."""

from nullsender.target import Target
from nullsender_targets.exchange import ir
from nullsender_targets.exchange.cmdlets import Service
from nullsender_targets.exchange.lower import lowering
from nullsender_targets.exchange.online.table import capabilities
from nullsender_targets.exchange.placement import placements
from nullsender_targets.exchange.render import render
from nullsender_targets.exchange.verify import verify

target: Target[ir.Scripts] = Target(
    name="exchange-online",
    title="Exchange Online",
    capabilities=capabilities,
    placements=placements,
    lower=lowering(Service.ONLINE),
    render=render,
    verify=verify,
)
