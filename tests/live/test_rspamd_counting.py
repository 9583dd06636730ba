"""What rspamd's engine counts in Redis: each limit by itself, what goes in alone, and first tries."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries, Kind
from nullsender_targets.redis.lab import lab as redis_lab
from nullsender_targets.redis.table import LISTENS
from tests.live.failing import silent
from tests.live.lab import Lab
from tests.targets.redis.parts import beside_redis
from tests.targets.rspamd.milter import Mail, Outcome
from tests.targets.rspamd.parts import ZONE, part, rule
from tests.targets.rspamd.running import HOME as RSPAMD_HOME
from tests.targets.rspamd.running import Running, running
from tests.targets.rspamd.spamd import said

pytestmark = pytest.mark.live

ADDRESS = LISTENS["redis"]
BOUNCE = Mail(sender="")
JOE = Mail(sender="joe@partner.example")
ORDINARY = c.Not(c.SenderNull())


def limit(id_: str, per: str, count: int, when: c.Condition, *, seconds: int = 3600, report: bool = False) -> p.Rule:
    return rule(id_, p.Defer(), when, limit=p.Limit(count, seconds, per), report_only=report)


def by_helo(name: str) -> c.Condition:
    """Return a condition by which a test has its rules to itself."""
    return c.HeloIn(Entries(name.replace(".", "-"), Kind.HOSTS, (name,)))


RULES = (
    rule("grey", p.Greylist(300), c.AllOf((ORDINARY, by_helo("grey.example"))), stage=p.Stage.RCPT),
    rule(
        "grey-trial",
        p.Greylist(300),
        c.AllOf((ORDINARY, by_helo("trial.example"))),
        stage=p.Stage.RCPT,
        report_only=True,
    ),
    limit("trial", "client", 1, by_helo("trial.example"), report=True),
    limit("bounces", "recipient", 2, c.AllOf((c.SenderNull(), by_helo("recipient.example")))),
    limit("clients", "client", 2, by_helo("client2.example")),
    limit("senders", "sender", 2, by_helo("sender.example")),
    limit("domains", "domain", 2, by_helo("domain.example")),
    replace(limit("logins", "login", 2, by_helo("login.example")), unless=()),
    limit("short", "client", 1, by_helo("short.example"), seconds=1),
    limit("many", "client", 5, by_helo("many.example")),
    limit("first", "client", 3, by_helo("two.example")),
    limit("second", "sender", 1, by_helo("two.example")),
    rule("spam", p.Reject(), c.Scoring(15)),
)


@pytest.fixture(scope="module")
def booted(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    with beside_redis(), running(part(*RULES, redis=ADDRESS)) as it:
        yield it


@pytest.fixture
def rspamd(booted: Running) -> Running:
    redis_lab.forget()
    return booted


def told(outcome: Outcome) -> str:
    """Return the rule that decided, an empty text where none did."""
    return outcome.reply.rpartition("[")[2].removesuffix("]")


def show(rspamd: Running, mail: Mail, times: int = 1, **changed: Any) -> list[str]:
    return [told(rspamd.show(replace(mail, **changed))) for _ in range(times)]


def test_a_limit_defers_what_is_beyond_it(rspamd: Running) -> None:
    assert show(rspamd, BOUNCE, 4, helo="recipient.example") == ["", "", "bounces", "bounces"]
    assert rspamd.show(replace(BOUNCE, helo="recipient.example")).reply.startswith("451 4.7.1 ")


def test_each_recipient_is_counted_by_itself_and_one_that_is_over_suffices(rspamd: Running) -> None:
    alice, bob = "Alice+x@Example.org", "bob@example.org"
    its = replace(BOUNCE, helo="recipient.example")
    assert show(rspamd, its, 2, recipients=(alice,)) == ["", ""]
    assert show(rspamd, its, recipients=(bob,)) == [""]
    assert show(rspamd, its, 3, recipients=(bob, "alice@example.org")) == ["bounces"] * 3
    assert show(rspamd, its, 2, recipients=(bob,)) == ["", "bounces"], "a message that was deferred was counted"


def test_a_recipient_who_stands_twice_counts_once(rspamd: Running) -> None:
    its = replace(BOUNCE, helo="recipient.example", recipients=("alice@example.org", "ALICE+y@example.org"))
    assert show(rspamd, its, 3) == ["", "", "bounces"]


@pytest.mark.parametrize(
    ("helo", "same", "other", "id_"),
    [
        ("client2.example", {"sender": "x@a.example"}, {"client": "203.0.113.10"}, "clients"),
        ("sender.example", {"sender": "JOE+a@partner.example"}, {"sender": "ann@partner.example"}, "senders"),
        ("domain.example", {"sender": "ann@Partner.example"}, {"sender": "joe@a.example"}, "domains"),
        ("login.example", {"client": "203.0.113.11"}, {"login": "ann"}, "logins"),
    ],
)
def test_it_counts_for_whom_it_says(
    rspamd: Running, helo: str, same: dict[str, Any], other: dict[str, Any], id_: str
) -> None:
    its = replace(JOE, helo=helo, login="joe" if id_ == "logins" else None)
    assert show(rspamd, its, 2) == ["", ""]
    assert show(rspamd, its, **same) == [id_]
    assert show(rspamd, its, **other) == [""]


def test_bounces_are_counted_for_the_domain_of_their_recipients(rspamd: Running) -> None:
    its = replace(BOUNCE, helo="domain.example")
    assert show(rspamd, its, recipients=("alice@example.org", "bob@example.net")) == [""]
    assert show(rspamd, its, recipients=("bob@example.org",)) == [""]
    assert show(rspamd, its, recipients=("carol@example.org",)) == ["domains"]
    assert show(rspamd, its, recipients=("carol@example.net",)) == [""]


@pytest.mark.parametrize("helo", ["sender.example", "login.example"])
def test_nobody_counts_for_what_has_no_name(rspamd: Running, helo: str) -> None:
    assert show(rspamd, BOUNCE, 4, helo=helo) == [""] * 4


def test_what_a_later_rule_refuses_is_not_counted(rspamd: Running) -> None:
    its = replace(JOE, helo="client2.example")
    assert show(rspamd, its, 3, score=20) == ["spam"] * 3
    assert show(rspamd, its, 3) == ["", "", "clients"]
    assert show(rspamd, its, score=20) == ["clients"], "the limit is written first"


def test_what_another_limit_refuses_is_not_counted(rspamd: Running) -> None:
    its = replace(JOE, helo="two.example")
    assert show(rspamd, its, 3) == ["", "second", "second"]
    assert show(rspamd, its, sender="a@a.example") == [""]
    assert show(rspamd, its, sender="b@a.example") == [""]
    assert show(rspamd, its, sender="c@a.example") == ["first"]


def test_a_limit_that_only_reports_counts_and_lets_pass(rspamd: Running) -> None:
    its = replace(BOUNCE, helo="trial.example")
    assert "would" not in rspamd.log_of(its)
    assert "nullsender: would defer [trial]" in rspamd.log_of(its)
    assert show(rspamd, its) == [""]


def test_a_period_ends(rspamd: Running) -> None:
    its = replace(JOE, helo="short.example")
    assert show(rspamd, its, 2) == ["", "short"]
    time.sleep(1.1)
    assert show(rspamd, its, 2) == ["", "short"]


def test_a_period_slides(rspamd: Running) -> None:
    its = replace(JOE, helo="client2.example")
    assert show(rspamd, its) == [""]
    redis_lab.let_pass(3000)
    assert show(rspamd, its, 2) == ["", "clients"]
    redis_lab.let_pass(1000)
    assert show(rspamd, its, 2) == ["", "clients"], "the first one is more than an hour ago, the second is not"


def test_messages_at_the_same_moment_do_not_slip_through_together(rspamd: Running) -> None:
    outcomes: list[str] = []
    its = replace(JOE, helo="many.example")
    crowd = [Thread(target=lambda: outcomes.extend(show(rspamd, its, 2))) for _ in range(10)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(outcomes) == [""] * 5 + ["many"] * 15


def test_a_first_try_is_deferred_until_the_time_has_passed(rspamd: Running) -> None:
    its = replace(JOE, helo="grey.example")
    assert show(rspamd, its, 2) == ["grey", "grey"]
    redis_lab.let_pass(200)
    assert show(rspamd, its) == ["grey"]
    redis_lab.let_pass(101)
    assert show(rspamd, its, 2) == ["", ""]
    redis_lab.let_pass(35 * 86400)
    assert show(rspamd, its, recipients=("ALICE+z@example.org",)) == [""]
    assert show(rspamd, its, recipients=("bob@example.org",)) == ["grey"]
    assert show(rspamd, its, client="203.0.113.12") == ["grey"]
    assert show(rspamd, its, sender="ann@partner.example") == ["grey"]


def test_a_first_try_is_one_for_all_rules(rspamd: Running) -> None:
    assert show(rspamd, JOE, helo="grey.example") == ["grey"]
    redis_lab.let_pass(301)
    assert "[grey-trial]" not in rspamd.log_of(replace(JOE, helo="trial.example"))


def test_all_that_is_remembered_ends_by_itself_and_names_nobody(rspamd: Running) -> None:
    assert show(rspamd, JOE, helo="grey.example") == ["grey"]
    assert show(rspamd, JOE, helo="client2.example") == [""]
    keys = in_redis("KEYS", "*").split()
    assert sorted(round(int(in_redis("TTL", key)), -1) for key in keys) == [3600, 36 * 86400]
    assert all(re.fullmatch("nullsender:[0-9a-f]{40}", key) for key in keys)


def in_redis(*words: str) -> str:
    """Ask Redis by its own client."""
    port = ADDRESS.rpartition(":")[2]
    return subprocess.run(["redis-cli", "-p", port, *words], capture_output=True, text=True, check=True).stdout.strip()


def test_bounces_are_not_greylisted(rspamd: Running) -> None:
    assert show(rspamd, BOUNCE, helo="grey.example") == [""]


def test_greylisting_on_trial_reports(rspamd: Running) -> None:
    its = replace(JOE, helo="trial.example")
    assert "nullsender: would defer [grey-trial]" in rspamd.log_of(its)
    redis_lab.let_pass(301)
    assert "[grey-trial]" not in rspamd.log_of(its)


def test_beside_an_owner_what_his_own_actions_refuse_is_not_counted(lab: Lab) -> None:
    lab.fresh()
    (RSPAMD_HOME / "local.d/actions.conf").write_text("reject = 20;\nadd_header = 10;\ngreylist = null;\n")
    its = replace(JOE, helo="client2.example")
    with beside_redis(), running(part(*RULES[:-1], redis=ADDRESS, standalone=False)) as owners:
        assert [owners.show(replace(its, score=21)).reply[:9] for _ in range(3)] == ["554 5.7.1"] * 3
        assert show(owners, its, 3, score=1) == ["", "", "clients"]


def test_over_the_protocol_of_exim_it_counts_alike_and_says_so_where_it_cannot(lab: Lab) -> None:
    lab.fresh()
    its = replace(BOUNCE, helo="recipient.example")
    with running(part(*RULES, link="spamd", redis=ADDRESS)):
        with beside_redis():
            assert [said(11333, its)[-1] for _ in range(2)] == ["accept", "accept"]
            assert said(11333, its)[-1] == "defer 451 4.7.1 too many messages, try again later [bounces]"
        unsure = "451 4.3.0 cannot count now, try again later"
        assert said(11333, its)[-1] == f"defer {unsure} [bounces]"
        assert said(11333, replace(JOE, helo="grey.example"))[-1] == f"defer {unsure} [grey]"
        assert said(11333, replace(JOE, helo="trial.example"))[-1] == "accept"


def test_a_filter_that_has_no_time_left_to_count_defers(lab: Lab) -> None:
    lab.fresh((ZONE.domain,))
    options = RSPAMD_HOME / "local.d/options.inc"
    options.write_text("dns { timeout = 7.4s; retransmits = 1; }\n")  # of the 8 seconds that a message may take
    slow = rule("slow", p.Reject(), c.ClientListed(ZONE))
    its = replace(JOE, helo="client2.example", score=0)
    with beside_redis(), running(part(slow, *RULES, redis=ADDRESS, standalone=False)) as owners, mute(lab):
        with silent("redis-server", lambda: None):
            assert owners.show(its).reply.startswith("451 4.7.1 cannot count now"), owners.log()
        assert owners.show(its).reply.startswith("451 4.7.1 cannot count now"), owners.log()
    with beside_redis(), running(part(slow, *RULES, redis=ADDRESS, standalone=False)) as owners:
        assert owners.show(its).accepted


@contextmanager
def mute(lab: Lab) -> Iterator[None]:
    """Have no block list answer."""
    answering = lab.resolver.server
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        lab.resolver.server = nobody.getsockname()
        try:
            yield
        finally:
            lab.resolver.server = answering
