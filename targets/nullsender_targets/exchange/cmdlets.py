"""The cmdlets that scripts may use: their parameters, and what each takes, of which service.

From the cmdlet reference (MicrosoftDocs/office-docs-powershell, 2026-08-21): its lines "Applicable" say where a
parameter exists. Many more exist; what is not listed here cannot be written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

Value = bool | int | str | timedelta | tuple[str, ...]


class Service(Enum):
    """Which Exchange: its name as a target, a cmdlet that only its sessions have, and how one gets such a session."""

    ONLINE = "exchange-online", "Exchange Online", "Get-InboundConnector", "Run Connect-ExchangeOnline first."
    SERVER = (
        "exchange-server",
        "Exchange Server",
        "Get-TransportService",
        "Run this in the Exchange Management Shell of the Edge Transport server.",
    )

    @property
    def title(self) -> str:
        return self.value[1]

    @property
    def probe(self) -> str:
        return self.value[2]

    @property
    def connect(self) -> str:
        return self.value[3]


@dataclass(frozen=True, slots=True)
class Flag:
    """`$true` or `$false`."""

    def __str__(self) -> str:
        return "$true or $false"

    def refuses(self, value: Value) -> bool:
        return not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class OneOf:
    values: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(self.values)

    def refuses(self, value: Value) -> bool:
        return value not in self.values


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer; sizes are in bytes."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least} to {self.most}"

    def refuses(self, value: Value) -> bool:
        return isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Time:
    """A time span, both ends included."""

    least: timedelta
    most: timedelta

    def __str__(self) -> str:
        return f"{self.least} to {self.most}"

    def refuses(self, value: Value) -> bool:
        return not isinstance(value, timedelta) or not self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Text:
    """A string of one line."""

    longest: int
    form: str = r"[^\x00-\x1f\x7f]*"
    words: str = "text"

    def __str__(self) -> str:
        return f"{self.words} of {self.longest} characters at most"

    def refuses(self, value: Value) -> bool:
        return not isinstance(value, str) or len(value) > self.longest or not re.fullmatch(self.form, value)


@dataclass(frozen=True, slots=True)
class Many:
    """One or more strings; `octets` is the most they may have together."""

    each: Text
    octets: int = 1 << 30

    def __str__(self) -> str:
        return f"one or more of {self.each}" + (f", {self.octets} octets together" if self.octets < 1 << 30 else "")

    def refuses(self, value: Value) -> bool:
        if not isinstance(value, tuple) or not value:
            return True
        return any(map(self.each.refuses, value)) or sum(len(one.encode()) for one in value) > self.octets


Kind = Flag | OneOf | Whole | Time | Text | Many
BOTH = frozenset(Service)
ONLINE = frozenset({Service.ONLINE})
SERVER = frozenset({Service.SERVER})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of `Set-`; what is not `read` comes back from `Get-` in another form, so that it is not compared."""

    name: str
    kind: Kind
    where: frozenset[Service] = BOTH
    read: bool = True


@dataclass(frozen=True, slots=True)
class Noun:
    """What `Get-`, `Set-` and, if `made`, `New-` and `Remove-` are about.

    `key` is the property by which one object is told from others; without it, all that `Get-` gives are meant.
    `identity`: `Set-` wants to be told which one.
    """

    name: str
    key: str
    identity: bool
    parameters: tuple[Parameter, ...]
    made: bool = False


_ADDRESS = Text(320, r"[^\s\x00-\x1f\x7f]+@[^\s\x00-\x1f\x7f]+")
_IPV4 = Text(18, r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?", "an IPv4 address or network")
_NEAR_IPV4 = Text(18, r"\d{1,3}(\.\d{1,3}){3}(/(2[4-9]|3[0-2]))?", "an IPv4 address, or a network from /24 to /32,")
_PATTERNS = Many(Text(128), 8_000)  # a rule has 8 KB for its patterns
_SCOPE = OneOf(("InOrganization", "NotInOrganization"))
_MOST_BYTES = 2_147_483_647

_NOUNS = (
    Noun(
        "AcceptedDomain",
        "DomainName",
        True,
        (
            Parameter("DomainType", OneOf(("Authoritative", "InternalRelay"))),
            Parameter("MatchSubDomains", Flag()),
            Parameter("AddressBookEnabled", Flag(), SERVER),
        ),
    ),
    Noun(
        "RemoteDomain",
        "",
        True,
        (
            Parameter("NDREnabled", Flag()),
            Parameter("AutoReplyEnabled", Flag()),
            Parameter("AllowedOOFType", OneOf(("External", "None"))),  # the others change IsInternal behind one's back
        ),
    ),
    Noun(
        "TransportConfig",
        "",
        False,
        (
            Parameter("MessageExpiration", Time(timedelta(hours=12), timedelta(hours=24)), ONLINE),
            Parameter("ExternalDelayDsnEnabled", Flag()),
            Parameter("InternalDelayDsnEnabled", Flag()),
            Parameter("ExternalDsnMaxMessageAttachSize", Whole(0, _MOST_BYTES), SERVER),
            Parameter("InternalDsnMaxMessageAttachSize", Whole(0, _MOST_BYTES), SERVER),
        ),
    ),
    Noun(
        "TransportService",
        "",
        True,
        (
            Parameter("MessageExpirationTimeout", Time(timedelta(seconds=5), timedelta(days=90)), SERVER),
            Parameter("DelayNotificationTimeout", Time(timedelta(seconds=1), timedelta(days=30)), SERVER),
        ),
    ),
    Noun(
        "HostedContentFilterPolicy",
        "",
        True,
        (Parameter("MarkAsSpamNdrBackscatter", OneOf(("On", "Off")), ONLINE),),
    ),
    Noun("OrganizationConfig", "", False, (Parameter("DisablePlusAddressInRecipients", Flag(), ONLINE),)),
    Noun(
        "RecipientFilterConfig",
        "",
        False,
        (
            Parameter("Enabled", Flag(), SERVER),
            Parameter("RecipientValidationEnabled", Flag(), SERVER),
            Parameter("ExternalMailEnabled", Flag(), SERVER),
        ),
    ),
    Noun(
        "InboundConnector",
        "Name",
        True,
        (
            Parameter("ConnectorType", OneOf(("Partner",)), ONLINE),
            Parameter("SenderDomains", Many(Text(255)), ONLINE, read=False),
            Parameter("SenderIPAddresses", Many(_NEAR_IPV4), ONLINE),
            Parameter("RestrictDomainsToIPAddresses", Flag(), ONLINE),
            Parameter("RequireTls", Flag(), ONLINE),
            Parameter("EFSkipIPs", Many(_IPV4), ONLINE),
            Parameter("Comment", Text(1024), ONLINE),
        ),
        made=True,
    ),
    Noun(
        "TransportRule",
        "Name",
        True,
        (
            Parameter("Priority", Whole(0, 299), ONLINE),  # a tenant has 300 rules at most
            Parameter("Mode", OneOf(("Audit", "Enforce")), ONLINE),
            Parameter("SenderAddressLocation", OneOf(("Envelope",)), ONLINE),
            Parameter("FromScope", _SCOPE, ONLINE),
            Parameter("ExceptIfFromScope", _SCOPE, ONLINE),
            Parameter("FromAddressMatchesPatterns", _PATTERNS, ONLINE),
            Parameter("ExceptIfFromAddressMatchesPatterns", _PATTERNS, ONLINE),
            Parameter("AnyOfRecipientAddressMatchesPatterns", _PATTERNS, ONLINE),
            Parameter("ExceptIfSentTo", Many(_ADDRESS), ONLINE, read=False),
            Parameter("SenderIpRanges", Many(_IPV4), ONLINE),
            Parameter("ExceptIfSenderIpRanges", Many(_IPV4), ONLINE),
            Parameter("HeaderMatchesMessageHeader", Text(64, r"[!-9;-~]+"), ONLINE),
            Parameter("HeaderMatchesPatterns", _PATTERNS, ONLINE),
            Parameter("Quarantine", Flag(), ONLINE),
            Parameter("DeleteMessage", Flag(), ONLINE),
            Parameter("RedirectMessageTo", Many(_ADDRESS), ONLINE, read=False),
            Parameter("RemoveHeader", Text(64, r"[!-9;-~]+"), ONLINE),
            Parameter("SetHeaderName", Text(64, r"[!-9;-~]+"), ONLINE),
            Parameter("SetHeaderValue", Text(256), ONLINE),
            Parameter("StopRuleProcessing", Flag(), ONLINE),
            Parameter("RuleErrorAction", OneOf(("Ignore", "Defer")), ONLINE),
            Parameter("Comments", Text(1024), ONLINE),
        ),
        made=True,
    ),
)

NOUNS: Mapping[str, Noun] = {noun.name: noun for noun in _NOUNS}


def parameter(noun: str, name: str, service: Service) -> Parameter | None:
    """Return a parameter where the service has it."""
    found = (one for one in NOUNS[noun].parameters if one.name == name and service in one.where)
    return next(found, None)
