"""What every part of the check shares: the resolved policy, the day, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar, TypeVar

from nullsender import canonical
from nullsender import condition as c
from nullsender import syntax as s
from nullsender.diagnostic import Diagnostic, Label, Severity
from nullsender.names import Entries, Kind
from nullsender.refusal import Catalogue
from nullsender.resolve import KINDS, Resolved, literal, unknown_set, wrong_kind
from nullsender.sets import Contents, Piece, union
from nullsender.source import Span
from nullsender.suggest import did_you_mean
from nullsender.wording import slug

T = TypeVar("T", bound=s.Node)


@dataclass(slots=True)
class Context:
    """The state of one check; the parts add to `found` and to the dates on which the output changes."""

    resolved: Resolved
    on_date: date
    catalogue: Catalogue
    deployments: tuple[str, ...]
    found: list[Diagnostic] = field(default_factory=list)
    changes: set[date] = field(default_factory=set)
    days: set[date] = field(default_factory=set)  # named by `from` and `until`
    used_sets: set[str] = field(default_factory=set)
    rule_ids: set[str] = field(default_factory=set)  # those of rules out of date, and of `accept`, too
    zones: set[str] = field(default_factory=set)  # asked by some rule, in force or not
    _names: dict[str, Entries] = field(default_factory=dict)

    most_points: ClassVar[int] = 1000  # of a score: beyond, somebody has slipped

    # --- saying something ---------------------------------------------------------------------------------------------
    def error(self, code: str, message: str, span: Span, *, help: str | None = None, note: str | None = None) -> None:  # noqa: A002
        self.found.append(Diagnostic(code, message, span, help=help, note=note))

    def warn(self, code: str, message: str, span: Span, *, help: str | None = None, note: str | None = None) -> None:  # noqa: A002
        self.found.append(Diagnostic(code, message, span, Severity.WARNING, help=help, note=note))

    def twice(self, code: str, message: str, span: Span, first: Span) -> None:
        self.found.append(Diagnostic(code, message, span, labels=(Label(first, "first here"),)))

    # --- statements ---------------------------------------------------------------------------------------------------
    def of_kind(self, kind: type[T]) -> Iterator[T]:
        return (statement for statement in self.resolved.statements if isinstance(statement, kind))

    def single(self, kind: type[T], words: str) -> T | None:
        """Return the one statement of its kind, and say where others stand."""
        statements = list(self.of_kind(kind))
        for another in statements[1:]:
            self.twice("NS246", f"`{words}` stands twice", another.span, statements[0].span)
        return statements[0] if statements else None

    # --- names --------------------------------------------------------------------------------------------------------
    def on(self, words: Iterable[s.Word]) -> tuple[str, ...]:
        """Return the deployments of an `on`, and say which do not exist."""
        names = []
        for word in words:
            if word.text in self.deployments:
                names.append(word.text)
            else:
                guess = did_you_mean(word.text, self.deployments)
                self.error("NS309", f"there is no deployment `{word.text}`", word.span, help=guess)
        return tuple(dict.fromkeys(names))

    def day(self, word: s.Word) -> date | None:
        try:
            return date.fromisoformat(word.text)
        except ValueError:
            self.error("NS308", f"`{word.text}` is no day of the calendar", word.span)
            return None

    def applies(self, first: date | None, last: date | None) -> bool:
        """Tell whether the policy's day lies within, both ends included, and note when that changes."""
        self.days.update(day for day in (first, last) if day)
        if first and first > self.on_date:
            self.changes.add(first)
        if last and last >= self.on_date:
            self.changes.update((last + timedelta(days=1),) if last < date.max else ())
        return (first is None or first <= self.on_date) and (last is None or self.on_date <= last)

    def address(self, word: s.Word) -> str | None:
        """Return one address in canonical form, and say where a pattern or something else stands for it."""
        try:
            form = canonical.address(word.text)
        except ValueError as error:
            self.error("NS206", f"`{word.text[:80]}`: {error}", word.span)
            return None
        if "*" in form:
            self.error("NS217", f"`{word.text}` is a pattern; one address is wanted", word.span)
            return None
        return form

    # --- sets ---------------------------------------------------------------------------------------------------------
    def plain(self, members: tuple[s.Member, ...], kinds: tuple[Kind, ...], name: str) -> Entries | None:
        """Return the members as one set without exceptions, where the language asks for one.

        Domains among addresses become `*@domain`, since a set has one kind.
        """
        contents: list[Contents] = []
        resolved = [(member, *self._pieces(member, kinds)) for member in members]
        of_kind = {kind for _, kind, pieces in resolved if pieces}
        common = Kind.DOMAINS if of_kind == {Kind.DOMAINS} and Kind.ADDRESSES in kinds else kinds[0]
        for member, kind, pieces in resolved:
            for piece in pieces:
                if piece.but:
                    self.error(
                        "NS205",
                        f"the exceptions of `{member.text}` cannot be worked out here",
                        member.span,
                        help="a pattern or a file stays on the left of its `except`: write the members out",
                    )
                mixed = common is Kind.ADDRESSES and kind is Kind.DOMAINS
                contents.append(self._as_addresses(member, piece.of) if mixed else piece.of)
        whole = union(contents)
        return self._entries(name, common, whole, _span_of(members)) if whole else None

    def _as_addresses(self, member: s.Member, domains: Contents) -> Contents:
        if domains.files or domains.live:
            self.error(
                "NS202",
                f"`{member.text}` reads domains from a file; they cannot stand beside addresses here",
                member.span,
                help="write lines such as `*@example.org` into a file of addresses",
            )
        return Contents(frozenset(f"*@{domain}" for domain in domains.members))

    def membership(
        self, atom: type[c.SenderIn | c.RecipientIn | c.ClientIn | c.HeloIn], members: tuple[s.Member, ...], name: str
    ) -> c.Condition:
        """Return the condition that something is in one of the members; literals share a set named after the rule."""
        kinds = _KINDS_OF[atom]
        parts: list[c.Condition] = []
        loose: dict[Kind, Contents] = {}
        for member in members:
            kind, pieces = self._pieces(member, kinds)
            if member.kind is not s.MemberKind.NAME:
                loose[kind] = loose.get(kind, Contents()) | union(piece.of for piece in pieces)
                continue
            for piece in pieces:
                wanted = atom(self._entries(member.text, kind, piece.of, member.span))
                if piece.but:
                    refused = atom(self._entries(f"{member.text}-except", kind, piece.but, member.span))
                    parts.append(c.AllOf((wanted, c.Not(refused))))
                else:
                    parts.append(wanted)
        parts.extend(
            atom(self._entries(name, kind, contents, _span_of(members))) for kind, contents in loose.items() if contents
        )
        return parts[0] if len(parts) == 1 else c.AnyOf(tuple(parts))

    def _pieces(self, member: s.Member, kinds: tuple[Kind, ...]) -> tuple[Kind, tuple[Piece, ...]]:
        wanted = " or ".join(kind.value for kind in kinds)
        if member.kind is s.MemberKind.NAME:
            named = self.resolved.sets.get(member.text)
            if named is None:
                self.found.append(unknown_set(member, self.resolved.sets))
                return kinds[0], ()
            self.used_sets.add(member.text)
            if named.value.kind not in kinds:
                self.found.append(wrong_kind(member, named.value.kind.value, wanted, named.span))
                return kinds[0], ()
            return named.value.kind, named.value.pieces
        kind = next((kind for kind in KINDS[member.kind] if kind in kinds), None)
        if kind is None:
            self.found.append(wrong_kind(member, member.kind.value, wanted))
            return kinds[0], ()
        text = literal(member, kind, self.found)
        return kind, (Piece(Contents(frozenset((text,)))),) if text else ()

    def _entries(self, name: str, kind: Kind, contents: Contents, span: Span) -> Entries:
        """Return the contents under a name that is theirs alone."""
        base = slug(name) or kind.value
        number = 1
        while True:
            unique = base if number == 1 else f"{base}-{number}"
            made = Entries(unique, kind, tuple(sorted(contents.members)), contents.files, contents.live, span)
            if self._names.setdefault(unique, made) == made:
                return made
            number += 1


_KINDS_OF: dict[type, tuple[Kind, ...]] = {
    c.SenderIn: (Kind.ADDRESSES, Kind.DOMAINS),
    c.RecipientIn: (Kind.ADDRESSES, Kind.DOMAINS),
    c.ClientIn: (Kind.NETWORKS,),
    c.HeloIn: (Kind.HOSTS, Kind.DOMAINS),
}


def _span_of(members: tuple[s.Member, ...]) -> Span:
    return members[0].span.to(members[-1].span)
