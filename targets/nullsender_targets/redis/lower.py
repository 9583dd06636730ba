"""Turn Redis' part of a plan into its settings."""

from __future__ import annotations

from nullsender.diagnostic import Diagnostic
from nullsender.plan import Part
from nullsender_targets.redis import ir


def lower(part: Part) -> tuple[ir.Configuration, tuple[Diagnostic, ...]]:
    """Return where it listens; the table lets no rule come here."""
    host, _, port = part.links[0].address.rpartition(":")
    return ir.Configuration(host, int(port)), ()
