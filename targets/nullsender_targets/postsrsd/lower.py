"""Turn postsrsd's part of a plan into its settings."""

from __future__ import annotations

from nullsender.diagnostic import Diagnostic
from nullsender.plan import Part
from nullsender_targets.postsrsd import ir


def lower(part: Part) -> tuple[ir.Configuration, tuple[Diagnostic, ...]]:
    """Return its service; the table lets no rule come here. It reads addresses on the port after its first."""
    if part.site.srs is None:
        return ir.Configuration(None), ()
    host, _, port = part.links[0].address.rpartition(":")
    return ir.Configuration(ir.Service(host, int(port), int(port) + 1, part.site.srs.domain, part.site.srs.keys)), ()
