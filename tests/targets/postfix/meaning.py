"""What rules mean for a session, from the policy's side: three-valued, without any notion of Postfix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network

from nullsender import condition as c
from nullsender import policy as p
from nullsender.features import full_condition
from nullsender.plan import Site
from tests.targets.postfix.simulation import Decision, Session, fits, forms, under

Truth = bool | None


def decide(rules: Iterable[p.Rule], session: Session, site: Site, recipient: str | None) -> Decision:
    """Return which rule decides; `recipient` is None for a message with several, whose recipients are not known."""
    out = Decision()
    for rule in rules:
        if truth(full_condition(rule), lambda atom: ask(atom, session, site, recipient)) is not True:
            continue
        if rule.report_only:
            out.noted.append(rule.id)
        else:
            out.by = rule.id
            return out
    return out


def truth(condition: c.Condition, ask_: Callable[[c.Atom], Truth]) -> Truth:
    match condition:
        case c.AllOf(parts):
            found = [truth(part, ask_) for part in parts]
            return False if False in found else None if None in found else True
        case c.AnyOf(parts):
            found = [truth(part, ask_) for part in parts]
            return True if True in found else None if None in found else False
        case c.Not(part):
            inner = truth(part, ask_)
            return None if inner is None else not inner
        case atom:
            return ask_(atom)


def ask(atom: c.Atom, session: Session, site: Site, recipient: str | None) -> Truth:
    match atom:
        case c.SenderNull():
            return session.sender == ""
        case c.SenderPostmaster():
            return session.sender.partition("@")[0].partition("+")[0].lower() == "postmaster"
        case c.SenderIn(entries):
            return bool(session.sender) and member(session.sender, entries.members, site.delimiters)
        case c.RecipientIn(entries):
            return None if recipient is None else member(recipient, entries.members, site.delimiters)
        case c.Kept():
            roles = tuple(role if "@" in role else f"{role}@*" for role in site.kept)
            return None if recipient is None else member(recipient, roles, site.delimiters)
        case c.RecipientsOver(count):
            return False if recipient is not None else True if count == 1 else None
        case c.ClientIn(entries):
            return within(session.client, entries.members)
        case c.HeloIn(entries):
            return any(under(session.helo, name) for name in entries.members)
        case c.Authenticated():
            return session.login
        case c.Trusted():
            return session.login or any(within(session.client, one.members) for one in site.trusted)
        case c.Upstream():
            return site.upstream is not None and within(session.client, site.upstream.members)
        case c.ClientListed(zone):
            answers = [session.listed.get(f"{zone.domain}={answer}", False) for answer in zone.answers]
            return True if True in answers else None if None in answers else False
        case _:
            raise TypeError(atom)


def member(address: str, members: Iterable[str], delimiters: str) -> bool:
    for one in members:
        if "@" in one and any(fits(form, one) for form in forms(address, delimiters)):
            return True
        if "@" not in one and under(address.rpartition("@")[2], one):
            return True
    return False


def within(client: str, networks: Iterable[str]) -> bool:
    return any(ip_address(client) in ip_network(network) for network in networks)
