"""Count beside what Exim's owner has configured: who logs in by his authenticators, and what he refuses himself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender.lab.replies import Reply
from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.targets.exim.debian import debian
from tests.targets.exim.site import message, site
from tests.targets.postfix.login import plain

pytestmark = pytest.mark.live

STATEMENTS = """
limit outgoing mail to 1 per hour per login as own
limit bounces to 1 per hour per recipient as each
"""
AUTHENTICATOR = """\
plain_server:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if eq{$auth3}{secret}}
  server_set_id = $auth2
  server_advertise_condition = *
"""
OWN_RULES = """\
deny condition = ${if match{$h_Subject:}{unwanted}}
     message = 550 no
"""
ALICE = "alice@example.org"


def prepare() -> None:
    rules = Path("/etc/exim4/own-rules")
    rules.write_text(OWN_RULES)
    Path("/etc/exim4/conf.d/auth/00_plain").write_text(AUTHENTICATOR)
    debian(split=True, macros=f"CHECK_DATA_LOCAL_ACL_FILE = {rules}\n")


@pytest.fixture(scope="module")
def fragment(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with site(lab, tmp_path_factory.mktemp("owner"), STATEMENTS, standalone=False, prepare=prepare) as running:
        yield running


def logged_in(running: Deployed, user: str) -> Reply:
    with running.lab.dialogue() as session:
        assert session.say(plain(user)).code == 235
        return session.attempt(ALICE, ["joe@partner.example"], message(ALICE, "joe@partner.example").as_bytes()).last


def bounce(running: Deployed, subject: str) -> Reply:
    mail = message("", ALICE, subject=subject)
    return running.lab.attempt("", [ALICE], mail.as_bytes()).last


def test_each_login_has_a_counter_of_its_own(fragment: Deployed) -> None:
    assert [logged_in(fragment, user).rule for user in ("joe", "o'joe", "joe", "o'joe")] == [None, None, "own", "own"]


def test_what_the_owner_refuses_is_not_counted(fragment: Deployed) -> None:
    subjects = ("unwanted", "unwanted", "a bounce", "unwanted", "a bounce")
    codes = [(reply.code, reply.rule) for reply in (bounce(fragment, subject) for subject in subjects)]
    assert codes == [(550, None), (550, None), (250, None), (451, "each"), (451, "each")]
