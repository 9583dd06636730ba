"""Read the lists of a policy as far as some sessions could tell, so that evaluating it reads no files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from nullsender import canonical
from nullsender.entryfile import entries
from nullsender.membership import has_domain, is_of
from nullsender.names import CompiledFile, Entries, Kind
from nullsender.policy import Policy, Served
from nullsender.session import Session

T = TypeVar("T")
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+", re.ASCII)


def read_lists(policy: Policy, sessions: Iterable[Session], *, live: bool = True) -> tuple[Policy, tuple[Session, ...]]:
    """Return the policy with its files read into its sets, and the sessions with what the lists of recipients know.

    Of each list only what matters to the sessions is kept: a long one is read once and never held. Files that the
    server itself reads are there and hold nothing, or are missing where `live` is False.
    """
    sessions = tuple(sessions)
    wanted = _wanted(sessions, policy.delimiters)

    def read(of: Entries) -> Entries:
        found = {entry for file in of.files for entry in entries(file) if wanted.matters(of.kind, entry)}
        members = tuple(sorted(found.union(of.members))) if found else of.members
        return replace(of, members=members, files=(), live=() if live else of.live)

    policy = with_sets(policy, read)
    lists = [(served, tuple(_list_of(served, wanted))) for served in policy.served]
    return policy, tuple(_informed(session, lists, policy.delimiters) for session in sessions)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """All that some sessions name, in the forms in which sets hold it."""

    addresses: frozenset[str]
    names: frozenset[str]
    clients: frozenset[str]

    def matters(self, kind: Kind, entry: str) -> bool:
        match kind:
            case Kind.ADDRESSES:
                return entry in self.addresses or "*" in entry
            case Kind.NETWORKS:
                network = ip_network(entry)
                return any(ip_address(client) in network for client in self.clients)
            case _:
                return entry in self.names


def _wanted(sessions: tuple[Session, ...], delimiters: str) -> _Wanted:
    written = {address for session in sessions for address in (session.sender, *session.recipients)}
    addresses = frozenset(form for address in written for form in canonical.forms(address, delimiters))
    names = {address.rpartition("@")[2] for address in addresses}
    names |= {session.helo.lower().removesuffix(".") for session in sessions}
    for session in sessions:
        names |= {name.lower() for _, value in session.message.returned or () for name in _NAME.findall(value)}
    above = frozenset(form for name in names for form in _above(name))
    return _Wanted(addresses, above, frozenset(session.client for session in sessions))


def _above(name: str) -> Iterator[str]:
    """Yield a name and all above it, each also as the pattern for what is below."""
    labels = name.split(".")
    for first in range(len(labels)):
        above = ".".join(labels[first:])
        yield above
        yield f"*.{above}"


def sets_of(value: object) -> Iterator[Entries]:
    """Yield every set that stands anywhere in a value, such as a policy."""
    if isinstance(value, Entries):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from sets_of(part)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in _inside(value):
            yield from sets_of(getattr(value, name))


def _inside(value: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(value) if f.name != "span" and f.init)


def with_sets(value: T, change: Callable[[Entries], Entries]) -> T:
    """Return a value with every set in it changed."""
    return _rewritten(value, change)  # type: ignore[no-any-return]  # the same type comes back


def _rewritten(value: Any, change: Callable[[Entries], Entries]) -> Any:
    if isinstance(value, Entries):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_rewritten(part, change) for part in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {name: getattr(value, name) for name in _inside(value)}
    changed = {name: new for name, old in parts.items() if (new := _rewritten(old, change)) is not old and new != old}
    return replace(value, **changed) if changed else value


def _list_of(served: Served, wanted: _Wanted) -> Iterator[str]:
    for source in served.sources:
        if isinstance(source, CompiledFile):
            yield from (entry for entry in entries(source) if wanted.matters(Kind.ADDRESSES, entry))


def _informed(session: Session, lists: list[tuple[Served, tuple[str, ...]]], delimiters: str) -> Session:
    """Return a session in which known are those that a source of their domain knows: a list, or who is said to be."""
    known = set[str]()
    for recipient in session.recipients:
        forms = canonical.forms(recipient, delimiters)
        domain = forms[0].rpartition("@")[2] if forms else ""
        for served, entries_ in lists:
            if not forms or not has_domain(served.domains, domain):
                continue
            known.update(form for form in forms if any(is_of(Kind.ADDRESSES, entry, form) for entry in entries_))
            if any(not isinstance(source, CompiledFile) for source in served.sources):
                known.update(session.known.intersection(forms))
    return replace(session, known=frozenset(known))
