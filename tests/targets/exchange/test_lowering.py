"""What a policy becomes, what it cannot become, and what is said then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullsender import discover
from nullsender.features import FEATURES
from nullsender.frontend import Built
from tests.targets.exchange.policies import ours, written

SERVED = "recipients of example.org from the server\n"
ONLINE = "deploy tenant to exchange-online\n"
EDGE = "deploy edge to exchange-server 2019\n"
FRONT = "upstream clients in 192.0.2.25\n"


def said(built: Built) -> list[tuple[str, str]]:
    return [(d.code, d.note or "") for d in built.diagnostics if d.is_error]


def values(text: str, folder: Path) -> dict[str, dict[str, object]]:
    """Return what is wanted of each object, by its noun and name."""
    built = written(text, folder)
    assert said(built) == []
    script = b"".join(ours(built).emitted.artifacts[0].chunks()).decode()
    found: dict[str, dict[str, object]] = {}
    for piece in script.split("        @{\n")[1:]:
        fields = dict(line.strip().split(" = ", 1) for line in piece.splitlines() if " = " in line and "#" not in line)
        found[f"{fields.pop('Noun')} {fields.pop('Name')}".replace("'", "").strip()] = dict(fields)
    return found


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("reject ordinary mail from joe@partner.example", "bounces it, to a sender who may be forged"),
        ("reject bounces to several recipients", "cannot match a null sender; have Postfix or Exim in front do it"),
        ("use dnsbl ips.backscatterer.org in safe mode", "asks no block lists of yours; have Postfix or Exim"),
        ("quarantine ordinary mail when client in 192.0.2.1 or spf is fail", "write a rule for each side of an `or`"),
        ("quarantine ordinary mail when dmarc is none", "can be matched where it fails only"),
        ("quarantine ordinary mail when spf is fail and dmarc is fail", "has one `HeaderMatchesPatterns`"),
        ("limit bounces to 20 per hour per recipient", "have Postfix or Exim in front do it"),
        ("quarantine mail scoring 8 or more", "have rspamd in front score"),
        ("return headers only", "have Postfix or Exim in front do it"),
        ("send ndrs only to trusted senders", "say `without a copy`"),
        ("send ndrs through 192.0.2.25", "high-risk delivery pool"),
    ],
)
def test_what_the_service_cannot_do_names_who_can(rule: str, why: str, tmp_path: Path) -> None:
    found = said(written(SERVED + rule + "\n" + ONLINE, tmp_path))
    assert found
    assert any(why in note for _, note in found), found


@pytest.mark.parametrize("name", ["exchange-online", "exchange-server"])
def test_every_reason_says_what_to_do_instead_or_that_it_is_not_needed(name: str) -> None:
    table = discover.load(name).capabilities
    told = (
        "Postfix or Exim",
        "say `",
        "rspamd in front",
        "filter in front",
        "here;",
        "each code",
        "EdgeSync brings them",
    )
    assert set(table.cannot) == set(FEATURES) - set(table.ways)
    assert {f: why for f, why in table.cannot.items() if not any(one in why for one in told)} == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{SERVED}give up mail after 5d\n{ONLINE}", "-MessageExpiration takes 12:00:00 to 1 day, 0:00:00, not 5 days"),
        (f"{SERVED}upstream clients in 2001:db8::25\n{ONLINE}", "one or more of an IPv4 address"),
        (f"{SERVED}upstream clients in 192.0.2.0/23\n{ONLINE}", "from /24 to /32"),
        (f"{SERVED}subaddresses begin with -\nreject nonexistent recipients\n{ONLINE}", "knows `+` alone"),
        (f"recipients of *.example.org from the server\nreject nonexistent recipients\n{ONLINE}", "subdomains"),
        (f"recipients of *.example.org are anyone\nreject nonexistent recipients\n{ONLINE}", "never without itself"),
        (f"{SERVED}trust clients in 192.0.2.0/24\n{ONLINE}", "trusts who logs in"),
        (f"{SERVED}give up mail after 100d\n{EDGE}", "-MessageExpirationTimeout takes 0:00:05 to 90 days"),
    ],
)
def test_a_value_that_is_not_taken_is_an_error_with_its_place(text: str, why: str, tmp_path: Path) -> None:
    built = written(text, tmp_path)
    (found,) = (d for d in built.diagnostics if d.is_error)
    assert (found.code, why in (found.note or "")) == ("NS540", True), found
    assert found.span is not None


def test_a_domain_whose_recipients_are_anyone_includes_its_subdomains(tmp_path: Path) -> None:
    text = "recipients of example.org, *.example.org are anyone\nreject nonexistent recipients\n" + ONLINE
    of = values(text, tmp_path)["AcceptedDomain example.org"]
    assert (of["DomainType"], of["MatchSubDomains"]) == ("'InternalRelay'", "$true")


@pytest.mark.parametrize(("behind", "closed"), [("", "$false"), (" behind gw1", "$true")])
def test_the_tenant_takes_mail_from_the_gateway_alone_where_it_stands_behind_it(
    behind: str, closed: str, tmp_path: Path
) -> None:
    gateway = "deploy gw1 to postfix 3.7\n" if behind else ""
    text = SERVED + FRONT + ONLINE.strip() + f"{behind}\n{gateway}"
    of = values(text, tmp_path)["InboundConnector nullsender tenant: in front"]
    assert (of["RestrictDomainsToIPAddresses"], of["EFSkipIPs"]) == (closed, "@('192.0.2.25')")


@pytest.mark.parametrize(
    ("into", "action"),
    [
        ("hold", {"Quarantine": "$true"}),
        ("junk", {"SetHeaderName": "'X-Spam'", "SetHeaderValue": "'Yes'", "StopRuleProcessing": "$true"}),
        ("box@example.org", {"RedirectMessageTo": "@('box@example.org')", "StopRuleProcessing": "$true"}),
    ],
)
def test_quarantine_is_what_the_policy_says(into: str, action: dict[str, str], tmp_path: Path) -> None:
    text = (
        f"{SERVED}quarantine into {into}\nquarantine outgoing mail from a@example.org as q allow approximate\n{ONLINE}"
    )
    of = values(text, tmp_path)["TransportRule nullsender tenant: q"]
    off = dict.fromkeys(("Quarantine", "DeleteMessage", "StopRuleProcessing"), "$false")
    assert {key: of.get(key) for key in (*off, *action)} == off | action


def test_exceptions_of_one_kind_stand_together(tmp_path: Path) -> None:
    text = (
        f"{SERVED}{FRONT}quarantine into hold\nquarantine ordinary mail when spf is fail "
        f"except sender in a@example.net except sender in *@example.com except client in 198.51.100.7 "
        f"as q allow approximate\n{ONLINE}"
    )
    of = values(text, tmp_path)["TransportRule nullsender tenant: q"]
    assert of["FromAddressMatchesPatterns"] == "@('@')"
    assert of["ExceptIfFromAddressMatchesPatterns"] == r"@('^a@example\.net$', '@example\.com$')"
    assert of["ExceptIfSenderIpRanges"] == "@('198.51.100.7', '192.0.2.25')"
    assert of["HeaderMatchesPatterns"] == "@('^spf=fail ')"


def test_a_tag_from_outside_is_removed_before_ours_is_set(tmp_path: Path) -> None:
    text = f'{SERVED}tag "X-Sent: yes" outgoing mail as t\n{ONLINE}'
    found = values(text, tmp_path)
    removing, setting = (found[f"TransportRule nullsender tenant: {name}"] for name in ("remove x-sent", "t"))
    assert (removing["Priority"], removing["RemoveHeader"], "FromScope" in removing) == ("0", "'x-sent'", False)
    assert (setting["Priority"], setting["SetHeaderName"], setting["FromScope"]) == (
        "1",
        "'X-Sent'",
        "'InOrganization'",
    )


def test_two_tags_of_one_name_are_an_error(tmp_path: Path) -> None:
    text = f'{SERVED}tag "X-Sent: a" outgoing mail\ntag "x-sent: b" outgoing mail from a@example.org\n{ONLINE}'
    ((code, note),) = said(written(text, tmp_path))
    assert (code, "sets it already" in note) == ("NS540", True)


def test_what_the_service_does_by_itself_is_a_note(tmp_path: Path) -> None:
    text = SERVED + 'sign mail from example.org with batv keys "/etc/k"\n' + ONLINE
    script = b"".join(ours(written(text, tmp_path)).emitted.artifacts[0].chunks()).decode()
    assert "knows bounces of it by that" in script
    assert "MarkAsSpamNdrBackscatter = 'Off'" in script
    assert re.findall(r"Noun = '(\w+)'", script) == ["AcceptedDomain", "HostedContentFilterPolicy"]
