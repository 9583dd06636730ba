"""See what Exim remembers for limits and greylisting: for how long, in a crowd, and when it cannot."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from nullsender.lab.dialogue import Attempt
from nullsender_targets.exim.lab import lab as exim
from nullsender_targets.exim.remembering import MEMORY
from tests.live.counted import ALICE, BOB, MESSAGE, said, up_to_data
from tests.live.deployment import deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = """\
policy "remembered"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
greylist ordinary mail from joe@grey.example for 2s as grey
limit bounces to 2 per hour per recipient as each
limit ordinary mail from joe@told.example to 1 per hour per sender report only as told
deploy ex to exim 4.96
"""


@pytest.fixture(scope="module")
def booted(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    policy = tmp_path_factory.mktemp("remembered") / "policy.ndr"
    policy.write_text(POLICY)
    with deployed(lab, policy, "ex"):
        yield lab


@pytest.fixture
def server(booted: Lab) -> Lab:
    exim.forget()
    return booted


def send(lab: Lab, recipient: str = ALICE, sender: str = "") -> Attempt:
    return lab.attempt(sender, [recipient], MESSAGE)


def rows(table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(MEMORY)) as memory:
        return memory.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # a name of ours


@contextmanager
def locked() -> Iterator[None]:
    with closing(sqlite3.connect(MEMORY, isolation_level=None)) as memory:
        memory.execute("BEGIN EXCLUSIVE")
        yield


def test_a_limit_counts_what_came_within_the_period_however_it_is_spread(server: Lab) -> None:
    assert said(send(server)) == "accepted"
    exim.let_pass(1800)
    assert said(send(server)) == "accepted"
    exim.let_pass(1790)
    assert said(send(server)) == "451 4.7.1"
    exim.let_pass(10)
    assert said(send(server)) == "accepted"
    assert said(send(server)) == "451 4.7.1"
    assert said(send(server, BOB)) == "accepted"


def test_what_is_over_is_forgotten(server: Lab) -> None:
    for _ in range(2):
        send(server)
    send(server, sender="joe@grey.example")
    assert (len(rows("counted")), len(rows("seen"))) == (2, 1)
    exim.let_pass(40 * 86_400)
    send(server, BOB)
    send(server, BOB, sender="joe@grey.example")
    assert [row[1] for row in rows("counted")] == [BOB]
    assert [row[2] for row in rows("seen")] == [BOB]


def test_of_many_at_once_no_more_pass_than_may(server: Lab) -> None:
    open_ = [server.dialogue() for _ in range(12)]
    for dialogue in open_:
        assert all(one.positive or one.code == 354 for one in up_to_data(dialogue))
    with ThreadPoolExecutor(len(open_)) as threads:
        replies = list(threads.map(lambda dialogue: dialogue.message(MESSAGE), open_))
    for dialogue in open_:
        dialogue.__exit__(None, None, None)
    assert sorted(reply.code for reply in replies) == [250] * 2 + [451] * 10
    assert len(rows("counted")) == 2


def test_the_first_try_is_deferred_until_its_time_has_passed(server: Lab) -> None:
    began = time.monotonic()
    while said(send(server, sender="joe@grey.example")) == "451 4.7.1":
        assert time.monotonic() - began < 10
        time.sleep(0.1)
    assert 1.9 < time.monotonic() - began < 5
    assert said(send(server, BOB, sender="joe@grey.example")) == "451 4.7.1"
    for days in (35, 35):
        exim.let_pass(days * 86_400)
        assert said(send(server, sender="Joe@grey.example")) == "accepted"
    exim.let_pass(37 * 86_400)
    assert said(send(server, sender="joe@grey.example")) == "451 4.7.1"


def test_a_memory_that_cannot_be_read_defers_and_recovers(server: Lab) -> None:
    send(server)
    with locked():
        assert said(send(server)) == "451 4.3.0"
        assert said(send(server, sender="joe@grey.example")) == "451 4.3.0"
        assert said(send(server, sender="joe@told.example")) == "accepted"
    assert said(send(server)) == "accepted"
    assert said(send(server)) == "451 4.7.1"


def test_a_memory_that_is_no_database_defers_and_recovers(server: Lab) -> None:
    Path(MEMORY).write_text("this is not a database of SQLite, however long one looks at it" * 20)
    assert said(send(server)) == "451 4.3.0"
    assert said(send(server, sender="joe@grey.example")) == "451 4.3.0"
    assert said(send(server, sender="joe@told.example")) == "accepted"
    exim.forget()
    assert said(send(server)) == "accepted"


def test_a_memory_that_cannot_be_opened_defers_and_recovers(server: Lab) -> None:
    Path(MEMORY).mkdir()
    for sender in ("", "joe@grey.example", "joe@told.example"):  # also where a rule only reports: the ACL is left
        assert said(send(server, sender=sender)) == "451 None"
    Path(MEMORY).rmdir()
    assert said(send(server)) == "accepted"
