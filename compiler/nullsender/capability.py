"""What a component can do: sentences keyed by feature; what is not listed is `cannot`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from nullsender.policy import Rule, Stage
from nullsender.srs import Dialect

Version = tuple[int, ...]


def version(text: str) -> Version:
    """Return `3.7.11` as (3, 7, 11)."""
    return tuple(int(part) for part in text.split("."))


class Loss(Enum):
    """One way in which an approximation differs from what the policy means."""

    CODE = "another code of the same class"
    LATER = "the message is refused instead of the recipient"
    SCOPE = "every recipient of the message instead of one"
    NARROWER = "fires in fewer sessions"
    LOG = "decided without the rule's id"
    REPORT = "a report may leave to the sender"


ANY_STAGE = frozenset(Stage)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do a feature: when, at what price and under which circumstances, and a sentence that says how.

    `stages` are the moments at which the component decides it; they do not count for settings. `needs` are
    circumstances that all must hold: a kind of link (`milter`), or the mode (`standalone`, `fragment`); of `without`
    none may. `several` are losses that only messages with several recipients show: they count unless the rule sees none
    of those. `dialect` is that of the addresses that it makes, which nobody takes who speaks another.
    """

    sentence: str
    stages: frozenset[Stage] = ANY_STAGE
    losses: frozenset[Loss] = frozenset()
    needs: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    since: Version = ()
    before: Version | None = None
    several: frozenset[Loss] = frozenset()
    dialect: Dialect | None = None

    def serves(self, version: Version, circumstances: frozenset[str]) -> bool:
        fits = self.needs <= circumstances and self.without.isdisjoint(circumstances)
        return fits and self.since <= version and (self.before is None or version < self.before)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The table of a target.

    `ways` maps each feature of `features.FEATURES` that it has to its ways; `cannot` says of some others why not.
    `accepts` are the kinds of link by which it can attach a helper, best first; `offers` maps the kinds by which it
    can be attached itself to the address where it listens. `versions` are those the table was measured on, oldest
    first. `native_replies` are replies it can give without being told, so that they cost no `Loss.CODE`, and
    `unreadable` is the one where a file of the server's is missing that it would have to ask. `unfit` says why a rule
    cannot be done as a whole though each of its features can; None where nothing stands against it.
    """

    versions: tuple[str, ...]
    ways: Mapping[str, tuple[Way, ...]]
    cannot: Mapping[str, str] = field(default_factory=dict)
    accepts: tuple[str, ...] = ()
    offers: Mapping[str, str] = field(default_factory=dict)
    native_replies: frozenset[tuple[int, str]] = frozenset()
    unreadable: tuple[int, str] | None = None
    unfit: Callable[[Rule], str | None] = lambda _: None

    def ways_of(self, feature: str, version: Version, circumstances: frozenset[str]) -> tuple[Way, ...]:
        """Return every way this version does `feature` under these circumstances; none means `cannot`."""
        return tuple(way for way in self.ways.get(feature, ()) if way.serves(version, circumstances))
