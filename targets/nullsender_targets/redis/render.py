"""Print the configuration of a Redis of its own. Nothing in it comes from a policy's words."""

from __future__ import annotations

from nullsender.layout import Quoted, artifact, render
from nullsender.target import Artifact
from nullsender_targets.redis import ir
from nullsender_targets.redis.placement import FILE


def artifacts(configuration: ir.Configuration) -> tuple[Artifact, ...]:
    """Return its one file, the same beside a Redis of the owner's and where there is none."""
    host, port = Quoted(configuration.host), Quoted(configuration.port)
    return (artifact(FILE, render("nullsender_targets.redis", "redis.conf.j2", host=host, port=port)),)
