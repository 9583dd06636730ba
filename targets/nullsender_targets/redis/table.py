"""What Redis can do: decide nothing, and keep what others count. Measured on version 7.0 of Debian 12."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import Capabilities
from nullsender.features import FEATURES

LISTENS: Mapping[str, str] = {"redis": "127.0.0.1:11336"}  # not where a Redis of the owner's would listen

capabilities = Capabilities(
    versions=("7.0",),
    ways={},
    cannot=dict.fromkeys(FEATURES, "Redis keeps what others count, and decides nothing"),
    offers=LISTENS,
)
