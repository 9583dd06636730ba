"""Resolve a document: splice in what it includes, and work out what each set stands for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from nullsender import syntax as s
from nullsender.diagnostic import Diagnostic, Label, Severity
from nullsender.entryfile import canonical_form
from nullsender.entryfile import check as check_file
from nullsender.names import CompiledFile, Kind, LiveFile
from nullsender.sets import Contents, Piece, SetValue, join, subtract
from nullsender.source import Source, Span
from nullsender.suggest import did_you_mean

Load = Callable[[Path], tuple[s.Document | None, tuple[Diagnostic, ...]]]

KINDS: dict[s.MemberKind, tuple[Kind, ...]] = {
    s.MemberKind.DOMAIN: (Kind.DOMAINS, Kind.HOSTS),
    s.MemberKind.SUBDOMAINS: (Kind.DOMAINS, Kind.HOSTS),
    s.MemberKind.NETWORK: (Kind.NETWORKS,),
    s.MemberKind.ADDRESS: (Kind.ADDRESSES,),
}
DEEPEST = 64  # includes in includes, sets in sets
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MAY_HOLD = {Kind.DOMAINS: (Kind.DOMAINS,), Kind.HOSTS: (Kind.HOSTS, Kind.DOMAINS)}


@dataclass(frozen=True, slots=True)
class NamedSet:
    """A set that the policy defines, and where."""

    name: str
    value: SetValue
    span: Span


@dataclass(frozen=True, slots=True)
class Resolved:
    """All statements in order, those of included files in their place, and every set by name."""

    statements: tuple[s.Statement, ...]
    sets: dict[str, NamedSet]
    sources: tuple[Source, ...]
    folders: dict[int, Path]  # by id of a source: the folder that its file names are relative to
    span: Span
    used: set[str] = field(default_factory=set)  # names of sets that another set uses


def resolve(document: s.Document, path: Path, load: Load) -> tuple[Resolved, tuple[Diagnostic, ...]]:
    """Return the document with its includes and sets resolved; a set with an error keeps what is right of it."""
    found: list[Diagnostic] = []
    statements: list[s.Statement] = []
    folders: dict[int, Path] = {}
    seen: dict[Path, Span] = {}
    sources: list[Source] = []

    def splice(part: s.Document, file: Path, stack: tuple[Path, ...]) -> None:
        found.extend(_control_characters(part))
        sources.append(part.span.source)
        folders[id(part.span.source)] = file.parent
        for statement in part.statements:
            if isinstance(statement, s.Include):
                include(statement, file, stack)
            else:
                statements.append(statement)

    def include(statement: s.Include, file: Path, stack: tuple[Path, ...]) -> None:
        if _CONTROL.search(statement.path.value):
            return  # that much was said
        target = file.parent / statement.path.value
        real = Path(os.path.realpath(target))
        if real in stack:
            labels = (Label(seen[real], "included from here"),) if real in seen else ()
            found.append(
                Diagnostic(
                    "NS210", f"`{statement.path.value}` includes itself in the end", statement.span, labels=labels
                )
            )
        elif len(stack) > DEEPEST:
            found.append(Diagnostic("NS216", f"includes nest more than {DEEPEST} deep", statement.span))
        elif real in seen:
            labels = (Label(seen[real], "included here before"),)
            found.append(
                Diagnostic("NS211", f"`{statement.path.value}` is included twice", statement.span, labels=labels)
            )
        else:
            seen[real] = statement.span
            part, wrong = load(target)
            found.extend(d if d.span else replace(d, span=statement.path.span) for d in wrong)
            if part is not None:
                splice(part, target, (*stack, real))

    splice(document, path, (Path(os.path.realpath(path)),))
    definitions = [x for x in statements if isinstance(x, s.SetDefinition)]
    resolver = _Sets(folders, found)
    sets = resolver.run(definitions)
    return Resolved(tuple(statements), sets, tuple(sources), folders, document.span, resolver.used), tuple(found)


def _control_characters(document: s.Document) -> Iterator[Diagnostic]:
    """Yield an error for each text with a control character: a line of a server's configuration would end there."""
    waiting: list[tuple[Span, object]] = [(document.span, document)]
    while waiting:
        span, value = waiting.pop()
        if isinstance(value, tuple):
            waiting.extend((span, part) for part in value)
        elif isinstance(value, str) and (bad := _CONTROL.search(value)):
            yield Diagnostic("NS215", f"a text holds the control character U+{ord(bad.group()):04X}", span)
        elif isinstance(value, s.Node):
            waiting.extend((value.span, getattr(value, f.name)) for f in fields(value) if f.name != "span")


class _Sets:
    """The sets of a policy while they are worked out, each when it is first asked for."""

    def __init__(self, folders: dict[int, Path], found: list[Diagnostic]) -> None:
        self.folders, self.found = folders, found
        self.definitions: dict[str, s.SetDefinition] = {}
        self.done: dict[str, NamedSet] = {}
        self.used: set[str] = set()

    def run(self, definitions: Iterable[s.SetDefinition]) -> dict[str, NamedSet]:
        for definition in definitions:
            name = definition.name.text
            if name in self.definitions:
                first = Label(self.definitions[name].name.span, "first defined here")
                self.found.append(
                    Diagnostic("NS203", f"`{name}` is defined twice", definition.name.span, labels=(first,))
                )
            else:
                self.definitions[name] = definition
        for name in self.definitions:
            self.value(name, ())
        return {name: self.done[name] for name in self.definitions}

    def value(self, name: str, within: tuple[str, ...]) -> SetValue:
        if name not in self.done:
            definition = self.definitions[name]
            kind = Kind(definition.kind.text)
            deeper = (*within, name)
            self.say_doubles(definition, kind)
            whole = value = join(kind, (self.item(item, kind, deeper) for item in definition.items))
            for item in definition.excluded:
                value = self.without(value, item, kind, deeper)
            if whole.pieces and not value.pieces:
                self.found.append(
                    Diagnostic("NS214", f"nothing is left of `{name}`: `except` takes it all", definition.span)
                )
            self.done[name] = NamedSet(name, value, definition.span)
        return self.done[name].value

    def say_doubles(self, definition: s.SetDefinition, kind: Kind) -> None:
        seen: dict[str, Span] = {}
        for item in (x for x in definition.items if isinstance(x, s.Member)):
            try:
                form = item.text if item.kind is s.MemberKind.NAME else canonical_form(kind)(item.text)
            except ValueError:
                continue
            if form in seen:
                labels = (Label(seen[form], "first here"),)
                message = f"`{item.text}` stands twice in `{definition.name.text}`"
                self.found.append(Diagnostic("NS209", message, item.span, Severity.WARNING, labels=labels))
            seen.setdefault(form, item.span)

    def without(self, value: SetValue, item: s.Item, kind: Kind, within: tuple[str, ...]) -> SetValue:
        plain = self.item(item, kind, within).plain
        if plain is None:
            self.found.append(
                Diagnostic(
                    "NS205",
                    f"`{item.span.text}` has exceptions of its own that cannot be taken away",
                    item.span,
                    help="write its parts here, without `except` inside `except`",
                )
            )
            return value
        return subtract(value, plain)

    def item(self, item: s.Item, kind: Kind, within: tuple[str, ...]) -> SetValue:
        if isinstance(item, s.File):
            contents = file_contents(item, kind, self.folders[id(item.span.source)], self.found)
            return SetValue(kind, (Piece(contents),) if contents else ())
        if item.kind is s.MemberKind.NAME:
            return self.named(item, kind, within)
        if kind not in KINDS[item.kind]:
            self.found.append(wrong_kind(item, item.kind.value, kind.value))
            return SetValue(kind)
        member = literal(item, kind, self.found)
        return SetValue(kind, (Piece(Contents(frozenset((member,)))),) if member else ())

    def named(self, item: s.Member, kind: Kind, within: tuple[str, ...]) -> SetValue:
        name = item.text
        self.used.add(name)
        if name not in self.definitions:
            self.found.append(unknown_set(item, self.definitions))
            return SetValue(kind)
        if name in within:
            circle = " → ".join((*within[within.index(name) :], name))
            self.found.append(Diagnostic("NS204", f"`{name}` is made of itself", item.span, note=circle))
            return SetValue(kind)
        if len(within) >= DEEPEST and name not in self.done:
            self.found.append(Diagnostic("NS216", f"sets nest more than {DEEPEST} deep", item.span))
            return SetValue(kind)
        its_kind = Kind(self.definitions[name].kind.text)
        if its_kind not in _MAY_HOLD.get(kind, (kind,)):
            self.found.append(wrong_kind(item, its_kind.value, kind.value, self.definitions[name].name.span))
            return SetValue(kind)
        return SetValue(kind, self.value(name, within).pieces)


def file_contents(item: s.File, kind: Kind, folder: Path, found: list[Diagnostic]) -> Contents:
    """Return a file as contents; one that is read when compiling is read and checked."""
    name = item.path.value
    if item.live:
        if not name.startswith("/"):
            found.append(
                Diagnostic(
                    "NS208",
                    f"a live file is read by the server: `{name}` is no absolute path",
                    item.path.span,
                    help="begin it with `/`, or take `live` away to have the file read when compiling",
                )
            )
        return Contents(live=(LiveFile(name, kind, item.span),))
    file = CompiledFile(folder / name, name, kind, item.span)
    wrong = check_file(file)
    found.extend(wrong)
    return Contents(files=(file,))


def literal(member: s.Member, kind: Kind, found: list[Diagnostic]) -> str | None:
    """Return a literal in canonical form; None, and an error, where it is none."""
    try:
        return canonical_form(kind)(member.text)
    except ValueError as error:
        found.append(Diagnostic("NS206", f"`{member.text[:80]}`: {error}", member.span))
        return None


def unknown_set(member: s.Member, names: Iterable[str]) -> Diagnostic:
    return Diagnostic(
        "NS201", f"there is no set `{member.text}`", member.span, help=did_you_mean(member.text, list(names))
    )


def wrong_kind(member: s.Member, is_: str, wanted: str, defined: Span | None = None) -> Diagnostic:
    labels = (Label(defined, "defined here"),) if defined else ()
    return Diagnostic("NS202", f"`{member.text}` is {_a(is_)}; {wanted} are wanted here", member.span, labels=labels)


def _a(kind: str) -> str:
    singular = {"domains": "a set of domains", "hosts": "a set of hosts", "networks": "a set of networks"}
    words = singular | {"addresses": "a set of addresses", "address": "an address", "network": "an IP address"}
    return words.get(kind, "a domain")
