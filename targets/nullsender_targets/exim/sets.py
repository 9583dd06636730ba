"""Turn sets of a policy into named lists, tables and lookups, and questions about them into expansion conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from nullsender.entryfile import expand
from nullsender.names import Entries, Kind
from nullsender_targets.exim import ir

WRITTEN_OUT = 100  # members of a set that still read well in a list
MOST_LISTS = 24  # of each kind: Exim takes 32, and those of its owner are among them
SEARCHED = 1_000  # lines that are searched one by one as fast as an index is opened
LONGEST_NAME = 48  # Exim cuts the names of lists at 63 characters

_MATCH = {
    Kind.ADDRESSES: ir.Match.ADDRESS,
    Kind.DOMAINS: ir.Match.DOMAIN,
    Kind.HOSTS: ir.Match.DOMAIN,
    Kind.NETWORKS: ir.Match.IP,
}
_FORM = {
    ir.Match.ADDRESS: ir.Form.ADDRESSES,
    ir.Match.DOMAIN: ir.Form.DOMAINS,
    ir.Match.IP: ir.Form.NETWORKS,
}


@dataclass(slots=True)
class Sets:
    """The lists and tables wanted so far; each set is made once."""

    lists: dict[str, ir.NamedList] = field(default_factory=dict)
    tables: dict[str, ir.Table] = field(default_factory=dict)
    _names: dict[Entries, str] = field(default_factory=dict)

    def member(self, entries: Entries, subjects: tuple[ir.Subject, ...]) -> ir.Expr:
        """Return what is true when a subject is surely a member."""
        return any_of((*self._compiled(entries, subjects), *_live(entries, subjects)))

    def stranger(self, entries: Entries, subjects: tuple[ir.Subject, ...]) -> ir.Expr:
        """Return what is true when no subject can be a member; a missing live file leaves that open."""
        return all_of(
            (*(ir.Exists(file) for file in entries.live), ir.Without(self.member(entries, subjects))),
        )

    def written_out(self, entries: Entries) -> ir.NamedList | None:
        """Return the named list that holds the whole set, where there is one."""
        return self._list(entries) if not entries.live and self._is_list(entries) else None

    def of_literals(self, name: str, match: ir.Match, members: tuple[str, ...]) -> ir.NamedList:
        """Return a list that is no set of the policy."""
        return self.lists.setdefault(name, ir.NamedList(name, match, members))

    def _compiled(self, entries: Entries, subjects: tuple[ir.Subject, ...]) -> Iterator[ir.Expr]:
        if entries.live and not entries.files and not entries.members:
            return
        if self._is_list(entries):
            yield from (ir.InList(subject, self._list(entries)) for subject in subjects)
            return
        yield from (ir.InTable(subject, table) for table in self._tables(entries) for subject in subjects)

    def _is_list(self, entries: Entries) -> bool:
        if entries.files or len(entries.members) > WRITTEN_OUT:
            return False
        others = sum(one.match is _MATCH[entries.kind] for one in self.lists.values())
        return self._name(entries) in self.lists or others < MOST_LISTS

    def _list(self, entries: Entries) -> ir.NamedList:
        return self.of_literals(self._name(entries), _MATCH[entries.kind], entries.members)

    def _tables(self, entries: Entries) -> Iterator[ir.Table]:
        name, form = self._name(entries), _FORM[_MATCH[entries.kind]]
        lines = len(list(islice(expand(entries), SEARCHED + 1)))
        indexed = lines > SEARCHED and form is not ir.Form.NETWORKS
        wild = form is ir.Form.DOMAINS and any(entry.startswith("*.") for entry in expand(entries))
        yield self.tables.setdefault(name, ir.Table(name, form, entries, indexed, wild))
        if form is ir.Form.ADDRESSES and any("*" in entry for entry in expand(entries)):
            patterns = f"{name}_patterns"
            yield self.tables.setdefault(patterns, ir.Table(patterns, ir.Form.PATTERNS, entries))

    def _name(self, entries: Entries) -> str:
        """Return a name that Exim takes whole and that no other set has; sets of rules are named after long rules."""
        if entries not in self._names:
            name = entries.name.replace("-", "_")
            if len(name) > LONGEST_NAME or name in self._names.values():
                name = f"{name[:LONGEST_NAME]}_{len(self._names)}"
            self._names[entries] = name
        return self._names[entries]


def _live(entries: Entries, subjects: tuple[ir.Subject, ...]) -> Iterator[ir.Expr]:
    for file in entries.live:
        yield all_of((ir.Exists(file), any_of(ir.InLive(subject, file) for subject in subjects)))


def any_of(parts: Iterable[ir.Expr]) -> ir.Expr:
    """Join expressions with `or`, flat and without an empty wrapper."""
    found = tuple(x for part in parts for x in (part.parts if isinstance(part, ir.Any) and part.parts else (part,)))
    return found[0] if len(found) == 1 else ir.Any(found)


def all_of(parts: Iterable[ir.Expr]) -> ir.Expr:
    """Join expressions with `and`, flat and without an empty wrapper."""
    found = tuple(x for part in parts for x in (part.parts if isinstance(part, ir.All) and part.parts else (part,)))
    return found[0] if len(found) == 1 else ir.All(found)
