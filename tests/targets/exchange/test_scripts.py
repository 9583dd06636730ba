"""Run the scripts against an Exchange that exists only here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullsender_targets.exchange.cmdlets import Service
from tests.targets.exchange.builtin import Failure
from tests.targets.exchange.interpreter import Host, run
from tests.targets.exchange.policies import CASES, compiled, ours, place, written
from tests.targets.exchange.tenant import Tenant

NAMES = sorted(path.name for path in CASES.iterdir())
of_each_case = pytest.mark.parametrize("case", NAMES)
GATEWAY, ALONE = "a tenant behind a gateway", "a tenant by itself"
PEOPLE = ["alice@example.org", "bob@example.org"]


class Session:
    """A folder with the scripts of a case, and the Exchange that they reach."""

    def __init__(self, case: str, folder: Path, recipients: list[str] | None = None) -> None:
        built = compiled(case)
        self.scripts = place(built, folder)
        service = next(s for s in Service if s.value[0] == ours(built).part.component)
        self.tenant = Tenant(service, PEOPLE if recipients is None else recipients)

    def run(self, script: str, *, what_if: bool = False) -> tuple[int, Host]:
        self.tenant.calls.clear()
        host = Host(self.tenant, what_if)
        return run(self.scripts / f"{script}.ps1", host), host


@of_each_case
def test_the_first_run_changes_what_differs_and_the_second_changes_nothing(case: str, tmp_path: Path) -> None:
    session = Session(case, tmp_path)
    code, host = session.run("apply")
    assert (code, host.warned) == (0, [])
    assert session.tenant.calls
    assert len([line for line in host.out if line.startswith(("set ", "made "))]) == len(session.tenant.calls)
    code, host = session.run("apply")
    assert (code, session.tenant.calls, host.out[-1]) == (0, [], "0 changed, 0 left to do")


@of_each_case
def test_undo_puts_back_what_was_there_before_the_first_run(case: str, tmp_path: Path) -> None:
    session = Session(case, tmp_path)
    before = session.tenant.state()
    session.run("apply")
    assert session.tenant.state() != before
    session.run("apply")
    assert session.run("undo")[0] == 0
    assert session.tenant.state() == before
    assert not (session.scripts / "before.clixml").exists()
    code, host = session.run("undo")
    assert (code, session.tenant.calls, host.out) == (0, [], ["0 put back, 0 left"])


@of_each_case
def test_what_if_shows_the_plan_and_changes_nothing(case: str, tmp_path: Path) -> None:
    session = Session(case, tmp_path)
    before, there = session.tenant.state(), sorted(session.scripts.iterdir())
    _, shown = session.run("apply", what_if=True)
    assert (session.tenant.calls, session.tenant.state()) == ([], before)
    assert sorted(session.scripts.iterdir()) == there
    session.run("apply")
    assert len(shown.planned) == len(session.tenant.calls)
    applied = session.tenant.state()
    _, shown = session.run("undo", what_if=True)
    assert (session.tenant.calls, session.tenant.state()) == ([], applied)
    assert shown.planned


@of_each_case
def test_audit_reads_alone_and_shows_what_differs(case: str, tmp_path: Path) -> None:
    session = Session(case, tmp_path)
    before = session.tenant.state()
    code, host = session.run("audit")
    assert (code, session.tenant.calls, session.tenant.state()) == (1, [], before)
    assert len(host.out) > 1
    session.run("apply")
    code, host = session.run("audit")
    assert (code, host.out) == (0, ["0 differing"])
    session.tenant.one("RemoteDomain", "Default")["AutoReplyEnabled"] = "neither"
    session.tenant.one("RemoteDomain", "Default")["NDREnabled"] = "neither"
    code, host = session.run("audit")
    assert code == 1
    assert "RemoteDomain Default: NDREnabled is neither, wanted" in host.out[0] + host.out[-2]


@pytest.mark.parametrize("script", ["apply", "undo", "audit"])
@of_each_case
def test_an_unconnected_session_is_refused(case: str, script: str, tmp_path: Path) -> None:
    session = Session(case, tmp_path)
    session.tenant.connected = False
    with pytest.raises(Failure, match="not connected to Exchange"):
        session.run(script)


def test_a_session_of_the_other_service_is_refused(tmp_path: Path) -> None:
    session = Session(GATEWAY, tmp_path)
    session.tenant.service = Service.SERVER
    with pytest.raises(Failure, match="Run Connect-ExchangeOnline first"):
        session.run("apply")


# --- the order in which edge blocking is rolled out -------------------------------------------------------------------
def test_a_domain_stays_as_it_is_until_every_listed_recipient_is_in_the_directory(tmp_path: Path) -> None:
    session = Session(GATEWAY, tmp_path, ["alice@example.org"])
    code, host = session.run("apply")
    assert code == 1
    assert session.tenant.one("AcceptedDomain", "example.org")["DomainType"] == "InternalRelay"
    assert "lacks 1 listed recipients of example.org, such as bob@example.org" in host.warned[0]
    assert session.run("apply")[0] == 1
    assert session.tenant.calls == []
    assert "bob@example.org" in session.run("audit")[1].out[0]
    session.tenant.recipients.append("Bob@Example.org")
    assert session.run("apply")[0] == 0
    assert session.tenant.one("AcceptedDomain", "example.org")["DomainType"] == "Authoritative"


def test_recipients_of_other_domains_are_not_waited_for(tmp_path: Path) -> None:
    session = Session(GATEWAY, tmp_path)
    assert (session.scripts / "recipients.txt").read_text() == "alice@example.org\nbob@example.org\n"


def test_a_domain_that_the_tenant_does_not_have_is_named(tmp_path: Path) -> None:
    session = Session(GATEWAY, tmp_path)
    del session.tenant.objects["AcceptedDomain"][1]
    code, host = session.run("apply")
    assert (code, host.warned) == (1, ["AcceptedDomain example.net does not exist. Add it first."])
    assert "AcceptedDomain example.net: does not exist" in session.run("audit")[1].out


def test_a_run_that_fails_in_the_middle_can_be_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(ALONE, tmp_path)
    before = session.tenant.state()
    monkeypatch.setattr(session.tenant, "fails", "New-TransportRule")
    with pytest.raises(Failure, match="throttled"):
        session.run("apply")
    assert session.tenant.state() != before
    session.run("undo")
    assert session.tenant.state() == before


# --- policies that change ---------------------------------------------------------------------------------------------
def test_what_a_policy_no_longer_says_is_removed_and_what_others_made_stays(tmp_path: Path) -> None:
    session = Session(ALONE, tmp_path)
    before = session.tenant.state()
    session.run("apply")
    smaller = (
        "recipients of example.org from the server\nreject nonexistent recipients\nquarantine into hold\n"
        'tag "X-Sent: yes" outgoing mail\ndeploy tenant to exchange-online\n'
    )
    place(written(smaller, tmp_path), tmp_path)
    assert "not wanted any more" in session.run("audit")[1].out[0]
    session.run("apply")
    names = {rule["Name"] for rule in session.tenant.objects["TransportRule"]}
    kept = ("remove x-sent", "tag-x-sent-yes-outgoing-mail")
    assert names == {"Disclaimer", *(f"nullsender tenant: {name}" for name in kept)}
    assert session.run("audit")[0] == 0
    session.run("undo")
    assert session.tenant.state() == before


def test_an_exception_that_a_policy_no_longer_makes_is_taken_back(tmp_path: Path) -> None:
    session = Session(ALONE, tmp_path)
    session.run("apply")
    name = "nullsender tenant: quarantine-ordinary-mail-from-blocked"
    assert session.tenant.one("TransportRule", name)["ExceptIfSenderIpRanges"] == ["198.51.100.0/24"]
    text = (CASES / ALONE / "policy.ndr").read_text()
    place(written(text.replace("except client in partners", "").replace("networks  partners", "#"), tmp_path), tmp_path)
    session.run("apply")
    assert session.tenant.calls == [f"Set-TransportRule {name}"]
    assert session.tenant.one("TransportRule", name)["ExceptIfSenderIpRanges"] is None
    assert session.run("audit")[0] == 0


def test_a_condition_that_somebody_added_to_a_rule_of_ours_is_drift(tmp_path: Path) -> None:
    session = Session(ALONE, tmp_path)
    session.run("apply")
    name = "nullsender tenant: quarantine-outgoing-mail-from-example-net"
    session.tenant.one("TransportRule", name)["SenderIpRanges"] = ["192.0.2.1"]
    code, host = session.run("audit")
    assert (code, host.out[0]) == (1, f"TransportRule {name}: SenderIpRanges is 192.0.2.1, wanted ")
    session.run("apply")
    assert session.tenant.one("TransportRule", name)["SenderIpRanges"] is None


def test_a_rule_that_was_changed_by_hand_is_set_again_as_a_whole(tmp_path: Path) -> None:
    session = Session(ALONE, tmp_path)
    session.run("apply")
    name = "nullsender tenant: quarantine-ordinary-mail-from-blocked"
    rule = session.tenant.one("TransportRule", name)
    wanted = dict(rule)
    rule.update({"Mode": "Audit", "ExceptIfSentTo": None})
    assert session.run("audit")[1].out[0] == f"TransportRule {name}: Mode is Audit, wanted Enforce"
    session.run("apply")
    assert session.tenant.calls == [f"Set-TransportRule {name}"]
    assert session.tenant.one("TransportRule", name) == wanted
