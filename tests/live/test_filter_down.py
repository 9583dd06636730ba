"""The filter ends or falls silent, before and during sessions: mail is deferred meanwhile and goes on afterwards."""

from __future__ import annotations

import time
from contextlib import ExitStack
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from threading import Timer

import pytest

from nullsender.lab.dialogue import Dialogue
from nullsender.lab.replies import Reply
from tests.live.deployment import Deployed, Stage
from tests.live.failing import FAILURES, clear, nothing_left, outcome, refusing, silent, starting
from tests.live.scenario import deployments

pytestmark = pytest.mark.live

SITE = Path(__file__).parent / "sites" / "filtered.ndr"
SENDER, RECIPIENT = "joe@partner.example", "alice@example.org"
LONGEST = 25  # seconds until a client is told that the filter is silent; clients wait for minutes (RFC 5321 §4.5.3.2)
_numbers = count(1)


@pytest.fixture(params=deployments(SITE), ids=lambda name: f"filtered:{name}")
def filtered(request: pytest.FixtureRequest, stage: Stage) -> Deployed:
    deployed = stage.deployment(SITE, request.param)
    clear(deployed)
    return deployed


@pytest.fixture(params=FAILURES)
def failure(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def message(score: float = 0) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, RECIPIENT, "x"
    mail["Message-ID"], mail["X-Lab-Score"] = f"<{next(_numbers)}@x.example>", f"{score:g}"
    mail.set_content("Hello.\n")
    return mail.as_bytes()


def session(deployed: Deployed) -> Dialogue:
    return deployed.lab.dialogue()


def nothing() -> None:
    """Let nothing happen."""


def check_works(deployed: Deployed) -> None:
    """See that the filter is asked again, and what it accepts arrives, in sessions of a server that has run on."""
    clear(deployed)
    with session(deployed) as one:
        assert outcome(one, SENDER, RECIPIENT, message(20), nothing).code // 100 == 5
    with session(deployed) as one:
        assert outcome(one, SENDER, RECIPIENT, message(), nothing).positive
    deployed.lab.sink.wait(lambda mail: mail.recipients == (RECIPIENT,))


def check_deferred(deployed: Deployed, reply: Reply, since: float) -> None:
    assert reply.code // 100 == 4, f"{reply}\n{deployed.log()}"
    assert time.monotonic() - since < LONGEST
    assert nothing_left(deployed)


def test_mail_is_deferred_while_the_filter_is_down(filtered: Deployed, failure: str) -> None:
    with FAILURES[failure]("rspamd", starting(filtered, "rspamd")):
        since = time.monotonic()
        with session(filtered) as one:
            check_deferred(filtered, outcome(one, SENDER, RECIPIENT, message(), nothing), since)
    check_works(filtered)


def test_a_session_in_which_the_filter_goes_down_is_deferred(filtered: Deployed, failure: str) -> None:
    with ExitStack() as down, session(filtered) as one:
        fail = FAILURES[failure]("rspamd", starting(filtered, "rspamd"))
        since = time.monotonic()
        reply = outcome(one, SENDER, RECIPIENT, message(), lambda: down.enter_context(fail))
        check_deferred(filtered, reply, since)
    check_works(filtered)


def test_a_message_over_which_the_filter_ends_is_deferred(filtered: Deployed) -> None:
    start = starting(filtered, "rspamd")
    with ExitStack() as down, session(filtered) as one:

        def take_your_time() -> None:
            down.enter_context(silent("rspamd", start))
            timer.start()

        timer = Timer(1, lambda: down.enter_context(refusing("rspamd", start)))
        since = time.monotonic()
        reply = outcome(one, SENDER, RECIPIENT, message(), take_your_time)
        assert time.monotonic() - since > 1, "it was not waited for"
        timer.join()
        check_deferred(filtered, reply, since)
    check_works(filtered)


def test_nothing_is_accepted_unseen_in_a_session_that_outlives_the_failure(filtered: Deployed) -> None:
    with session(filtered) as one:
        with refusing("rspamd", starting(filtered, "rspamd")):
            assert outcome(one, SENDER, RECIPIENT, message(20), nothing).code // 100 == 4
        one.say("RSET")
        assert outcome(one, SENDER, RECIPIENT, message(20), nothing).code // 100 in (4, 5)
    assert nothing_left(filtered)
    check_works(filtered)
