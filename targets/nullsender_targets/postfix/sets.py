"""Ask whether a client, a HELO name or an address is a member of a set, whatever the set is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from nullsender.names import Entries, Kind, LiveFile
from nullsender_targets.postfix import ir
from nullsender_targets.postfix.draft import Draft, Purpose, list_file

WRITTEN = ir.File("pcre", "keys/written.pcre")  # an address without its prvs tag
PLAIN = ir.File("pcre", "keys/plain.pcre")  # and without its subaddress; no answer where it has none
DOMAIN = ir.File("pcre", "keys/domain.pcre")  # the domain of an address
CLIENT = ir.File("pcre", "keys/client.pcre")  # the address of a client; no answer for its name


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a set: keys that stand in a table itself, and maps that answer MEMBER for the rest."""

    keys: tuple[ir.Key, ...]
    maps: tuple[ir.Map, ...] = ()


def addresses(entries: Entries, draft: Draft) -> Members:
    """Return the members of a set of addresses or domains, as keys for addresses."""
    if entries.kind is Kind.ADDRESSES:
        keys: tuple[ir.Key, ...] = tuple(ir.Mailbox(member, draft.delimiters) for member in entries.members)
        return Members(keys, tuple(_address_maps(entries, draft)))
    return Members(tuple(ir.AtDomain(member) for member in entries.members), tuple(_domain_maps(entries, draft)))


def networks(entries: Entries, draft: Draft) -> Members:
    return Members(
        tuple(ir.Network(member) for member in entries.members),
        (
            *_list(entries, ir.Form.NETWORKS, draft),
            *(_live(ir.LiveTable("cidr", f.path)) for f in _live_files(entries, draft)),
        ),
    )


def hosts(entries: Entries, draft: Draft) -> Members:
    return Members(
        tuple(ir.Host(member) for member in entries.members),
        (
            *_list(entries, ir.Form.HOSTS, draft),
            *(_live(ir.LiveTable("lmdb", f.path)) for f in _live_files(entries, draft)),
        ),
    )


def compiled(entries: Entries, draft: Draft) -> Iterator[ir.Map]:
    """Yield the maps of the addresses in the files of a set that are read when compiling."""
    (index,) = _list(entries, ir.Form.ADDRESSES, draft)
    yield ir.Pipe((WRITTEN, index))
    if draft.delimiters:
        yield ir.Pipe((PLAIN, index))
    yield from _list(entries, ir.Form.PATTERNS, draft)


def live_addresses(file: LiveFile, draft: Draft) -> Iterator[ir.Map]:
    """Yield the maps of a table of addresses that the owner keeps."""
    if usable(file, draft):
        yield _live(WRITTEN, ir.LiveTable("lmdb", file.path))
        if draft.delimiters:
            yield _live(PLAIN, ir.LiveTable("lmdb", file.path))


def usable(file: LiveFile, draft: Draft) -> bool:
    """Tell whether main.cf can name the file; if not, that is an error."""
    from nullsender_targets.postfix.quote import live_path

    if not live_path(file.path):
        draft.error(
            "NS532",
            f"Postfix cannot name `{file.path}`: white space, `$`, commas and braces divide its lists of tables",
            file.span,
            instead="give the file a name of letters, digits and `._+@%~-`",
        )
        return False
    return True


def question(
    subject: ir.Subject, members: Members, outcomes: tuple[ir.Outcome, ir.Outcome], purpose: Purpose, draft: Draft
) -> ir.Check:
    """Return a restriction that leads to the first outcome for members and to the second for all others.

    Where lists are involved every key gets an answer, so that Postfix does not go on with parts of the key: the
    parent domains, or an address without what the server, not the policy, takes for a subaddress.
    """
    yes, no = outcomes
    of_clients = subject is ir.Subject.CLIENT and _networks(members.keys)
    if not members.maps:
        return table(subject, tuple(ir.Row(key, yes) for key in members.keys), no, purpose, draft)
    maps = list(members.maps)
    if members.keys:
        marks = tuple(ir.Row(key, ir.Mark(ir.MEMBER)) for key in members.keys)
        maps.insert(
            0, draft.table(marks, replace(purpose, name=purpose.name + "_members"), "cidr" if of_clients else "pcre")
        )
    decide = (ir.Row(ir.Marked(ir.MEMBER), yes), ir.Row(ir.Anything(), no))
    stages: tuple[ir.Map, ...] = (ir.Union((*maps, ir.Static(ir.NEITHER))), draft.table(decide, purpose))
    return ir.Check(subject, ir.Pipe((CLIENT, *stages) if of_clients else stages))


def table(
    subject: ir.Subject, rows: tuple[ir.Row, ...], otherwise: ir.Outcome, purpose: Purpose, draft: Draft
) -> ir.Check:
    """Return a restriction with a table of its own."""
    if not isinstance(otherwise, ir.Dunno):
        rows = (*rows, ir.Row(ir.Anything(), otherwise))
    elif all(isinstance(row.outcome, ir.Dunno) for row in rows):
        rows = rows or (ir.Row(ir.Anything(), otherwise),)
    of_clients = subject is ir.Subject.CLIENT and _networks(row.key for row in rows)
    return ir.Check(subject, draft.table(rows, purpose, "cidr" if of_clients else "pcre"))


def joined(several: Iterable[Members]) -> Members:
    """Return the members of several sets."""
    every = tuple(several)
    return Members(tuple(key for one in every for key in one.keys), tuple(map_ for one in every for map_ in one.maps))


def _networks(keys: Iterable[ir.Key]) -> bool:
    return all(isinstance(key, ir.Network | ir.Anything) for key in keys)


def _address_maps(entries: Entries, draft: Draft) -> Iterator[ir.Map]:
    if entries.files:
        yield from compiled(entries, draft)
    for file in entries.live:
        yield from live_addresses(file, draft)


def _domain_maps(entries: Entries, draft: Draft) -> Iterator[ir.Map]:
    for index in _list(entries, ir.Form.DOMAINS, draft):
        yield ir.Pipe((DOMAIN, index))
    yield from _list(entries, ir.Form.BELOW, draft)
    for file in _live_files(entries, draft):
        yield _live(DOMAIN, ir.LiveTable("lmdb", file.path))


def _list(entries: Entries, form: ir.Form, draft: Draft) -> Iterator[ir.File]:
    if entries.files:
        files_only = replace(entries, members=(), live=())
        one = ir.List(entries.name, form, (files_only,), delimiters=draft.delimiters)
        draft.list(one)
        yield list_file(one)


def _live(*maps: ir.Map) -> ir.Map:
    """Return a lookup that answers MEMBER, whatever the owner's table says."""
    return ir.Pipe((*maps, ir.Static(ir.MEMBER)))


def _live_files(entries: Entries, draft: Draft) -> Iterator[LiveFile]:
    return (file for file in entries.live if usable(file, draft))
