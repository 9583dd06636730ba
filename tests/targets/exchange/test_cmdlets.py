"""What no cmdlet takes cannot be written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nullsender_targets.exchange import ir
from nullsender_targets.exchange.cmdlets import NOUNS, Noun, Service, Value, parameter
from tests.targets.exchange.builtin import Table
from tests.targets.exchange.interpreter import value_of
from tests.targets.exchange.policies import CASES, compiled, files, ours, place
from tests.targets.exchange.syntax import nodes, parse, words

ONLINE, SERVER = Service.ONLINE, Service.SERVER
SCRIPTS = ("apply", "audit", "engine", "undo")
OF_POWERSHELL = {
    "Set-StrictMode", "Join-Path", "Get-Command", "Sort-Object", "Select-Object", "Test-Path", "Remove-Item",
    "Get-Content", "Import-Clixml", "Export-Clixml", "Write-Output", "Write-Warning",
}  # fmt: skip


def wanted(service: Service, noun: str, name: str, parameter_: str, value: Value) -> ir.Wanted:
    return ir.Wanted(service, noun, name, (ir.Setting(parameter_, value),), "", ("x",))


@pytest.mark.parametrize(
    ("service", "noun", "name", "parameter_", "value"),
    [
        (ONLINE, "SystemMessage", "x", "Text", "only on-premises"),
        (ONLINE, "TransportConfig", "", "ExternalDsnMaxMessageAttachSize", 0),
        (ONLINE, "RecipientFilterConfig", "", "RecipientValidationEnabled", True),
        (ONLINE, "AcceptedDomain", "example.org", "AddressBookEnabled", True),
        (SERVER, "TransportConfig", "", "MessageExpiration", timedelta(hours=12)),
        (SERVER, "InboundConnector", "nullsender", "RequireTls", True),
        (ONLINE, "AcceptedDomain", "example.org", "DomainType", "ExternalRelay"),
        (ONLINE, "AcceptedDomain", "example.org", "MatchSubDomains", "yes"),
        (ONLINE, "AcceptedDomain", "", "MatchSubDomains", True),
        (ONLINE, "TransportConfig", "Default", "ExternalDelayDsnEnabled", True),
        (ONLINE, "TransportConfig", "", "MessageExpiration", timedelta(hours=11)),
        (ONLINE, "TransportConfig", "", "MessageExpiration", timedelta(hours=25)),
        (ONLINE, "TransportConfig", "", "MessageExpiration", "1.00:00:00"),
        (SERVER, "TransportConfig", "", "ExternalDsnMaxMessageAttachSize", 2**31),
        (SERVER, "TransportConfig", "", "ExternalDsnMaxMessageAttachSize", True),
        (SERVER, "TransportService", "", "MessageExpirationTimeout", timedelta(days=91)),
        (ONLINE, "TransportRule", "x", "RejectMessageReasonText", "it would make a bounce"),
        (ONLINE, "TransportRule", "x", "Mode", "Test"),
        (ONLINE, "TransportRule", "x" * 65, "Mode", "Audit"),
        (ONLINE, "TransportRule", "x", "Quarantine", 1),
        (ONLINE, "TransportRule", "x", "SenderIpRanges", ("2001:db8::/32",)),
        (ONLINE, "TransportRule", "x", "FromAddressMatchesPatterns", ()),
        (ONLINE, "TransportRule", "x", "FromAddressMatchesPatterns", ("a" * 129,)),
        (ONLINE, "TransportRule", "x", "FromAddressMatchesPatterns", ("a" * 100,) * 81),
        (ONLINE, "TransportRule", "x", "SetHeaderName", "X Note"),
        (ONLINE, "TransportRule", "x", "SetHeaderValue", "one\ntwo"),
        (ONLINE, "InboundConnector", "x", "SenderIPAddresses", ("192.0.2.0/23",)),
        (ONLINE, "RemoteDomain", "", "AllowedOOFType", "InternalLegacy"),
    ],
)
def test_a_wrong_call_cannot_be_made(service: Service, noun: str, name: str, parameter_: str, value: Value) -> None:
    with pytest.raises(ValueError, match=r"no cmdlets|no parameter| takes |does not name"):
        wanted(service, noun, name, parameter_, value)


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_every_call_is_one_that_the_table_has(case: str, tmp_path: Path) -> None:
    built = compiled(case)
    service = next(s for s in Service if s.value[0] == ours(built).part.component)
    calls = value_of(place(built, tmp_path) / "policy.ps1")["Wanted"]
    assert calls
    for call in calls:
        noun = NOUNS[call["Noun"]]
        known = {name: parameter(noun.name, name, service) for name in call["Set"]}
        assert None not in known.values()
        assert (call["Key"], call["Identity"], call["Make"]) == (noun.key, noun.identity, noun.made)
        assert set(call["Set"]) & set(call["Clear"]) == set()
        assert set(call["Unread"]) == {one.name for one in noun.parameters if not one.read and one.name in _all(call)}


def _all(call: Table) -> set[str]:
    return {*call["Set"], *call["Clear"]}


def test_scripts_run_nothing_but_cmdlets_of_the_table_and_of_powershell() -> None:
    texts = {name: files(compiled("an edge server"))[f"nullsender/{name}.ps1"] for name in SCRIPTS}
    trees = [parse(text) for text in texts.values()]
    functions = {words(node) for tree in trees for node in nodes(tree) if node.type == "function_name"}
    named = {words(node) for tree in trees for node in nodes(tree) if node.type == "command_name"}
    assert named - functions - OF_POWERSHELL == {"Get-Recipient"}
    built_up = {words(node) for tree in trees for node in nodes(tree) if node.type == "command_name_expr"}
    by_noun = {f"('{verb}-' + $Item.Noun)".lower() for verb in ("Get", "Set", "New", "Remove")}
    assert {one.lower() for one in built_up if "-Path" not in one} == by_noun | {"('get-' + $noun)"}


def test_audit_has_no_way_to_change_anything() -> None:
    text = files(compiled("an edge server"))["nullsender/audit.ps1"]
    assert [
        word for word in ("'Set-", "'New-", "'Remove-", "Set-Present", "Save-Record", "Clixml") if word in text
    ] == []


@pytest.mark.parametrize("noun", NOUNS.values(), ids=lambda noun: noun.name)
def test_a_parameter_stands_once_in_the_table(noun: Noun) -> None:
    names = [one.name for one in noun.parameters]
    assert len(names) == len(set(names))
