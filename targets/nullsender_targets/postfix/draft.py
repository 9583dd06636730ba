"""Collect tables, lists and classes while a part is lowered, and give each a name of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nullsender import condition as c
from nullsender.diagnostic import Diagnostic
from nullsender.source import Span
from nullsender_targets.postfix import ir

PREFIX = "nullsender_"
LONGEST = 72  # characters of a name before its number


@dataclass(frozen=True, slots=True)
class Purpose:
    """For which rules something is made: their ids, and words for a comment and for names."""

    ids: tuple[str, ...]
    words: str
    name: str


@dataclass(slots=True)
class Draft:
    """What has been made so far."""

    delimiters: str
    tables: list[ir.Table] = field(default_factory=list)
    lists: dict[tuple[str, ir.Form], ir.List] = field(default_factory=dict)
    classes: list[ir.RestrictionClass] = field(default_factory=list)
    replies: list[ir.BlockListReply] = field(default_factory=list)
    directories: dict[str, ir.Directories] = field(default_factory=dict)
    asks_quota: bool = False
    remembers: bool = False
    noted: tuple[c.Atom, ...] = ()  # what is written down of each recipient, for the end of the data
    found: list[Diagnostic] = field(default_factory=list)
    names: set[tuple[str, str]] = field(default_factory=set)

    def name(self, wanted: str, kind: str) -> str:
        """Return a name that nothing else of that kind has: small letters, digits and `_`."""
        base = re.sub(r"[^a-z0-9]+", "_", wanted.lower()).strip("_")[:LONGEST] or "rule"
        number, name = 1, base
        while (kind, name) in self.names:
            number += 1
            name = f"{base}_{number}"
        self.names.add((kind, name))
        return name

    def table(self, rows: tuple[ir.Row, ...], purpose: Purpose, kind: str = "pcre") -> ir.File:
        """Add a table, and return where it is."""
        name = f"{self.name(purpose.name, 'table')}.{kind}"
        self.tables.append(ir.Table(name, rows, purpose.ids, purpose.words, kind))
        return ir.File(kind, name)

    def restriction_class(self, restrictions: tuple[ir.Restriction, ...], purpose: Purpose) -> str:
        """Add a restriction class, and return its name; smtpd ends at one of nothing."""
        restrictions = restrictions or (ir.Check(ir.Subject.CLIENT, ir.Static("DUNNO")),)
        name = PREFIX + self.name(purpose.name, "class")
        self.classes.append(ir.RestrictionClass(name, restrictions, purpose.ids, purpose.words))
        return name

    def list(self, one: ir.List) -> ir.File:
        """Add a list unless it is there, and return where it is."""
        self.lists.setdefault((one.name, one.form), one)
        return list_file(one)

    def error(self, code: str, text: str, span: Span | None, instead: str | None = None) -> None:
        self.found.append(Diagnostic(code, text, span, help=instead))


def list_file(one: ir.List) -> ir.File:
    """Return where a list is: an index beside its text for lmdb, else the text itself."""
    suffix = "" if one.form.kind == "lmdb" else f".{one.form.kind}"
    return ir.File(one.form.kind, f"lists/{one.name}-{one.form.value}{suffix}")
