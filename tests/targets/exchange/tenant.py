"""An Exchange that exists only here: objects, and cmdlets that read and change them as the real ones do."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from nullsender_targets.exchange.cmdlets import NOUNS, Flag, Service, Time, Whole, parameter
from tests.targets.exchange.builtin import Failure, Table


def _domain(name: str, kind: str) -> Table:
    return Table({"Identity": name, "Name": name, "DomainName": name, "DomainType": kind, "MatchSubDomains": False,
                  "AddressBookEnabled": False})  # fmt: skip


def _remote(name: str, **more: Any) -> Table:
    values = {"NDREnabled": True, "AutoReplyEnabled": True, "AllowedOOFType": "External"}
    return Table({"Identity": name, "Name": name, **values, **more})


def objects() -> dict[str, list[Table]]:
    """Return what there is before a policy: a tenant or an organisation that nobody has changed much."""
    return {
        "AcceptedDomain": [_domain("example.org", "InternalRelay"), _domain("example.net", "Authoritative")],
        "RemoteDomain": [_remote("Default"), _remote("Partner", NDREnabled=False, AllowedOOFType="ExternalLegacy")],
        "TransportConfig": [
            Table({
                "MessageExpiration": "20:00:00", "ExternalDelayDsnEnabled": True, "InternalDelayDsnEnabled": False,
                "ExternalDsnMaxMessageAttachSize": "10 MB (10,485,760 bytes)",
                "InternalDsnMaxMessageAttachSize": "10 MB (10,485,760 bytes)",
            })
        ],
        "TransportService": [
            Table({
                "Identity": "EDGE1", "MessageExpirationTimeout": "2.00:00:00", "DelayNotificationTimeout": "04:00:00",
            })
        ],
        "HostedContentFilterPolicy": [Table({"Identity": "Default", "MarkAsSpamNdrBackscatter": "On"})],
        "OrganizationConfig": [Table({"DisablePlusAddressInRecipients": True})],
        "RecipientFilterConfig": [
            Table({"Enabled": True, "RecipientValidationEnabled": False, "ExternalMailEnabled": True})
        ],
        "InboundConnector": [Table({"Identity": "Partner", "Name": "Partner"})],
        "TransportRule": [Table({"Identity": "Disclaimer", "Name": "Disclaimer"})],
    }  # fmt: skip


@dataclass(slots=True)
class Tenant:
    """The service of one kind; `calls` are those that change something."""

    service: Service
    recipients: list[str] = field(default_factory=list)
    objects: dict[str, list[Table]] = field(default_factory=objects)
    calls: list[str] = field(default_factory=list)
    connected: bool = True
    fails: str = ""  # a cmdlet that the service does not run today

    def state(self) -> dict[str, list[Table]]:
        return deepcopy(self.objects)

    def one(self, noun: str, name: str = "") -> Table:
        return next(o for o in self.objects[noun] if not name or o["Name"] == name)

    def __call__(self, name: str, given: Table) -> list[Any] | None:
        verb, _, noun = name.partition("-")
        if not self.connected:
            return None
        if name == "Get-Recipient":
            return [Table({"EmailAddresses": [f"SMTP:{a}" for a in self.recipients[:1]] + self.rest()})]
        known = NOUNS.get(noun)
        if known is None or not any(self.service in one.where for one in known.parameters):
            return None
        if given.get("only") == "asking":
            return []
        if verb == "Get":
            return list(self.objects[noun])
        if name == self.fails:
            raise Failure(f"{name} was throttled")
        self.calls.append(f"{name} {given.get('Identity') or given.get('Name') or ''}".strip())
        return self.change(verb, noun, given)

    def rest(self) -> list[str]:
        return [f"smtp:{address}" for address in self.recipients[1:]]

    def change(self, verb: str, noun: str, given: Table) -> list[Any]:
        known, there = NOUNS[noun], self.objects[noun]
        name = given.pop("Identity", given.pop("Name", ""))
        if known.identity is not bool(name):
            raise Failure(f"{verb}-{noun} names {name!r}")
        if verb == "Remove":
            there.remove(self.one(noun, name))
            return []
        if verb == "New":
            if not known.made or any(o["Name"] == name for o in there):
                raise Failure(f"{noun} {name} cannot be made")
            there.append(Table({"Identity": name, "Name": name}))
            there[-1].update({one.name: None for one in known.parameters})
        found = next(o for o in there if not name or o["Identity"] == name)
        for key, value in given.items():
            self.take(noun, key, value)
            found[key] = _size(int(value)) if key.endswith("AttachSize") else value
        return []

    def take(self, noun: str, key: str, value: Any) -> None:
        """Refuse what the real cmdlet has no parameter for, or another type of."""
        known = parameter(noun, key, self.service)
        if known is None:
            raise Failure(f"Set-{noun} has no parameter {key}")
        match known.kind:
            case Flag():
                right = isinstance(value, bool)
            case Whole(least, most):
                right = least <= int(value) <= most
            case Time(least, most):
                right = least <= _time(value) <= most
            case _:
                right = value is None or isinstance(value, str | list)
        if not right:
            raise Failure(f"Set-{noun} -{key} does not take {value!r}")


def _size(octets: int) -> str:
    """Return a size as Exchange shows it."""
    unit, name = next(((n, u) for n, u in ((1 << 20, "MB"), (1 << 10, "KB")) if octets and not octets % n), (1, "B"))
    return f"{octets // unit} {name} ({octets:,} bytes)"


def _time(text: str) -> timedelta:
    days, _, clock = text.rpartition(".")
    hours, minutes, seconds = map(int, clock.split(":"))
    return timedelta(int(days or 0), seconds, hours=hours, minutes=minutes)
