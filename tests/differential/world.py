"""A small world in which every session takes place: what lists, files, block lists and the place of delivery say.

What the DNS says of a client is a function of its address, so that servers may remember answers; who has a mailbox is
a matter of files that stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from nullsender import canonical
from nullsender.entryfile import entries
from nullsender.lab.directories.place import place_of
from nullsender.lists import read_lists, with_sets
from nullsender.membership import has_domain
from nullsender.names import CompiledFile, Entries, Kind, LiveFile
from nullsender.policy import Callout, Directory, Policy, RecipientSource, Served
from nullsender.session import Session
from tests.differential.directories import PLACES

Files = Mapping[str, Path]
FILES = Path(__file__).parent / "files"  # those that policies read, and what the server's own hold
LIVE: Files = {
    **{f"/etc/mail/{path.stem.removeprefix('live-')}": path for path in sorted(FILES.glob("live-*.txt"))},
    **dict.fromkeys(PLACES, FILES / "live-people.txt"),  # directories with these in them
}

NAMELESS = 8  # the bit of a client's address that takes its name away
LISTINGS = {
    1: ("bl.example", "127.0.0.2"),
    2: ("multi.example", "127.0.0.3"),
    4: ("multi.example", "127.0.0.4"),
    16: ("ips.backscatterer.org", "127.0.0.2"),
}  # the bit that stands for it
DEAD = "dead.example"  # a block list that never answers
CASES = 32  # so many different clients there are in a network
TURNED_AWAY = frozenset({"carol@example.org", "gone@elsewhere.example"})  # refused where mail ends

FULL = frozenset({"bob@example.org", "dave@example.net"})  # mailboxes over quota


def bits(client: str) -> int:
    """Return the bits of an address by which the DNS tells clients apart."""
    return int(ip_address(client)) % CASES


def listings(client: str) -> frozenset[tuple[str, str]]:
    """Return the zones and answers under which a client is listed."""
    return frozenset(listing for bit, listing in LISTINGS.items() if bits(client) & bit)


def placed(session: Session) -> Session:
    """Return a session with what the world says of its client and of its recipients' mailboxes."""
    return replace(
        session,
        listed=listings(session.client),
        named=not bits(session.client) & NAMELESS,
        silent=frozenset({DEAD}),
        absent=TURNED_AWAY,
        full=session.full or FULL,
    )


def furnished(policy: Policy, sessions: tuple[Session, ...], live: Files = LIVE) -> tuple[Policy, tuple[Session, ...]]:
    """Return a policy with all files read that there are, and the sessions with what its lists say."""
    present, source = partial(_present, live=live), partial(_source, live=live)
    here = replace(
        with_sets(policy, present),
        served=tuple(
            replace(one, domains=present(one.domains), sources=tuple(map(source, one.sources))) for one in policy.served
        ),
    )
    return read_lists(here, (replace(s, unanswered=_unanswered(here, s)) for s in sessions), live=False)


def contents(of: Entries) -> tuple[str, ...]:
    """Return all members of a set, those of files included."""
    return tuple(entry for file in _present(of, LIVE).files for entry in entries(file)) + of.members


def contents_of(live: Files) -> dict[str, tuple[str, ...]]:
    """Return the entries of the server's own files."""
    return {path: tuple(file.read_text().splitlines()) for path, file in live.items()}


def _present(of: Entries, live: Files) -> Entries:
    there = tuple(_compiled(file, live) for file in of.live if file.path in live)
    return replace(of, files=of.files + there, live=tuple(file for file in of.live if file.path not in live))


def _source(source: RecipientSource, live: Files) -> RecipientSource:
    if isinstance(source, Callout):
        return CompiledFile(FILES / "live-people.txt", source.endpoint, Kind.ADDRESSES, source.span)
    if isinstance(source, Directory) and place_of(source) in live:
        place = place_of(source)
        return CompiledFile(live[place], place, Kind.ADDRESSES, source.span)
    return _compiled(source, live) if isinstance(source, LiveFile) and source.path in live else source


def _compiled(file: LiveFile, live: Files) -> CompiledFile:
    return CompiledFile(live[file.path], file.path, file.kind, file.span)


def _unanswered(policy: Policy, session: Session) -> frozenset[str]:
    """Return whose lookup fails: recipients of a domain with a list that is missing."""
    broken = [one for one in policy.served if any(isinstance(source, LiveFile | Directory) for source in one.sources)]
    forms = (canonical.forms(recipient, policy.delimiters) for recipient in session.recipients)
    return frozenset(form for its in forms if its and _is_in(broken, its[0]) for form in its)


def _is_in(broken: list[Served], address: str) -> bool:
    return any(has_domain(one.domains, address.rpartition("@")[2]) for one in broken)
