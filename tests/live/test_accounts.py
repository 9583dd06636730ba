"""What the filter is told of a login, when somebody has really logged in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest

from nullsender.lab.dialogue import Attempt
from tests.live.deployment import deployed
from tests.live.lab import Lab
from tests.targets.postfix.login import login_service, plain
from tests.targets.postfix.owner import furnish

pytestmark = pytest.mark.live

SITE = Path(__file__).parent / "sites" / "accounts.ndr"
LOGIN = Path("/var/spool/postfix/private/login")
SENDER, RECIPIENT = "alice@example.org", "joe@partner.example"
_numbers = count(1)


@pytest.fixture(scope="module")
def server(lab: Lab) -> Iterator[Lab]:
    """An owner's Postfix at which people log in, with the policy joined to it, an rspamd and a Redis."""
    with ExitStack() as open_:

        def prepare() -> None:
            furnish()
            open_.enter_context(login_service(LOGIN))

        open_.enter_context(deployed(lab, SITE, "pf", standalone=False, prepare=prepare))
        yield lab


def send(lab: Lab, login: str | None, client: str = "203.0.113.9", id_: str = "") -> Attempt:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, RECIPIENT, "x"
    mail["Message-ID"] = id_ or f"<{next(_numbers)}@x.example>"
    mail.set_content("Hello.\n")
    lab.sink.clear()
    with lab.dialogue(client) as session:
        if login:
            assert session.say(plain(login)).code == 235
        return session.attempt(SENDER, [RECIPIENT], mail.as_bytes())


def test_each_account_is_counted_by_itself(server: Lab) -> None:
    assert [send(server, "alice").accepted for _ in range(2)] == [True, True]
    assert send(server, "alice", client="203.0.113.10").last.rule == "account"
    assert send(server, "bob").accepted


def test_a_client_without_a_login_counts_for_no_account(server: Lab) -> None:
    assert [send(server, None, client="192.0.2.7").accepted for _ in range(3)] == [True] * 3


def test_a_login_is_asked_for(server: Lab) -> None:
    for number, (login, field) in enumerate((("bob", "yes"), (None, None))):
        id_ = f"<asked-{number}@x.example>"
        assert send(server, login, client="192.0.2.7", id_=id_).accepted
        assert server.sink.wait(lambda mail: mail.id == id_).message["X-Login"] == field  # noqa: B023  # called at once
