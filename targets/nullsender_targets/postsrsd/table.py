"""What postsrsd can do: decide nothing, and answer its server. Measured on version 1.10 of Debian 12."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import Capabilities
from nullsender.features import FEATURES

LISTENS: Mapping[str, str] = {"srs": "127.0.0.1:11338"}  # and on the next port; not where one of the owner's would

capabilities = Capabilities(
    versions=("1.10",),
    ways={},
    cannot=dict.fromkeys(FEATURES, "postsrsd makes and reads addresses for its server, and decides nothing"),
    offers=LISTENS,
)
