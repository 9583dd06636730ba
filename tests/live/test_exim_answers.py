"""Whom an owner's autoresponder answers, beside Debian's Exim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.targets.answers import ANSWERED, UNANSWERED, Mail
from tests.targets.exim.debian import HOME, debian, delivered
from tests.targets.exim.site import log, logged, message, send, site

pytestmark = pytest.mark.live

ROUTER = """\
vacation:
  driver = accept
  domains = +local_domains
  local_parts = alice
{condition}  transport = vacation
  unseen
  no_verify
"""
TRANSPORT = """\
vacation:
  driver = autoreply
  user = mail
  to = $sender_address
  from = alice@example.org
  subject = away: $h_Subject:
  text = I am away.
"""
ASKS = "  condition = NULLSENDER_ANSWERS\n"


def owner(condition: str) -> None:
    (HOME / "conf.d/router/850_vacation").write_text(ROUTER.format(condition=condition))
    (HOME / "conf.d/transport/40_vacation").write_text(TRANSPORT)
    debian(split=True)


@pytest.fixture(scope="module")
def ordinary(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("answers")
    statement = "answer automatically only ordinary mail"
    with site(lab, folder, statement, standalone=False, prepare=lambda: owner(ASKS)) as running:
        yield running


def is_answered(running: Deployed, mail: Mail) -> bool:
    """Send a mail to somebody who is away, and tell whether an answer leaves."""
    running.lab.sink.clear()
    made = message(mail.sender, "alice@example.org", subject=mail.name)
    for name, value in mail.fields:
        made[name] = value
    before = log(running)
    assert send(running, made, mail.sender, "alice@example.org").accepted
    assert delivered("alice", mail.name)
    assert logged(running, "Completed", before)
    return running.lab.sink.comes(lambda got: got.message["Subject"] == f"away: {mail.name}", seconds=0.7)


@pytest.mark.parametrize("mail", ANSWERED, ids=lambda mail: mail.name)
def test_ordinary_mail_is_answered(ordinary: Deployed, mail: Mail) -> None:
    assert is_answered(ordinary, mail)


@pytest.mark.parametrize("mail", UNANSWERED, ids=lambda mail: mail.name)
def test_other_mail_is_delivered_and_not_answered(ordinary: Deployed, mail: Mail) -> None:
    assert not is_answered(ordinary, mail)


def test_nobody_is_answered_whatever_the_owners_router_asks(lab: Lab, tmp_path: Path) -> None:
    statement = "answer automatically nobody"
    with site(lab, tmp_path, statement, standalone=False, prepare=lambda: owner("")) as running:
        assert not any(is_answered(running, mail) for mail in (*ANSWERED, UNANSWERED[0]))
        assert logged(running, ":blackhole:")
        assert delivered("alice", ANSWERED[0].name)


def test_a_router_that_answers_without_asking_is_not_accepted(lab: Lab, tmp_path: Path) -> None:
    statement = "answer automatically only ordinary mail"
    running = site(lab, tmp_path, statement, standalone=False, prepare=lambda: owner(""))
    with pytest.raises(RuntimeError, match=r"(?s)vacation.*answer without `condition = NULLSENDER_ANSWERS`"), running:
        pass
