"""Think of sessions that a policy's own conditions speak of, so that what must hold for all can be tried on many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from itertools import islice
from random import Random
from typing import Any

from nullsender import canonical
from nullsender import condition as c
from nullsender.entryfile import entries, expand
from nullsender.features import full_condition
from nullsender.names import CompiledFile, Entries
from nullsender.policy import Greylist, Policy
from nullsender.session import Message, Session

_SENDER, _ELSEWHERE = "joe@partner.example", "someone@elsewhere.example"
_MOST_MEMBERS = 20  # of a set that are tried
_SAMPLE = "x"  # stands for a `*`


@dataclass(frozen=True, slots=True)
class Prober:
    """What sessions of a policy are made from: its conditions, and addresses that exist and do not."""

    policy: Policy
    atoms: tuple[c.Atom, ...]
    known: tuple[str, ...]
    unknown: tuple[str, ...]

    def sessions(self, random: Random, condition: c.Condition) -> Iterator[Session]:
        """Yield sessions without end: conditions of rules are brought about at random, and one always."""
        terms = c.disjuncts(condition)
        while True:
            session = Session(self._recipients(random), random.choice(("", _SENDER)))
            for atom in random.sample(self.atoms, random.randint(0, min(4, len(self.atoms)))):
                session = self._bring_about(session, atom, random)
            for sign, atom in random.choice(terms) if terms else ():
                if sign is c.Sign.IS:
                    session = self._bring_about(session, atom, random)
            yield self._odds(session, random)

    def _recipients(self, random: Random) -> tuple[str, ...]:
        pool = (*self.known, *self.known, *self.unknown, _ELSEWHERE)
        return tuple(random.choice(pool) for _ in range(random.choice((1, 1, 1, 2, 3))))

    def _bring_about(self, session: Session, atom: c.Atom, random: Random) -> Session:
        bring = _BRINGING.get(type(atom))
        return bring(self, session, atom, random) if bring else session

    def _odds(self, session: Session, random: Random) -> Session:
        """Add what no condition speaks of: repetition and first contact. Every lookup is answered."""
        limits = [rule.limit.count for rule in self.policy.rules if rule.limit]
        if limits and random.random() < 0.2:
            session = replace(session, before=min(1000, random.choice(limits)))
        if any(isinstance(rule.action, Greylist) for rule in self.policy.rules):
            session = replace(session, first_contact=random.random() < 0.3)
        return session


def prober(policy: Policy, *more: c.Condition) -> Prober:
    """Return what sessions of a policy are made from; `more` are conditions beside those of its rules."""
    conditions = (*(full_condition(rule) for rule in policy.rules), *more)
    atoms = dict.fromkeys(atom for condition in conditions for _, atom in c.literals(condition))
    known, unknown = [], []
    for served in policy.served:
        domain = _name(next(iter(expand(served.domains)), "example.org"))
        known += [f"postmaster@{domain}", f"someone@{domain}" if served.anyone else f"known@{domain}"]
        unknown.append(f"nobody-at-all@{domain}")
        for source in served.sources:
            if isinstance(source, CompiledFile):
                known += [entry.replace("*", _SAMPLE) for entry in islice(entries(source), _MOST_MEMBERS)]
    return Prober(policy, tuple(atoms), tuple(known) or ("postmaster",), tuple(unknown) or ("postmaster",))


def said_to_be_known(session: Session, among: Prober) -> Session:
    """Return a session in which sources that only the server can ask know everybody but those thought up as unknown."""
    known = (recipient for recipient in session.recipients if recipient not in among.unknown)
    delimiters = among.policy.delimiters
    return replace(session, known=frozenset(form for one in known for form in canonical.forms(one, delimiters)[:1]))


Bring = Callable[[Prober, Session, Any, Random], Session]


# --- bringing a condition about ---------------------------------------------------------------------------------------
def _name(member: str) -> str:
    return member.replace("*", _SAMPLE)


def _member(of: Entries, random: Random) -> str | None:
    members = of.members or tuple(islice(expand(of), _MOST_MEMBERS))
    return random.choice(members) if members else None


def _address(of: Entries, random: Random) -> str | None:
    member = _member(of, random)
    if member is None or "@" in member:
        return member and _name(member)
    return f"someone@{_name(member)}"


def _client(of: Entries, random: Random) -> str | None:
    member = _member(of, random)
    return str(ip_network(member)[0]) if member else None


def _sender_in(_: Prober, session: Session, atom: c.SenderIn, random: Random) -> Session:
    return replace(session, sender=_address(atom.entries, random) or session.sender)


def _recipient_in(_: Prober, session: Session, atom: c.RecipientIn, random: Random) -> Session:
    address = _address(atom.entries, random)
    if address is None:
        return session
    others = session.recipients[: random.randint(0, 1)]
    return replace(session, recipients=(address, *others))


def _client_in(
    entries_of: Callable[[Prober, Any], Entries | None],
) -> Callable[[Prober, Session, Any, Random], Session]:
    def bring(of: Prober, session: Session, atom: Any, random: Random) -> Session:
        within = entries_of(of, atom)
        return replace(session, client=(within and _client(within, random)) or session.client)

    return bring


def _over(of: Prober, session: Session, atom: c.RecipientsOver, random: Random) -> Session:
    """Name more recipients; a number that nobody would write out is not brought about."""
    more = min(atom.count + 1, 200) - len(session.recipients)
    return replace(session, recipients=(*session.recipients, *(random.choice(of.known) for _ in range(more))))


def _listed(_: Prober, session: Session, atom: c.ClientListed, random: Random) -> Session:
    listing = (atom.zone.domain, random.choice(atom.zone.answers))
    return replace(session, listed=session.listed | {listing})


def _kept(of: Prober, session: Session, _: c.Kept, random: Random) -> Session:
    role = random.choice(of.policy.kept)
    domain = random.choice(of.known).rpartition("@")[2]
    return replace(session, recipients=(role if "@" in role else f"{role}@{domain}",))


def _header(_: Prober, session: Session, atom: c.HeaderMatches, __: Random) -> Session:
    plain = re.sub(r"\\[bBAZ]|[\^$()]|\(\?:", "", atom.pattern)
    tries = (plain, re.sub(r"\\(.)", r"\1", plain), re.sub(r"[.*+?\[\]|\\]", "", plain), plain.partition("|")[0])
    flags = re.IGNORECASE if atom.ignore_case else 0
    value = next((text for text in tries if re.search(atom.pattern, text, flags)), None)
    if value is None:
        return session
    fields = (*session.message.fields, (atom.name, value))
    return replace(session, message=replace(session.message, fields=fields))


def _forged(_: Prober, session: Session, __: c.ForgedBounce, ___: Random) -> Session:
    returned = (("Message-ID", "<1@stranger.invalid>"),)
    message = Message(session.message.fields, "delivery-status", returned)
    return replace(session, sender="", message=message)


_BRINGING: Mapping[type, Bring] = {
    c.SenderNull: lambda _, session, __, ___: replace(session, sender=""),
    c.SenderPostmaster: lambda _, session, __, ___: replace(session, sender="postmaster@partner.example"),
    c.SenderIn: _sender_in,
    c.RecipientIn: _recipient_in,
    c.RecipientsOver: _over,
    c.ClientIn: _client_in(lambda _, atom: atom.entries),
    c.ClientListed: _listed,
    c.ClientNameless: lambda _, session, __, ___: replace(session, named=False),
    c.HeloIn: lambda _, session, atom, random: replace(
        session, helo=_name(_member(atom.entries, random) or session.helo)
    ),
    c.Authenticated: lambda _, session, __, ___: replace(session, login="joe"),
    c.Trusted: _client_in(lambda of, _: next((networks.entries for networks in of.policy.trusted), None)),
    c.Upstream: _client_in(lambda of, _: of.policy.upstream),
    c.Kept: _kept,
    c.RecipientElsewhere: lambda _, session, __, ___: replace(session, recipients=(_ELSEWHERE,)),
    c.RecipientUnknown: lambda of, session, __, random: replace(session, recipients=(random.choice(of.unknown),)),
    c.RecipientFull: lambda _, session, __, ___: replace(session, full=frozenset(session.recipients)),
    c.SpfIs: lambda _, session, atom, __: replace(session, spf=atom.result),
    c.DmarcIs: lambda _, session, atom, __: replace(session, dmarc=atom.result),
    c.BatvIs: lambda _, session, atom, __: replace(session, batv=atom.state),
    c.Scoring: lambda _, session, atom, random: replace(session, score=atom.least + random.choice((0.0, -0.5, 2.0))),
    c.HeaderMatches: _header,
    c.ReportIs: lambda _, session, atom, __: replace(session, message=replace(session.message, report=atom.kind)),
    c.ForgedBounce: _forged,
}
