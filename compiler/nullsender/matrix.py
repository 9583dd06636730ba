"""What each server can do, alone and with each helper that it can attach: the capability tables as one matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nullsender.capability import Capabilities, Loss, Way, version
from nullsender.features import FEATURES
from nullsender.target import AnyTarget

MODES = frozenset({"standalone", "fragment"})
HEADINGS = {
    "recipients": "Recipients",
    "delivery": "Delivery",
    "condition": "Conditions",
    "action": "Actions",
    "limit": "Limits",
    "ndr": "Non-delivery reports",
    "identity": "Reverse-paths and autoreplies",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A server with none or one helper, or a helper by itself (with the links that it offers).

    `further` are helpers that the helper may have, by the link to them.
    """

    name: str
    members: tuple[tuple[AnyTarget, frozenset[str]], ...]  # each with its circumstances
    further: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a column does with a feature: `by` is the component, None for cannot, whose sentence says why.

    `several` are losses that only messages with several recipients show. `mode` is the one in which alone it can be
    done, None for both, and `further` the helper without which it cannot.
    """

    by: str | None
    losses: frozenset[Loss] = frozenset()
    several: frozenset[Loss] = frozenset()
    mode: str | None = None
    further: str | None = None
    stages: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def verdict(self) -> str:
        if self.by is None:
            return "cannot"
        return "approximate" if self.losses or self.several else "exact"


@dataclass(frozen=True, slots=True)
class Row:
    """A feature, the heading it stands under, and a cell for each column."""

    feature: str
    heading: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def matrix(names: Iterable[str], load: Callable[[str], AnyTarget]) -> Matrix:
    """Return the matrix of all targets, and of each server with each helper that it can attach."""
    columns = tuple(_columns([load(name) for name in names]))
    rows = (Row(f, HEADINGS[h], tuple(_cell(f, column) for column in columns)) for f, h in FEATURES.items())
    return Matrix(tuple(column.name for column in columns), tuple(rows))


def _columns(targets: Sequence[AnyTarget]) -> Iterator[Column]:
    """Yield a column for each target that decides anything, and for each server with each such helper."""
    deciding = [target for target in targets if target.capabilities.ways]
    titles = {kind: target.title for target in targets for kind in target.capabilities.offers}
    busy = {kind for target in deciding for kind in target.capabilities.offers}
    further = {
        t.name: {k: titles[k] for k in t.capabilities.accepts if k in titles and k not in busy} for t in deciding
    }
    for target in deciding:
        offers = frozenset(target.capabilities.offers)
        its = further[target.name]
        yield Column(target.title, ((target, MODES | offers | set(its)),), its)
    for server in deciding:
        for helper in deciding:
            kind = next((k for k in server.capabilities.accepts if k in helper.capabilities.offers), None)
            if helper is not server and kind is not None:
                of_server, of_helper = further[server.name], further[helper.name]
                members = ((server, MODES | {kind} | set(of_server)), (helper, MODES | {kind} | set(of_helper)))
                its = {**of_server, **of_helper}
                yield Column(f"{server.title} with {helper.title}", members, its)


def _cell(feature: str, column: Column) -> Cell:
    ways = [
        (target, way)
        for target, circumstances in column.members
        for way in target.capabilities.ways_of(feature, version(target.capabilities.versions[-1]), circumstances)
    ]
    if not ways:
        return Cell(None, sentence=_why_not(feature, column))
    cheapest = min(_price(way) for _, way in ways)
    best = [(target, way) for target, way in ways if _price(way) == cheapest]
    alone = [(target, way) for target, way in best if way.needs.isdisjoint(column.further)]
    best = alone or best
    target, way = min(best, key=lambda pair: len(pair[1].needs & MODES))
    modes = set[str]().union(*(way.needs & MODES or MODES for _, way in best))
    return Cell(
        target.title,
        way.losses,
        way.several,
        modes.pop() if len(modes) == 1 else None,
        None if alone else ", ".join(title for kind, title in column.further.items() if kind in way.needs),
        tuple(stage.word for stage in sorted(way.stages)),
        way.sentence,
    )


def _price(way: Way) -> int:
    return len(way.losses | way.several)


def _why_not(feature: str, column: Column) -> str:
    reasons = [(target.title, _reason(feature, target.capabilities)) for target, _ in column.members]
    if len(reasons) == 1:
        return reasons[0][1]
    return "; ".join(f"{title}: {reason}" for title, reason in reasons)


def _reason(feature: str, table: Capabilities) -> str:
    links = sorted({need for way in table.ways.get(feature, ()) for need in way.needs - MODES})
    if links:
        return f"only with {' or '.join(links)}"
    apart = sorted({link for way in table.ways.get(feature, ()) for link in way.without})
    if apart:
        return f"only without {' or '.join(apart)}"
    return table.cannot.get(feature, "not known to it")
