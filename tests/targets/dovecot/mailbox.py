"""A mailbox of somebody who is away: Dovecot's delivery agent fills it, after a script of the policy and his own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from nullsender.frontend import build
from nullsender.output import generated, write_files
from tests.live.deployment import TODAY
from tests.targets.answers import Mail

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


@contextmanager
def reachable(name: str) -> Iterator[Path]:
    """Make a folder that everybody can reach."""
    made = Path("/tmp", f"{name}-of-dovecot")  # noqa: S108  # a name of its own
    made.mkdir()
    try:
        yield made
    finally:
        shutil.rmtree(made)


def mailbox(folder: Path, tmp_path: Path, whom: str | None) -> Mailbox:
    script = None
    if whom:
        script = folder / "answers.sieve"
        shutil.copy(script_for(tmp_path, whom), script)
    box = Mailbox(folder)
    box.furnish(script)
    return box
