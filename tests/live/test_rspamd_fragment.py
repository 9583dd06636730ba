"""Beside the configuration of an owner the engine decides what the policy says, and the owner's own stays as it was."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender_targets.rspamd import target
from tests.live.lab import Lab
from tests.targets.rspamd.milter import Mail
from tests.targets.rspamd.parts import SILENT, part, rule
from tests.targets.rspamd.running import HOME, Running, merge, place, running

pytestmark = pytest.mark.live

OWNERS_LUA = """
rspamd_config:register_symbol({ name = 'OWNERS_HASTE', type = 'prefilter', priority = 10, callback = function(task)
  local wish = task:get_request_header('Helo')
  if tostring(wish) == 'greylisted.example' then task:set_pre_result('soft reject', 'come again', 'owner') end
  if tostring(wish) == 'friend.example' then task:set_pre_result('no action', 'a friend', 'owner') end
  if tostring(wish) == 'foe.example' then task:set_pre_result('reject', 'a foe', 'owner') end
end })
"""
OWNERS_FILES = {
    "rspamd.local.lua": OWNERS_LUA,
    "rspamd.conf.local": 'owners { word = "kept"; }',  # without an end of line
    "local.d/worker-proxy.inc": "discard_on_reject = true;\n",
    "local.d/settings.conf": 'quiet { ip = "203.0.113.77"; apply { symbols_enabled = ["NOTHING"]; } }\n'
    'off { ip = "203.0.113.78"; apply { symbols_disabled = ["NULLSENDER"]; } }\n',
    "local.d/actions.conf": "reject = 20;\nadd_header = 10;\ngreylist = null;\n",
}
RULES = (
    rule("silent", p.Reject(), c.AllOf((c.SenderNull(), c.RecipientIn(SILENT))), stage=p.Stage.DATA),
    rule("drop", p.Discard(), c.AllOf((c.SenderNull(), c.Scoring(50)))),
    rule("spam", p.Reject(), c.Scoring(30)),
    rule("junk", p.Quarantine(), c.Scoring(25)),
)


@pytest.fixture(scope="module")
def owners(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    for name, text in OWNERS_FILES.items():
        (HOME / name).write_text(text)
    with running(part(*RULES, standalone=False)) as it:
        yield it


@pytest.mark.parametrize("helo", ["client.example", "greylisted.example", "friend.example", "foe.example"])
def test_a_rule_decides_whatever_the_owners_modules_decided_before(owners: Running, helo: str) -> None:
    mail = Mail(sender="", recipients=("noreply@example.org",), helo=helo, score=0)
    assert owners.show(mail).reply == "554 5.7.1 this recipient does not take such mail [silent]"


@pytest.mark.parametrize("client", ["203.0.113.77", "127.0.0.1", "192.168.1.1"])
def test_no_setting_of_the_owner_switches_the_rules_off(owners: Running, client: str) -> None:
    mail = Mail(sender="", recipients=("noreply@example.org",), client=client, score=0)
    assert owners.show(mail).reply.endswith("[silent]")


def test_only_an_owner_who_names_the_rules_switches_them_off(owners: Running) -> None:
    assert owners.show(Mail(sender="", recipients=("noreply@example.org",), client="203.0.113.78", score=0)).accepted


def test_where_no_rule_decides_the_owners_modules_do(owners: Running) -> None:
    assert owners.show(Mail(helo="greylisted.example")).reply == "451 4.7.1 come again"
    assert owners.show(Mail(helo="friend.example", score=40)).accepted


def test_where_no_rule_decides_the_owners_actions_do(owners: Running) -> None:
    assert owners.show(Mail(score=21)).discarded  # as the owner's worker-proxy.inc wants it
    assert owners.show(Mail(score=11)).added == (("X-Spam", "Yes"),)
    assert owners.show(Mail(score=1)).added == ()


def test_the_test_message_of_spam_filters_is_still_refused_where_no_rule_decides(owners: Running) -> None:
    body = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
    assert owners.show(Mail(body=body)).reply.endswith("[spam]")
    assert owners.show(Mail(body=body, client="192.0.2.1")).discarded  # as the owner's worker-proxy.inc wants it


def test_a_quarantine_of_the_policy_goes_before_a_reject_of_the_owner(owners: Running) -> None:
    outcome = owners.show(Mail(score=26))
    assert (outcome.accepted, outcome.added) == (True, (("X-Spam", "Yes"),))


def test_a_reject_of_the_policy_is_none_that_discards(owners: Running) -> None:
    assert owners.show(Mail(score=31)).reply.endswith("[spam]")


def test_a_discard_needs_no_declaration_of_the_owner(owners: Running) -> None:
    assert owners.show(Mail(sender="", score=60)).discarded


def test_merging_twice_adds_nothing_and_keeps_what_was_there(lab: Lab) -> None:
    lab.fresh()
    owners_file = HOME / "rspamd.conf.local"
    owners_file.write_text(OWNERS_FILES["rspamd.conf.local"])
    fragment = part(*RULES, standalone=False)
    place(fragment)
    merge(fragment)
    once = owners_file.read_text()
    merge(fragment)
    assert owners_file.read_text() == once
    assert once.startswith('owners { word = "kept"; }\n')
    assert once.count("nullsender/engine.lua") == 1


@pytest.fixture(name="_merged")
def merged(lab: Lab) -> Iterator[None]:
    lab.fresh()
    fragment = part(*RULES, standalone=False)
    place(fragment)
    merge(fragment)
    yield
    lab.fresh()


def check() -> str:
    """Run the check lines of the placement and return what they complain of."""
    said = ""
    placement = target.placements["debian"]
    for line in (*placement.sound, *placement.check):
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == bool(done.stderr)
        said += done.stderr
    return said


@pytest.mark.usefixtures("_merged")
def test_a_good_fragment_passes_the_check() -> None:
    assert check() == ""


@pytest.mark.usefixtures("_merged")
@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (("nullsender/nullsender.conf", "nullsender {", "nullsender = {{"), "nullsender.conf"),
        (("nullsender/nullsender.conf", '"sender is null"', '"sender is dull"'), "no such question: sender is dull"),
        (("nullsender/nullsender.conf", 'action = "discard"', 'action = "disband"'), "no such action: disband"),
        (("nullsender/nullsender.conf", '"recipient in" = "silent"', '"recipient in" = "loud"'), "is called loud"),
        (("nullsender/engine/rules.lua", "local", "lokal"), "rules.lua"),
        (("rspamd.conf.local", "engine.lua", "motor.lua"), "motor.lua"),
        (("rspamd.conf.local", "lua =", "# lua ="), "rspamd does not load nullsender/engine.lua"),
        (("rspamd.conf.local", ".include(", "# .include("), "section"),
    ],
)  # fmt: skip
def test_a_damaged_fragment_does_not_pass(damage: tuple[str, str, str], complaint: str) -> None:
    name, good, bad = damage
    file = HOME / name
    assert good in file.read_text()
    file.write_text(file.read_text().replace(good, bad, 1))
    assert complaint in check()


@pytest.mark.parametrize("standalone", [True, False])
@pytest.mark.parametrize("link", ["milter", "spamd"])
def test_rspamd_itself_finds_nothing_wrong(lab: Lab, tmp_path: Path, link: str, standalone: bool) -> None:
    lab.fresh()
    place(part(*RULES, link=link, standalone=standalone), tmp_path)
    verification = target.verify(tmp_path, standalone)
    assert (verification.findings, verification.not_run) == ((), ())
    assert verification.ran == ("rspamadm configtest", "rspamadm configdump")


@pytest.mark.parametrize("standalone", [True, False])
def test_rspamd_itself_finds_what_is_wrong(lab: Lab, tmp_path: Path, standalone: bool) -> None:
    lab.fresh()
    place(part(*RULES, standalone=standalone), tmp_path)
    section = tmp_path / "nullsender/nullsender.conf"
    section.write_text(section.read_text().replace('"sender is null"', '"sender is dull"'))
    assert any("no such question: sender is dull" in f.text for f in target.verify(tmp_path, standalone).findings)


def reload() -> str:
    """Run the reload lines of the placement and return what they say."""
    lines = target.placements["debian"].reload
    done = [subprocess.run(["sh", "-ec", line], capture_output=True, text=True, check=True) for line in lines]
    return "".join(one.stdout + one.stderr for one in done)


def test_a_running_rspamd_takes_new_files(lab: Lab) -> None:
    lab.fresh()
    with running(part(*RULES)) as rspamd:
        assert rspamd.show(Mail(score=6)).accepted
        place(part(rule("stricter", p.Reject(), c.Scoring(5))))
        assert reload() == ""
        until = time.monotonic() + 20
        while rspamd.show(Mail(score=6)).accepted:
            assert time.monotonic() < until
            time.sleep(0.1)


def test_where_none_runs_there_is_nothing_to_reload(lab: Lab) -> None:
    lab.fresh()
    assert reload() == ""


def test_only_an_rspamd_that_sees_our_files_is_reloaded(lab: Lab) -> None:
    lab.fresh()
    looks_like_one = ["bash", "-c", "exec -a 'rspamd: main process' sleep 600"]
    ours, of_a_container = (subprocess.Popen([*by, *looks_like_one]) for by in ((), ("unshare", "--mount")))
    try:
        for process in (ours, of_a_container):
            until = time.monotonic() + 10
            while b"rspamd: main" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()[:13]:
                assert time.monotonic() < until
                time.sleep(0.01)
        assert reload() == ""
        assert ours.wait(5) != 0
        assert of_a_container.poll() is None
    finally:
        ours.kill()
        of_a_container.kill()
        ours.wait()
        of_a_container.wait()
