"""What a directory is asked, as far as the lab understands it, and what it has to hold to know somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nullsender.lab.directories.place import place_of
from nullsender.policy import Directory, Policy, RecipientSource
from nullsender.query import Slot, pieces

_WORD = r"[a-z_]\w*"
_EQUAL = rf"({_WORD})\s*=\s*('[^'\\]*'|\d+)"
_ONE = rf"{_WORD}\s*=\s*(?:'[^'\\]*'|\d+)"
_WHAT = rf"(?:\d+|'[^']*'|\*|{_WORD})"
_QUERY = re.compile(
    rf"\s*select\s+(?P<what>{_WHAT}(?:\s*,\s*{_WHAT})*)\s+from\s+(?P<table>{_WORD})"
    rf"\s+where\s+(?P<where>{_ONE}(?:\s+and\s+{_ONE})*)(?:\s+limit\s+\d+)?\s*;?\s*",
    re.IGNORECASE | re.ASCII,
)
_TERM = r"\([a-z][a-z\d-]*=(?:\*|[^()*\\]+)\)"
_ITEM = rf"(?:{_TERM}|\(\|(?:{_TERM})+\))"
_FILTER = re.compile(rf"\(&(?P<terms>(?:{_ITEM})+)\)|(?P<term>{_ITEM})", re.IGNORECASE | re.ASCII)
_BASE = re.compile(r"[a-z][a-z\d-]*=[^,+\\=\"]+(?:,\s*[a-z][a-z\d-]*=[^,+\\=\"]+)*", re.IGNORECASE | re.ASCII)
_QUERIES = "the lab has no such directory: it understands one table, whose columns have to equal what is asked for"
_FILTERS = "the lab has no such directory: it understands filters of attributes that have to equal what is asked for"
_USERS = "the lab has no such directory: it knows users of databases by the names that a policy gives them"
_CERTIFICATES = "the lab has no such directory: it has no certificates for them"


@dataclass(frozen=True, slots=True)
class Asked:
    """A directory, and what has to equal what in it. `place` is where it is asked; without that, lookups fail."""

    directory: Directory
    place: str
    table: str  # nothing where there are entries below a base
    equal: tuple[tuple[str, str], ...]  # column and what it has to be, with the address in it; numbers as digits
    others: tuple[str, ...] = ()  # columns that are only shown
    numbers: frozenset[str] = frozenset()

    def row(self, address: str) -> tuple[tuple[str, str], ...]:
        """Return what knows an address: local parts stand in it without quotes, as servers ask for them."""
        local, _, domain = (asked := plain(address)).rpartition("@")
        parts = {Slot.ADDRESS: asked, Slot.LOCAL: local, Slot.DOMAIN: domain}
        return tuple(
            (name, "".join(parts[p] if isinstance(p, Slot) else p for p in pieces(text))) for name, text in self.equal
        )


def asked(source: RecipientSource) -> Asked | None:
    """Return what a directory is asked; None for what is none, or is not understood."""
    found = understood(source) if isinstance(source, Directory) else None
    return found if isinstance(found, Asked) else None


def understood(source: Directory) -> Asked | str:
    """Return what a directory is asked, or say why the lab has none that could be asked it."""
    if source.system != "sqlite" and not source.text("user") and source.system != "ldap":
        return _USERS
    found = _filtered(source) if source.system == "ldap" else _queried(source)
    if isinstance(found, Asked) and not any(isinstance(p, Slot) for _, text in found.equal for p in pieces(text)):
        return _FILTERS if source.system == "ldap" else _QUERIES
    return found


def directories(policy: Policy) -> Iterator[Asked]:
    """Yield the directories that servers ask for a policy, as far as they are understood."""
    sources = (source for served in policy.served for source in served.sources)
    yield from dict.fromkeys(found for source in sources if (found := asked(source)))


def _queried(source: Directory) -> Asked | str:
    found = _QUERY.fullmatch(source.text("query"))
    if found is None:
        return _QUERIES
    equal = [(name.lower(), value) for name, value in re.findall(_EQUAL, found["where"], re.IGNORECASE | re.ASCII)]
    names = [name for name, _ in equal]
    if len(set(names)) < len(names):
        return _QUERIES
    shown = dict.fromkeys(one.strip().lower() for one in re.sub(r"'[^']*'", "", found["what"]).split(","))
    return Asked(
        source,
        place_of(source),
        found["table"].lower(),
        tuple((name, value.strip("'")) for name, value in equal),
        tuple(name for name in shown if name[:1].isidentifier() and name not in names),
        frozenset(name for name, value in equal if value.isdigit()),
    )


def _filtered(source: Directory) -> Asked | str:
    text = source.text("filter").strip()
    found = _FILTER.fullmatch(text if text.startswith("(") else f"({text})")
    if source.text("starttls") == "yes" or source.text("server").lower().startswith("ldaps:"):
        return _CERTIFICATES
    names = (source.text("base"), source.text("bind"))
    if found is None or not all(_BASE.fullmatch(name) for name in names if name):
        return _FILTERS
    items = re.findall(_ITEM, found["terms"] or found["term"], re.IGNORECASE | re.ASCII)
    terms = (re.findall(_TERM, item, re.IGNORECASE | re.ASCII)[0] for item in items)  # of several one is enough
    equal = (term[1:-1].partition("=") for term in terms)
    return Asked(
        source, place_of(source), "", tuple((name.lower(), "x" if value == "*" else value) for name, _, value in equal)
    )


def plain(address: str) -> str:
    """Return an address with its local part as it is meant: without quotes."""
    local, at, host = address.rpartition("@")
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return f"{local}{at}{host}"


def confused(of: Asked, known: Iterable[str], unknown: Iterable[str]) -> bool:
    """Tell whether a directory that knows some knows others, too, since it is not asked for all of their address."""
    rows = {of.row(address) for address in known}
    return any(of.row(address) in rows for address in unknown)
