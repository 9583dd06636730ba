"""rspamd: a filter beside a mail server, which hears of a message when its data ends and gives one verdict for all."""

from nullsender.target import Target
from nullsender_targets.rspamd import ir
from nullsender_targets.rspamd.lab import lab
from nullsender_targets.rspamd.lower import lower
from nullsender_targets.rspamd.placement import placements
from nullsender_targets.rspamd.render import artifacts
from nullsender_targets.rspamd.table import capabilities
from nullsender_targets.rspamd.verify import verify

target: Target[ir.Configuration] = Target(
    name="rspamd",
    title="rspamd",
    capabilities=capabilities,
    placements=placements,
    lower=lower,
    render=artifacts,
    verify=verify,
    fixed_texts=lambda configuration: dict(configuration.fixed_texts),
    lab=lab,
)
