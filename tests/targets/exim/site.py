"""A small site for tests of Exim: a policy around a few statements, compiled, applied and booted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from itertools import count
from pathlib import Path

from nullsender.lab.dialogue import Attempt
from nullsender.lab.sink import Received
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab

TRUSTED = "192.0.2.10"
PEOPLE = ("abuse@example.org", "alice@example.org", "bob@example.org", "carol@example.org", "silent@example.org")
_SITE = """\
policy "a site for tests"
domains  mine   = example.org
networks office = 192.0.2.0/24
recipients of mine from file "people.txt"
deliver mine to lmtp 127.0.0.1:24
subaddresses begin with +
trust clients in office
keep abuse reachable
deploy mx to exim 4.96{helper}
"""
_numbers = count(1)


@contextmanager
def site(
    lab: Lab,
    folder: Path,
    statements: str,
    *,
    standalone: bool = True,
    helper: str = "",
    prepare: Callable[[], None] = lambda: None,
) -> Iterator[Deployed]:
    """Run the site with these statements besides its own."""
    policy = folder / "site.ndr"
    policy.write_text(_SITE.format(helper=helper) + statements + "\nreject nonexistent recipients\n")
    (folder / "people.txt").write_text("".join(f"{address}\n" for address in PEOPLE))
    with deployed(lab, policy, "mx", standalone=standalone, prepare=prepare, verify=True) as running:
        yield running


def message(sender: str, *recipients: str, subject: str = "", **headers: str) -> EmailMessage:
    """Return a message that is known by its Message-ID."""
    made = EmailMessage()
    made["From"] = sender or "MAILER-DAEMON@partner.example"
    made["To"] = ", ".join(recipients)
    made["Subject"] = subject or "a test"
    made["Date"] = "Thu, 01 Jan 2026 00:00:00 +0000"
    made["Message-ID"] = f"<{next(_numbers)}@exim.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("Hello.\n")
    return made


def send(running: Deployed, mail: EmailMessage, sender: str, *recipients: str, client: str = STRANGER) -> Attempt:
    return running.lab.attempt(sender, recipients, mail.as_bytes(), client=client)


def arrivals(running: Deployed, id_: str, seconds: float = 10, number: int = 1) -> list[Received]:
    """Return what arrives at the sink with that Message-ID."""
    sink = running.lab.sink
    for _ in range(number):
        sink.comes(lambda mail: mail.id == id_, seconds)
    return [mail for mail in sink.received if mail.id == id_]


def log(running: Deployed) -> str:
    return running.logs[0]()


def logged(running: Deployed, text: str, before: str = "", seconds: float = 10) -> bool:
    """Tell whether Exim logs this after what it said `before`, waiting a while for it."""
    until = time.monotonic() + seconds
    while text not in log(running).removeprefix(before):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
