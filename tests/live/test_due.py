"""Rules end on real servers by themselves: cron calls apply.sh, whose clock is moved on here."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from nullsender.frontend import build
from nullsender.lab.deploying import applied
from nullsender.manifest import Request
from nullsender.writing import write_tree
from tests.live.deployment import Deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = """\
policy "a trial"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
reject ordinary mail from joe@partner.example until 2027-06-30 as trial
reject ordinary mail from ann@partner.example from 2027-07-01 as after
deploy mx to {stack}
"""


def apply(tree: Path, programs: Path, today: str, *arguments: str) -> str:
    programs.mkdir(exist_ok=True)
    clock = programs / "date"
    clock.write_text(f'#!/bin/sh\ncase $* in "-u +%Y-%m-%d") echo {today} ;; *) exec /bin/date "$@" ;; esac\n')
    clock.chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    command = ["sh", str(tree / "mx/apply.sh"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(running: Deployed) -> list[str]:
    """Return whose mail is refused."""
    senders = ("joe@partner.example", "ann@partner.example", "bob@partner.example")
    return [sender for sender in senders if not accepted(running, sender)]


def accepted(running: Deployed, sender: str) -> bool:
    """Tell whether mail is accepted, by a server that may just be starting again."""
    message = b"From: somebody@partner.example\r\n\r\nhello\r\n"
    until = time.monotonic() + 10
    while True:
        try:
            return running.lab.attempt(sender, ["alice@example.org"], message).accepted
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("stack", ["postfix 3.7", "exim 4.96", "postfix 3.7 with rspamd 3.4"])
def test_a_rule_ends_and_another_begins_with_nobody_there(lab: Lab, tmp_path: Path, stack: str) -> None:
    policy, tree, programs = tmp_path / "site.ndr", tmp_path / "tree", tmp_path / "bin"
    policy.write_text(POLICY.format(stack=stack))
    built = build(policy, date(2027, 1, 31), standalone=True)
    written = write_tree(built, Request(str(policy), standalone=True), tree, verify=True)
    assert [d.message for d in written.diagnostics if d.is_error] == []
    with applied(lab, built) as running:
        apply(tree, programs, "2027-01-31")
        assert apply(tree, programs, "2027-06-30", "--if-due") == ""
        assert refused(running) == ["joe@partner.example"]
        assert "mx: applied" in apply(tree, programs, "2027-07-01", "--if-due")
        running.lab.sink.clear()
        assert refused(running) == ["ann@partner.example"]
        assert apply(tree, programs, "2027-07-02", "--if-due") == ""
