"""What Dovecot can do beside a mail server, measured on version 2.3 of Debian 12 with Pigeonhole 0.5."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import Capabilities, Way
from nullsender.features import FEATURES

_WAYS: Mapping[str, tuple[Way, ...]] = {
    "answer automatically": (
        Way("a Sieve script before people's own takes the place of their `vacation`, and sends nothing"),
    ),
}
_THE_SERVERS = "it is the mail server that does this, which Dovecot stands beside"
_CANNOT = "what comes to Dovecot was accepted already"
_DECIDED = ("condition", "action", "limit", "recipients")

capabilities = Capabilities(
    versions=("2.3",),
    ways=_WAYS,
    cannot={
        feature: _CANNOT if heading in _DECIDED else _THE_SERVERS
        for feature, heading in FEATURES.items()
        if feature not in _WAYS
    },
    offers={"mailbox": ""},  # nothing connects to it for the policy's sake
)
