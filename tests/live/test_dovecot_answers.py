"""Whom Pigeonhole answers for somebody who is away, and that nothing else of his script is lost."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.deployment import run
from tests.live.lab import Lab
from tests.targets.answers import ANSWERED, UNANSWERED, Mail
from tests.targets.dovecot.mailbox import mailbox, reachable, script_for
from tests.targets.postfix.owner import furnish

pytestmark = pytest.mark.live

HOME = Path("/etc/dovecot")
OURS = HOME / "conf.d/99-nullsender.conf"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with reachable(tmp_path_factory.mktemp("away").name) as made:
        yield made


@pytest.mark.parametrize("mail", ANSWERED, ids=lambda mail: mail.name)
def test_ordinary_mail_is_answered_and_sorted(folder: Path, tmp_path: Path, mail: Mail) -> None:
    exceptions = {("Auto-Submitted", "No (a person)")}  # Pigeonhole itself wants just `no`
    answered = exceptions.isdisjoint(mail.fields)
    assert mailbox(folder, tmp_path, "only ordinary mail").takes(mail) == (answered, ".Sorted")


@pytest.mark.parametrize("mail", UNANSWERED, ids=lambda mail: mail.name)
def test_other_mail_is_sorted_and_not_answered(folder: Path, tmp_path: Path, mail: Mail) -> None:
    assert mailbox(folder, tmp_path, "only ordinary mail").takes(mail) == (False, ".Sorted")


@pytest.mark.parametrize("mail", [*ANSWERED, UNANSWERED[0]], ids=lambda mail: mail.name)
def test_nobody_is_answered_and_all_is_sorted(folder: Path, tmp_path: Path, mail: Mail) -> None:
    assert mailbox(folder, tmp_path, "nobody").takes(mail) == (False, ".Sorted")


def test_without_the_script_such_mail_would_be_answered(folder: Path, tmp_path: Path) -> None:
    (robot,) = (mail for mail in UNANSWERED if mail.sender == "noreply@partner.example")
    assert mailbox(folder, tmp_path, None).takes(robot) == (True, ".Sorted")


@pytest.mark.parametrize(
    ("whom", "sender", "sent"),
    [
        ("only ordinary mail", "joe@partner.example", True),
        ("only ordinary mail", "list-bounces@partner.example", False),
        ("nobody", "joe@partner.example", False),
        ("nobody", '"odd one"@partner.example', False),
        ("nobody", "x${y}@partner.example", False),
    ],
)
def test_the_sieve_test_program_sees_no_answer_and_every_action(
    folder: Path, tmp_path: Path, whom: str, sender: str, sent: bool
) -> None:
    box = mailbox(folder, tmp_path, whom)
    (folder / "mail").write_text("From: joe@partner.example\nTo: alice@example.org\nSubject: sorted\n\nhello\n")
    options = ["-e", "-c", str(folder / "dovecot.conf"), "-s", str(folder / "answers.sieve"), "-f", sender]
    to = ["-r", "alice@example.org", "-a", "alice@example.org"]
    said = run("sieve-test", *options, *to, str(folder / "away.sieve"), str(folder / "mail"))
    assert ("vacation action: sent vacation response" in said) is sent
    assert "stored mail into mailbox 'Sorted'" in said
    assert "final result: success" in said
    assert box.folder == folder


# --- apply.sh ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def tree(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """Give a machine with an owner's Postfix and Dovecot, and a tree for both."""
    lab.fresh()
    furnish()
    (HOME / "conf.d/15-lda.conf").write_text("protocol lda {\n  mail_plugins = $mail_plugins sieve\n}\n")
    (HOME / "conf.d/98-owner.conf").write_text("plugin {\n  sieve_before = file:/etc/dovecot/owner.sieve\n}\n")
    script_for(tmp_path, "nobody")
    yield tmp_path / "tree/mx"
    lab.fresh()


def test_the_script_joins_those_of_the_owner(tree: Path) -> None:
    run("sh", str(tree / "apply.sh"))
    shown = run("doveconf", "-n")
    assert re.search(
        r"sieve_before = file:/etc/dovecot/owner\.sieve\n\s*sieve_before2 = file:/etc/dovecot/nulls", shown
    )
    assert (HOME / "nullsender/answers.svbin").exists()
    assert "nothing has changed" in run("sh", str(tree / "apply.sh"))


def test_without_sieve_at_work_nothing_is_applied(tree: Path) -> None:
    (HOME / "conf.d/15-lda.conf").write_text("")
    done = subprocess.run(["sh", str(tree / "apply.sh")], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "mail_plugins of lmtp and lda are without sieve" in done.stderr
    assert not OURS.exists()
