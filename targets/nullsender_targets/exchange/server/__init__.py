"""Exchange Server: its Edge Transport role, which speaks SMTP to the internet and is set by cmdlets."""

from nullsender.target import Target
from nullsender_targets.exchange import ir
from nullsender_targets.exchange.cmdlets import Service
from nullsender_targets.exchange.lower import lowering
from nullsender_targets.exchange.placement import placements
from nullsender_targets.exchange.render import render
from nullsender_targets.exchange.server.table import capabilities
from nullsender_targets.exchange.verify import verify

target: Target[ir.Scripts] = Target(
    name="exchange-server",
    title="Exchange Server",
    capabilities=capabilities,
    placements=placements,
    lower=lowering(Service.SERVER),
    render=render,
    verify=verify,
)
