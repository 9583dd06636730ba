"""What smtpd does with a configuration, as access(5) and postconf(5) tell it, without running it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from nullsender_targets.postfix import ir


@dataclass(frozen=True, slots=True)
class Session:
    """What smtpd knows. `listed` maps the filter of a block list to what the DNS says, None for no answer."""

    client: str = "203.0.113.9"
    helo: str = "client.example"
    sender: str = ""
    recipients: tuple[str, ...] = ("alice@example.org",)
    login: bool = False
    listed: Mapping[str, bool | None] = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """What came of a list: the id of the rule that decided, and of those that only noted."""

    by: str | None = None
    noted: list[str] = field(default_factory=list)


class _Over(Exception):  # noqa: N818  # not an error: a list ended
    pass


@dataclass(frozen=True, slots=True)
class Smtpd:
    """Evaluates restriction lists; only tables of ours, and no lists from files."""

    configuration: ir.Configuration

    def run(self, which: str, session: Session, recipient: str | None) -> Decision:
        """Evaluate one list; `recipient` is None at DATA with several."""
        decision = Decision()
        value = next((p.value for p in self.configuration.parameters if p.name == f"nullsender_{which}"), ())
        assert isinstance(value, tuple)
        with suppress(_Over):
            self._list(value, session, recipient, decision)
        return decision

    def _list(self, items: Iterable[object], session: Session, recipient: str | None, out: Decision) -> None:
        for item in items:
            self._restriction(item, session, recipient, out)

    def _restriction(self, item: object, session: Session, recipient: str | None, out: Decision) -> None:
        match item:
            case ir.Evaluate(name):
                if not name.startswith("nullsender_site_"):
                    self._list(self._class(name), session, recipient, out)
            case ir.LoggedIn(file):
                if session.login:
                    self._outcome(self._look(file, "alice", clients=False), session, recipient, out)
            case ir.Native.PERMIT:
                raise _Over
            case ir.Listed(zone, filter_, report_only):
                if session.listed.get(f"{zone}={filter_}"):
                    reply = next(r.reply for r in self.configuration.replies if (r.zone, r.filter) == (zone, filter_))
                    if report_only:
                        out.noted.append(reply.id)
                    else:
                        self._outcome(reply, session, recipient, out)
            case ir.Check(subject, map_):
                key = {
                    ir.Subject.CLIENT: session.client,
                    ir.Subject.HELO: session.helo,
                    ir.Subject.SENDER: session.sender or "<>",
                    ir.Subject.RECIPIENT: recipient,
                }[subject]
                if key is not None:
                    assert isinstance(map_, ir.File), "the simulation knows no lists"
                    found = self._look(map_, key, clients=subject is ir.Subject.CLIENT)
                    self._outcome(found, session, recipient, out)
            case _:
                raise TypeError(item)

    def _class(self, name: str) -> tuple[ir.Restriction, ...]:
        return next(one.restrictions for one in self.configuration.classes if one.name == name)

    def _look(self, file: ir.File, key: str, *, clients: bool) -> ir.Outcome:
        table = next(one for one in self.configuration.tables if one.name == file.name)
        return next((row.outcome for row in table.rows if matches(row.key, key, clients=clients)), ir.Dunno())

    def _outcome(self, outcome: ir.Outcome, session: Session, recipient: str | None, out: Decision) -> None:
        match outcome:
            case ir.Dunno():
                pass
            case ir.Enter(name):
                self._list(self._class(name), session, recipient, out)
            case ir.Refuse(id=id_) | ir.Discard(id=id_) | ir.Hold(id=id_):
                out.by = id_
                raise _Over
            case ir.Note(id=id_):
                out.noted.append(id_)
            case _:
                raise TypeError(outcome)


def matches(key: ir.Key, text: str, *, clients: bool = False) -> bool:
    """Tell whether a row's key matches, from its meaning alone."""
    match key:
        case ir.Anything():
            return True
        case ir.NullSender():
            return text == "<>"
        case ir.Mailbox(address, delimiters):
            return "@" in text and any(fits(form, address) for form in forms(text, delimiters))
        case ir.AtDomain(domain):
            return "@" in text and under(text.rpartition("@")[2], domain)
        case ir.Host(name):
            return under(text, name)
        case ir.Network(cidr):
            return clients and ip_address(text) in ip_network(cidr)
        case _:
            raise TypeError(key)


def forms(address: str, delimiters: str) -> Iterator[str]:
    """Yield an address in the forms in which it is compared: as written, then without the subaddress."""
    local, _, domain = address.lower().rpartition("@")
    yield f"{local}@{domain}"
    cuts = [at for d in delimiters if (at := local.find(d, 1)) > 0]
    if cuts and local[0] not in delimiters:
        yield f"{local[: min(cuts)]}@{domain}"


def fits(address: str, pattern: str) -> bool:
    """Tell whether an address in canonical form fits one with `*` in it; in the domain `*.` stands for some labels."""
    local, _, domain = pattern.rpartition("@")
    own_local, _, own_domain = address.rpartition("@")
    wanted = ".*".join(map(re.escape, local.split("*")))
    return re.fullmatch(wanted, own_local) is not None and (domain == "*" or under(own_domain, domain))


def under(name: str, domain: str) -> bool:
    name = name.lower()
    return name.endswith(domain[1:]) and name != domain[2:] if domain.startswith("*.") else name == domain
