"""See how Postfix counts by our service: in any period of that length, in a crowd, and when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nullsender_targets.postfix.lab import lab as postfix
from nullsender_targets.postfix.memory import MEMORY
from tests.live.counted import ALICE, BOB, MESSAGE, said, up_to_data
from tests.live.deployment import deployed
from tests.live.lab import Lab
from tests.live.test_postfix_memory import rows

pytestmark = pytest.mark.live

POLICY = """\
policy "counted"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
limit bounces to 2 per hour per recipient as each
limit ordinary mail from joe@told.example to 1 per hour per sender report only as told
deploy pf to postfix 3.7
"""


@pytest.fixture(scope="module")
def booted(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    policy = tmp_path_factory.mktemp("counted") / "policy.ndr"
    policy.write_text(POLICY)
    with deployed(lab, policy, "pf"):
        yield lab


@pytest.fixture
def server(booted: Lab) -> Lab:
    postfix.forget()
    return booted


def send(lab: Lab, *recipients: str, sender: str = "") -> str:
    return said(lab.attempt(sender, recipients, MESSAGE))


def test_a_limit_counts_what_came_within_the_period_however_it_is_spread(server: Lab) -> None:
    assert send(server, ALICE) == "accepted"
    postfix.let_pass(1800)
    assert send(server, ALICE, ALICE) == "accepted"
    postfix.let_pass(1790)
    assert send(server, BOB, ALICE) == "451 4.7.1"
    postfix.let_pass(10)
    assert send(server, BOB, ALICE) == "accepted"
    assert send(server, ALICE) == "451 4.7.1"
    assert send(server, BOB) == "accepted"
    postfix.let_pass(3601)
    assert send(server, BOB) == "accepted"
    assert [row[1] for row in rows("counted")] == [BOB.encode()]


def test_of_many_at_once_no_more_pass_than_may(server: Lab) -> None:
    open_ = [server.dialogue() for _ in range(6)]
    for dialogue in open_:
        assert all(one.positive or one.code == 354 for one in up_to_data(dialogue))
    with ThreadPoolExecutor(len(open_)) as threads:
        replies = list(threads.map(lambda dialogue: dialogue.message(MESSAGE), open_))
    for dialogue in open_:
        dialogue.__exit__(None, None, None)
    assert sorted(reply.code for reply in replies) == [250] * 2 + [451] * 4
    assert len(rows("counted")) == 2


def test_what_cannot_be_counted_is_deferred(server: Lab) -> None:
    with server.dialogue() as dialogue:
        up_to_data(dialogue)
        Path(MEMORY).write_text("this is not a database of SQLite, however long one looks at it" * 20)
        assert str(dialogue.message(MESSAGE)).startswith("451 4.3.0")
    assert send(server, ALICE) == send(server, ALICE, sender="joe@told.example") == "451 4.3.0"
    postfix.forget()
    assert send(server, ALICE) == "accepted"
