"""See what Postfix remembers by our service: for how long, in a crowd, and when the service cannot tell."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from nullsender.lab.dialogue import Dialogue
from nullsender.lab.replies import Reply
from nullsender_targets.postfix.lab import lab as postfix
from nullsender_targets.postfix.memory import FOLDER, MEMORY
from tests.live.deployment import deployed
from tests.live.failing import commands
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = """\
policy "remembered"
domains mine = example.org, example.net
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
split mail by example.net
greylist ordinary mail from grey.example for 2s as grey
greylist ordinary mail from told.example for 1h report only as told
deploy pf to postfix 3.7
"""
ALICE, BOB, DORA = "alice@example.org", "bob@example.org", "dora@example.net"
GREY, TOLD, JOE = "joe@grey.example", "joe@told.example", "joe@partner.example"
LOG = Path("/var/log/nullsender-postfix.log")
SERVICE = "/etc/postfix/nullsender/memory/ask.sh"
FAILED, FIRST, OTHER = "451 4.3.0", "451 4.7.1", "452 4.5.3"


@pytest.fixture(scope="module")
def booted(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    policy = tmp_path_factory.mktemp("remembered") / "policy.ndr"
    policy.write_text(POLICY)
    with deployed(lab, policy, "pf"):
        wait_less()
        yield lab


def wait_less() -> None:
    """Have each smtpd wait less for a service that is silent, so that the tests do."""
    main = Path("/etc/postfix/main.cf")
    main.write_text(main.read_text().replace("timeout=10s", "timeout=4s"))
    settled = time.time() - 60
    os.utime(main, (settled, settled))


@pytest.fixture
def server(booted: Lab) -> Lab:
    postfix.forget()
    return booted


def said(reply: Reply) -> str:
    return "accepted" if reply.positive else f"{reply.code} {reply.enhanced}"


def begun(dialogue: Dialogue, sender: str, *recipients: str) -> list[str]:
    """Begin a message, and return what is said to each recipient."""
    dialogue.say("RSET")
    dialogue.mail(sender)
    return [said(dialogue.rcpt(recipient)) for recipient in recipients]


def asked(lab: Lab, sender: str, *recipients: str) -> list[str]:
    with lab.dialogue() as dialogue:
        return begun(dialogue, sender, *recipients)


def rows(table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(MEMORY)) as memory:
        return memory.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # a name of ours


def test_the_first_try_is_deferred_until_its_time_has_passed(server: Lab) -> None:
    began = time.monotonic()
    while asked(server, GREY, ALICE) == [FIRST]:
        assert time.monotonic() - began < 10
        time.sleep(0.1)
    assert 1.9 < time.monotonic() - began < 6
    assert asked(server, GREY, BOB) == [FIRST]
    for days in (35, 35):
        postfix.let_pass(days * 86_400)
        assert asked(server, "prvs=1234abcdef=Joe@GREY.example", "Alice@example.org") == ["accepted"]
    postfix.let_pass(37 * 86_400)
    assert asked(server, GREY, ALICE) == [FIRST]


def test_what_is_over_is_forgotten(server: Lab) -> None:
    asked(server, GREY, ALICE)
    asked(server, JOE, ALICE)
    with closing(sqlite3.connect(MEMORY)) as memory, memory:
        memory.execute("UPDATE class SET until = until - 86401")
    postfix.let_pass(40 * 86_400)
    asked(server, GREY, BOB)
    asked(server, JOE, BOB)
    assert [row[2] for row in rows("seen")] == [BOB.encode()]
    assert len(rows("class")) == 1


def test_each_message_has_a_first_recipient_of_its_own(server: Lab) -> None:
    with ExitStack() as open_:
        one, two = (open_.enter_context(server.dialogue()) for _ in range(2))
        assert begun(one, JOE, ALICE) + begun(two, JOE, DORA) == ["accepted"] * 2
        assert [said(one.rcpt(to)) for to in (DORA, BOB)] == [OTHER, "accepted"]
        assert [said(two.rcpt(to)) for to in (ALICE, DORA)] == [OTHER, "accepted"]
        assert begun(one, JOE, DORA, ALICE) == ["accepted", OTHER]
        assert one.say("DATA").code == 354
        assert one.message(b"Subject: x\r\n\r\nHello.\r\n").positive
        assert begun(one, JOE, ALICE, DORA) == ["accepted", OTHER]
        assert begun(two, "", ALICE) == ["accepted"]


def test_many_may_ask_at_once(server: Lab) -> None:
    with ExitStack() as open_:
        dialogues = [open_.enter_context(server.dialogue()) for _ in range(8)]
        for dialogue in dialogues:
            dialogue.mail(GREY)
        for dialogue in dialogues:
            dialogue._socket.sendall(f"RCPT TO:<{ALICE}>\r\nRCPT TO:<{BOB}>\r\n".encode())
        replies = [said(dialogue._reply()) for dialogue in dialogues for _ in range(2)]
    assert replies == [FIRST] * 16
    assert len(rows("seen")) == 2


def test_nobody_but_the_service_comes_to_its_memory(server: Lab) -> None:
    asked(server, GREY, ALICE)
    assert (Path(FOLDER).owner(), Path(FOLDER).stat().st_mode & 0o777) == ("daemon", 0o700)
    assert (Path(MEMORY).owner(), Path(MEMORY).stat().st_mode & 0o777) == ("daemon", 0o600)


def test_a_memory_that_cannot_be_read_defers_and_recovers(server: Lab) -> None:
    asked(server, GREY, ALICE)
    with closing(sqlite3.connect(MEMORY, isolation_level=None)) as memory:
        memory.execute("BEGIN EXCLUSIVE")
        assert asked(server, GREY, BOB) == [FAILED]
    assert asked(server, GREY, BOB) == [FIRST]
    Path(MEMORY).write_text("this is not a database of SQLite, however long one looks at it" * 20)
    for sender in (GREY, TOLD, JOE):
        assert asked(server, sender, ALICE) == [FAILED]
    assert asked(server, "", ALICE) == ["accepted"]
    assert "file is not a database" in LOG.read_text()
    postfix.forget()
    assert asked(server, TOLD, ALICE, DORA) == ["accepted", OTHER]


def test_a_service_that_is_gone_defers_and_recovers(server: Lab) -> None:
    script = Path(SERVICE)
    away = script.rename(script.with_suffix(".away"))
    assert asked(server, GREY, ALICE) == [FAILED]
    assert asked(server, JOE, ALICE) == [FAILED]
    away.rename(script)
    assert asked(server, JOE, ALICE, DORA) == ["accepted", OTHER]


def test_a_service_that_is_killed_or_falls_silent_forgets_nothing(server: Lab) -> None:
    with server.dialogue() as dialogue:
        assert begun(dialogue, JOE, ALICE, BOB) == ["accepted", "accepted"]
        for service in commands(SERVICE):
            os.kill(service, signal.SIGKILL)
        assert said(dialogue.rcpt(DORA)) in (OTHER, FAILED)
        assert said(dialogue.rcpt(BOB)) == "accepted"
        for service in commands(SERVICE):
            os.kill(service, signal.SIGSTOP)
        assert said(dialogue.rcpt(DORA)) in (OTHER, FAILED)
        assert said(dialogue.rcpt(DORA)) == OTHER
