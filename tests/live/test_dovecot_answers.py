"""Whom Pigeonhole answers for somebody who is away, and that nothing else of his script is lost."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from nullsender.frontend import build
from nullsender.output import generated, write_files
from tests.live.deployment import TODAY, run
from tests.live.lab import Lab
from tests.targets.answers import ANSWERED, UNANSWERED, Mail
from tests.targets.postfix.owner import furnish

pytestmark = pytest.mark.live

HOME = Path("/etc/dovecot")
OURS = HOME / "conf.d/99-nullsender.conf"
SCRIPT = "nullsender/answers.sieve"
POLICY = """\
policy "away"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
answer automatically {whom}
deploy mx to postfix 3.7 with dovecot 2.3
"""
AWAY = """\
require ["vacation", "fileinto", "mailbox"];
vacation :days 7 :addresses ["alice@example.org"] "I am away.";
if header :contains "Subject" "sorted" { fileinto :create "Sorted"; stop; }
"""
SETTINGS = """\
mail_uid = nobody
mail_gid = nogroup
mail_home = {folder}/box
mail_location = maildir:{folder}/box/Maildir
base_dir = {folder}/run
log_path = {folder}/log
sendmail_path = {folder}/sendmail
ssl = no
first_valid_uid = 0
first_valid_gid = 0
postmaster_address = postmaster@example.org
protocol lda {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:{folder}/away.sieve
  {before}
}}
"""


@dataclass(frozen=True)
class Mailbox:
    """A mailbox of somebody who is away, with a script of ours before his own, or none."""

    folder: Path

    def furnish(self, script: Path | None) -> None:
        (self.folder / "box").mkdir()
        (self.folder / "away.sieve").write_text(AWAY)
        before = f"sieve_before = file:{script}" if script else ""
        (self.folder / "dovecot.conf").write_text(SETTINGS.format(folder=self.folder, before=before))
        (self.folder / "sendmail").write_text(f'#!/bin/sh\ncat >>"{self.folder}/answers"\n')
        (self.folder / "sendmail").chmod(0o755)
        for path in (self.folder, *self.folder.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
            path.chmod(path.stat().st_mode | 0o055)

    def takes(self, mail: Mail) -> tuple[bool, str]:
        """Deliver a mail; return whether it is answered, and the folder that it is in."""
        made = EmailMessage()
        made["From"], made["To"] = "joe@partner.example", "alice@example.org"
        made["Subject"], made["Message-ID"] = "to be sorted", "<1@partner.example>"
        for name, value in mail.fields:
            made[name] = value
        made.set_content("hello\n")
        agent = ["/usr/lib/dovecot/dovecot-lda", "-c", str(self.folder / "dovecot.conf"), "-f", mail.sender]
        as_nobody = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
        environment = {"HOME": str(self.folder / "box"), "USER": "alice", "PATH": "/usr/bin:/bin"}
        subprocess.run(
            [*as_nobody, *agent, "-r", "alice@example.org", "-a", "alice@example.org"],
            input=made.as_bytes(),
            env=environment,
            check=True,
        )
        (stored,) = (self.folder / "box").rglob("new/*")
        answers = self.folder / "answers"
        return answers.exists() and "I am away." in answers.read_text(), stored.parent.parent.name


def script_for(folder: Path, whom: str) -> Path:
    (folder / "site.ndr").write_text(POLICY.format(whom=whom))
    files, _ = generated(build(folder / "site.ndr", TODAY, standalone=False).outputs)
    write_files(folder / "tree", files)
    return folder / "tree/mx/dovecot" / SCRIPT


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder that everybody can reach."""
    made = Path("/tmp", tmp_path_factory.mktemp("away").name + "-of-dovecot")  # noqa: S108  # a name of its own
    made.mkdir()
    yield made
    shutil.rmtree(made)


def mailbox(folder: Path, tmp_path: Path, whom: str | None) -> Mailbox:
    script = None
    if whom:
        script = folder / "answers.sieve"
        shutil.copy(script_for(tmp_path, whom), script)
    box = Mailbox(folder)
    box.furnish(script)
    return box


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
