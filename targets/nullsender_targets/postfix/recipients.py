"""Ask whether a recipient exists, is served here, or is always reachable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nullsender.names import CompiledFile, Entries, Kind, LiveFile
from nullsender.plan import Site
from nullsender.policy import Callout, Directory, RecipientSource, Served, TheServer
from nullsender_targets.postfix import directories, forwarding, ir, sets
from nullsender_targets.postfix.draft import Draft, Purpose


def elsewhere(site: Site, then: ir.Outcome, purpose: Purpose, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return what leads recipients of domains that are not served to `then`."""
    members = sets.joined(sets.addresses(one.domains, draft) for one in site.served)
    if site.srs:
        members = replace(members, keys=(*members.keys, ir.AtDomain(site.srs.domain)))
    return (sets.question(ir.Subject.RECIPIENT, members, (ir.Dunno(), then), purpose, draft),)


def kept(site: Site, draft: Draft) -> sets.Members:
    """Return the recipients that are always reachable; a role without a domain is meant at each served one."""
    return sets.Members(tuple(ir.Mailbox(role if "@" in role else f"{role}@*", draft.delimiters) for role in site.kept))


def unknown(site: Site, then: ir.Outcome, purpose: Purpose, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return what leads recipients that no source of their domain knows to `then`.

    Sources are asked one after the other: the compiled lists, the owner's tables, then the server itself; a failing
    table ends it with 451. Where there are directories, a service asks them and the owner's tables together.
    """
    of_srs = _of_srs(site.srs.domain, then, purpose, draft) if site.srs else ()
    return *of_srs, *(
        restriction
        for number, served in enumerate(site.served, 1)
        if not served.anyone
        for restriction in _of_served(number, served, then, _about(served, purpose), draft)
    )


def _about(served: Served, purpose: Purpose) -> Purpose:
    return replace(purpose, name=f"{purpose.name} {served.domains.name}")


def several_live(site: Site) -> tuple[LiveFile | Directory, ...]:
    """Return the first of several sources that may fail, for each statement in which smtpd goes on to another."""
    found = []
    for served in site.served:
        tables = [source for source in served.sources if isinstance(source, LiveFile | Directory)]
        together = any(isinstance(source, Directory) for source in tables)
        calls = any(isinstance(source, Callout) for source in served.sources)
        if tables and (calls or (len(tables) > 1 and not together)):
            found.append(tables[0])
    return tuple(found)


def asks_the_server(site: Site) -> bool:
    return any(isinstance(source, TheServer) for served in site.served for source in served.sources)


def _of_served(
    number: int, served: Served, then: ir.Outcome, purpose: Purpose, draft: Draft
) -> Iterator[ir.Restriction]:
    domains = sets.addresses(served.domains, draft)
    lists = tuple(_compiled(number, served, draft))
    rest = [source for source in served.sources if not isinstance(source, CompiledFile)]
    together = [source for source in rest if isinstance(source, LiveFile | Directory)]
    if any(isinstance(source, Directory) for source in together):
        rest = [source for source in rest if source not in together]
    else:
        together = []
    for source in sorted(rest, key=lambda source: isinstance(source, TheServer | Callout), reverse=True):
        then = ir.Enter(draft.restriction_class(_source(source, then, purpose, draft), purpose))
    if together:
        service = directories.asked(number, together, then, purpose, draft)
        then = ir.Enter(draft.restriction_class((service,), replace(purpose, name=f"{purpose.name} directories")))
    marks = (
        ir.Row(ir.Mailbox("postmaster@*", draft.delimiters), ir.Mark(ir.MEMBER)),
        *(ir.Row(key, ir.Mark(ir.DOMAIN)) for key in domains.keys),
    )
    decide = (
        ir.Row(ir.Marked(ir.MEMBER), ir.Dunno()),
        ir.Row(ir.Marked(ir.DOMAIN), then),
        ir.Row(ir.Anything(), ir.Dunno()),
    )
    served_here = replace(purpose, name=f"{purpose.name} served")
    as_domain = draft.table((ir.Row(ir.Marked(ir.MEMBER), ir.Mark(ir.DOMAIN)),), served_here) if domains.maps else None
    asked = (
        draft.table(marks, served_here),
        *(ir.Pipe((map_, as_domain)) for map_ in domains.maps if as_domain),
        *lists,
        ir.Static(ir.NEITHER),
    )
    yield ir.Check(ir.Subject.RECIPIENT, ir.Pipe((ir.Union(asked), draft.table(decide, purpose))))


def _of_srs(domain: str, then: ir.Outcome, purpose: Purpose, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return what leads recipients at the domain of rewritten senders to `then`: all but bounces with a good hash."""
    purpose = replace(purpose, name=f"{purpose.name} srs")
    refused = sets.table(ir.Subject.RECIPIENT, (), then, purpose, draft)  # asked of the sender it would be 5.1.7
    other = ir.Enter(draft.restriction_class((refused,), purpose))
    bounce = sets.table(ir.Subject.SENDER, (ir.Row(ir.NullSender(), ir.Dunno()),), other, purpose, draft)
    good = ir.Union((ir.Pipe((forwarding.found(), ir.Static(ir.MEMBER))), ir.Static(ir.NEITHER)))
    decide = (ir.Row(ir.Marked(ir.MEMBER), ir.Dunno()), ir.Row(ir.Anything(), then))
    hash_ = ir.Check(ir.Subject.RECIPIENT, ir.Pipe((good, draft.table(decide, purpose))))
    rows = (
        ir.Row(ir.Mailbox(f"postmaster@{domain}", draft.delimiters), ir.Dunno()),
        ir.Row(ir.AtDomain(domain), ir.Enter(draft.restriction_class((bounce, hash_), purpose))),
    )
    return (ir.Check(ir.Subject.RECIPIENT, draft.table(rows, purpose)),)


def _compiled(number: int, served: Served, draft: Draft) -> Iterator[ir.Map]:
    files = tuple(source for source in served.sources if isinstance(source, CompiledFile))
    if files:
        yield from sets.compiled(Entries(f"recipients.{number}", Kind.ADDRESSES, files=files), draft)


def _source(source: RecipientSource, then: ir.Outcome, purpose: Purpose, draft: Draft) -> tuple[ir.Restriction, ...]:
    if isinstance(source, Callout):
        return (ir.Native.REJECT_UNVERIFIED,)
    if not isinstance(source, LiveFile):
        return (ir.Native.REJECT_UNLISTED,)
    known = sets.Members((), tuple(sets.live_addresses(source, draft)))
    live = replace(purpose, name=f"{purpose.name} live")
    return (sets.question(ir.Subject.RECIPIENT, known, (ir.Dunno(), then), live, draft),)
