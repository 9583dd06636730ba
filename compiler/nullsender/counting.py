"""Count messages for limits: what is refused is not counted, and what goes beyond a limit is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from nullsender.asking import View
from nullsender.policy import Limit


@dataclass(slots=True)
class Counters:
    """The counters of all limits, which go on from session to session; `pending` are those of the present one."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    pending: list[tuple[str, str]] = field(default_factory=list)

    def is_over(self, rule: str, limit: Limit, view: View) -> bool:
        """Note the message for a rule's limit, and tell whether somebody it counts for has had as many as it may."""
        keys = [(rule, key) for key in dict.fromkeys(_keys(limit, view)) if key]  # nobody counts for what has no name
        over = [key for key in keys if self.counts[key] >= limit.count]
        self.pending += [key for key in keys if key not in over]  # counts stop at the limit: beyond is beyond
        return bool(over)

    def settle(self, *, refused: bool) -> bool:
        """End the session: count it unless it was refused, and tell whether that changed anything."""
        counted = () if refused else tuple(self.pending)
        self.counts.update(counted)
        self.pending = []
        return bool(counted)


def _keys(limit: Limit, view: View) -> Iterator[str]:
    """Yield for whom a message counts; addresses without their subaddress."""

    def whole(address: str) -> str:
        return (view.forms(address) or (address.lower(),))[-1]

    session = view.session
    match limit.per:
        case "recipient":
            yield from map(whole, view.recipients)
        case "client":
            yield session.client
        case "sender":
            yield whole(session.sender)
        case "login":
            yield session.login or ""
        case _:
            of = (session.sender,) if session.sender else view.recipients
            yield from (whole(address).rpartition("@")[2] for address in of if "@" in address)
