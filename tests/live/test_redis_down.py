"""Redis ends or falls silent, before and during sessions: what it would have counted is deferred, all else goes on."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from threading import Timer

import pytest

from nullsender.lab.replies import Reply
from tests.live.deployment import Deployed, Stage
from tests.live.failing import FAILURES, clear, labs, nothing_left, outcome, refusing, silent, starting
from tests.live.scenario import deployments

pytestmark = pytest.mark.live

SITE = Path(__file__).parent / "sites" / "counted.ndr"
REDIS = "redis-server"
JOE, ALICE, BOB = "joe@partner.example", "alice@example.org", "bob@example.org"
LONGEST = 5  # seconds until a client is told
_numbers = count(1)


@pytest.fixture(params=deployments(SITE), ids=lambda name: f"counted:{name}")
def counted(request: pytest.FixtureRequest, stage: Stage) -> Deployed:
    deployed = stage.deployment(SITE, request.param)
    clear(deployed)
    forget(deployed)
    return deployed


def forget(deployed: Deployed) -> None:
    for lab in labs(deployed):
        lab.forget()


@pytest.fixture(params=FAILURES)
def failure(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def nothing() -> None:
    """Let nothing happen."""


def send(
    deployed: Deployed, sender: str, recipient: str = ALICE, score: float = 0, before_data: object = nothing
) -> Reply:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender or "MAILER-DAEMON@partner.example", recipient, "x"
    mail["Message-ID"], mail["X-Lab-Score"] = f"<{next(_numbers)}@x.example>", f"{score:g}"
    mail.set_content("Hello.\n")
    assert callable(before_data)
    with deployed.lab.dialogue() as session:
        return outcome(session, sender, recipient, mail.as_bytes(), before_data)


def in_redis(deployed: Deployed, rule: str) -> bool:
    """Tell whether a rule of the deployment asks Redis."""
    return any(placed.id == rule and placed.component == "rspamd" for placed in deployed.plan.placed)


def check_deferred(deployed: Deployed, reply: Reply, rule: str, since: float) -> None:
    assert time.monotonic() - since < LONGEST
    if in_redis(deployed, rule):
        assert reply.code // 100 == 4, f"{reply}\n{deployed.log()}"
        assert f"cannot count now, try again later [{rule}]" in reply.text
        assert nothing_left(deployed)


def check_counts(deployed: Deployed) -> None:
    """See that Redis is asked again, and nothing had to be started anew for it."""
    clear(deployed)
    forget(deployed)
    replies = [send(deployed, "") for _ in range(3)]
    assert [reply.code // 100 for reply in replies] == [2, 2, 4], f"{replies}\n{deployed.log()}"
    assert replies[-1].rule == "bounces"
    assert "cannot count" not in replies[-1].text


def test_what_cannot_be_counted_is_deferred_while_redis_is_down(counted: Deployed, failure: str) -> None:
    with FAILURES[failure](REDIS, starting(counted, "redis")):
        since = time.monotonic()
        check_deferred(counted, send(counted, ""), "bounces", since)
    check_counts(counted)


def test_a_first_try_that_cannot_be_looked_up_is_deferred(counted: Deployed, failure: str) -> None:
    with FAILURES[failure](REDIS, starting(counted, "redis")):
        since = time.monotonic()
        check_deferred(counted, send(counted, JOE, BOB), "grey", since)
    check_counts(counted)


def test_what_the_filter_alone_can_count_is_deferred_while_redis_is_down(counted: Deployed, failure: str) -> None:
    assert in_redis(counted, "unsigned"), "it hangs on DMARC, of which no server knows anything by itself"
    with FAILURES[failure](REDIS, starting(counted, "redis")):
        since = time.monotonic()
        check_deferred(counted, send(counted, "dora@partner.example"), "unsigned", since)
    clear(counted)
    forget(counted)
    assert send(counted, "dora@partner.example").positive
    assert send(counted, "dora@partner.example").rule == "unsigned"


def test_other_mail_goes_on_while_redis_is_down(counted: Deployed, failure: str) -> None:
    with FAILURES[failure](REDIS, starting(counted, "redis")):
        assert [send(counted, JOE).positive for _ in range(2)] == [True, True], "it is only reported"
        assert send(counted, JOE, score=20).code // 100 == 5
    counted.lab.sink.wait(lambda mail: mail.recipients == (ALICE,))


def test_what_has_to_be_counted_while_redis_goes_down_is_deferred(counted: Deployed, failure: str) -> None:
    with ExitStack() as down:
        fail = FAILURES[failure](REDIS, starting(counted, "redis"))
        since = time.monotonic()
        reply = send(counted, "", before_data=lambda: down.enter_context(fail))
        check_deferred(counted, reply, "bounces", since)
    check_counts(counted)


def test_what_is_being_counted_when_redis_ends_is_deferred(counted: Deployed) -> None:
    start = starting(counted, "redis")
    with ExitStack() as down:

        def take_your_time() -> None:
            down.enter_context(silent(REDIS, start))
            timer.start()

        timer = Timer(0.5, lambda: down.enter_context(refusing(REDIS, start)))
        since = time.monotonic()
        reply = send(counted, "", before_data=take_your_time)
        timer.join()
        check_deferred(counted, reply, "bounces", since)
    check_counts(counted)


def test_counts_outlast_a_silence(counted: Deployed) -> None:
    assert [send(counted, "").code // 100 for _ in range(2)] == [2, 2]
    with silent(REDIS, nothing):
        assert send(counted, "").code // 100 == 4
    assert send(counted, "").rule == "bounces"
    for lab in labs(counted):
        lab.let_pass(3601)
    assert send(counted, "").positive


def test_counts_outlast_a_restart(counted: Deployed) -> None:
    assert in_redis(counted, "bounces")
    assert [send(counted, "").code // 100 for _ in range(2)] == [2, 2]
    with refusing(REDIS, starting(counted, "redis"), signal.SIGTERM):
        assert send(counted, "").code // 100 == 4
    reply = send(counted, "")
    assert (reply.rule, "cannot count" in reply.text) == ("bounces", False)


def test_what_the_server_could_refuse_after_the_filter_has_counted_is_not_counted(counted: Deployed) -> None:
    dora = "dora@partner.example"
    assert [send(counted, dora, score=20).rule for _ in range(3)] == ["reject-mail-scoring-15-or-more"] * 3
    assert [send(counted, "", score=20).rule for _ in range(3)] == ["reject-mail-scoring-15-or-more"] * 3
    assert [send(counted, dora).rule, send(counted, dora).rule] == [None, "unsigned"]
    assert [send(counted, "").rule for _ in range(3)] == [None, None, "bounces"]
