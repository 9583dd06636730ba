"""Which sources of a policy are asked whether a recipient exists, and whom each of them knows in a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nullsender import canonical
from nullsender.entryfile import expand
from nullsender.lab.directories.asked import Asked, asked, confused, understood
from nullsender.names import Entries, Kind, LiveFile
from nullsender.policy import Directory, Policy, RecipientSource
from nullsender.session import Session
from nullsender.sets import covers

Contents = Mapping[str, tuple[str, ...]]


def is_at(domains: Entries, address: str) -> bool:
    """Tell whether an address is at one of the domains."""
    domain = address.rpartition("@")[2]
    return any(covers(Kind.DOMAINS, member, domain) for member in expand(domains))


def known_to(policy: Policy, session: Session, contents: Contents) -> dict[Asked, tuple[str, ...]]:
    """Return every directory of the policy with those whom a session says to be known."""
    found: dict[Asked, tuple[str, ...]] = {}
    for served in policy.served:
        for its in (its for source in served.sources if (its := asked(source))):
            known = (address for address in sorted(session.known) if is_at(served.domains, address))
            found[its] = tuple(dict.fromkeys((*found.get(its, contents.get(its.place, ())), *known)))
    return found


def sources(policy: Policy, recipient: str) -> Iterator[RecipientSource]:
    """Yield what is asked whether a recipient exists."""
    for form in canonical.forms(recipient, "")[:1]:
        yield from (source for served in policy.served if is_at(served.domains, form) for source in served.sources)


def places(policy: Policy, recipient: str) -> Iterator[str]:
    """Yield the files and places that are asked whether a recipient exists."""
    for source in sources(policy, recipient):
        match source:
            case LiveFile(path=path):
                yield path
            case Directory() if its := asked(source):
                yield its.place


def not_understood(policy: Policy, recipient: str) -> str | None:
    """Say why the lab lacks a directory that is asked whether a recipient exists, None where it lacks none."""
    found = (understood(source) for source in sources(policy, recipient) if isinstance(source, Directory))
    return next((why for why in found if isinstance(why, str)), None)


def is_confused(policy: Policy, session: Session, recipient: str) -> bool:
    """Tell whether a directory would know a recipient whom the session says nobody knows."""
    forms = canonical.forms(recipient, policy.delimiters)
    if not session.known.isdisjoint(forms):
        return False
    known = known_to(policy, session, {})
    return any(confused(its, known[its], forms) for source in sources(policy, recipient) if (its := asked(source)))
