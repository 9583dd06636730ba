"""Dovecot's quota-status on the machine: a real service that says which mailboxes are over quota."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from nullsender.lab import program
from nullsender.lab.machine import descendants
from nullsender.quota import HOST, PORT
from tests.live.failing import halt, kill, wake

HOME = Path("/run/mailboxes")
_SECONDS = 20.0
FULL = ("bob@example.org", "shy@example.org", "abuse@example.org")
_SETTINGS = f"""\
protocols =
base_dir = {HOME}/run
log_path = {HOME}/log
ssl = no
mail_uid = nobody
mail_gid = nogroup
mail_location = maildir:~/Maildir
mail_plugins = quota
first_valid_uid = 0
first_valid_gid = 0
auth_username_format = %Lu
recipient_delimiter = +
passdb {{
  driver = passwd-file
  args = {HOME}/users
}}
userdb {{
  driver = passwd-file
  args = {HOME}/users
}}
service quota-status {{
  executable = quota-status -p postfix
  inet_listener {{
    address = {HOST}
    port = {PORT}
  }}
  client_limit = 1
}}
plugin {{
  quota = maildir:User quota
  quota_grace = 0%%
  quota_status_success = DUNNO
  quota_status_nouser = REJECT Unknown user
  quota_status_overquota = "554 5.2.2 Mailbox is full"
}}
"""


@dataclass
class Service:
    """The service, which runs until it is stopped."""

    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, and wait until it takes questions."""
        with (HOME / "said").open("ab") as said:
            self._process = subprocess.Popen(
                ["/usr/sbin/dovecot", "-F", "-c", str(HOME / "dovecot.conf")],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        program.wait(self._process, "Dovecot", lambda: program.connect(HOST, PORT), _SECONDS, _said)

    def stop(self) -> None:
        """End it at once: connections are refused from now on."""
        kill(self._processes())
        assert self._process is not None
        self._process.wait()

    def silence(self) -> None:
        """Let it answer nothing more, though its connections stay open and new ones are taken."""
        halt(self._processes())

    def wake(self) -> None:
        wake(self._processes())

    def _processes(self) -> tuple[int, ...]:
        assert self._process is not None
        return self._process.pid, *descendants(self._process.pid)


def _said() -> str:
    return "".join(path.read_text(errors="replace") for path in (HOME / "said", HOME / "log") if path.exists())


def mailboxes() -> Service:
    """Make mailboxes, some of them over quota, and start the service that says so."""
    HOME.mkdir()
    lines = []
    for user in (*FULL, "alice@example.org"):
        box = HOME / user
        for folder in ("new", "cur", "tmp"):
            (box / "Maildir" / folder).mkdir(parents=True)
        if user in FULL:
            (box / "Maildir/new/1").write_text("Subject: large\n\n" + "x" * 2000)
        lines.append(f"{user}:{{PLAIN}}x:65534:65534::{box}::userdb_quota_rule=*:bytes=1000\n")
    (HOME / "users").write_text("".join(lines))
    (HOME / "dovecot.conf").write_text(_SETTINGS)
    for path in (HOME, *HOME.rglob("*")):
        shutil.chown(path, "nobody", "nogroup")
    subprocess.run(["doveconf", "-c", str(HOME / "dovecot.conf"), "-n"], check=True, capture_output=True)
    service = Service()
    service.start()
    return service
