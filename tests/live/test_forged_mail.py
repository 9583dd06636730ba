"""Forged bounces are told from our own in real mail on every stack with a filter, as the evaluator tells them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullsender.agreement import disagreements
from nullsender.evaluator import evaluate
from nullsender.lab.deployed import Deployed
from nullsender.lab.deploying import placed
from nullsender.lists import read_lists
from nullsender.session import Session
from tests.evaluation.corpora import Row, rows
from tests.evaluation.forged import ELSEWHERE, Told, lost, own_host, share, table
from tests.live.attacking import partner
from tests.live.barrage import Shot, fire
from tests.live.deployment import compiled
from tests.live.lab import Lab
from tests.live.oddities import DECIDED_OTHERWISE, REFUSED, excused

pytestmark = [pytest.mark.live, pytest.mark.corpora]

STACKS = ("postfix", "exim")
SITE = """policy "forged"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
trust clients in 192.0.2.0/24
{rules}
reject forged bounces of {elsewhere} as foreign
send ndrs only to trusted senders
deploy one to {server} with rspamd 3.4
"""
VERSIONS = {"postfix": "postfix 3.7", "exim": "exim 4.96"}


@dataclass(frozen=True)
class Replay:
    """What one stack did with each message, and in what it did not do as is meant."""

    told: tuple[Told, ...]
    wrong: dict[str, list[str]]
    otherwise: set[str]  # messages that the server itself reads otherwise


def hosts() -> dict[str, str]:
    """Return each host that some message comes back to, with the rule about it."""
    found = sorted({own_host(row) for row in rows()} - {ELSEWHERE})
    return {host: f"own-{number}" for number, host in enumerate(found)}


@pytest.fixture(scope="module", params=STACKS, ids=lambda name: f"forged:{name}")
def replay(request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    server, of_host = str(request.param), hosts()
    rules = "\n".join(f"reject forged bounces of {host} report only as {rule}" for host, rule in of_host.items())
    path = tmp_path_factory.mktemp("forged") / "policy.ndr"
    path.write_text(SITE.format(rules=rules, elsewhere=ELSEWHERE, server=VERSIONS[server]))
    return replayed(lab, path, server, of_host)


def replayed(lab: Lab, path: Path, server: str, of_host: dict[str, str]) -> Replay:
    built = compiled(path, "one")
    assert built.policy is not None, built.diagnostics
    left_out = excused(REFUSED, server, "rspamd")
    shots = {shot(row, number): row for number, row in enumerate(rows()) if row.name not in left_out}
    with placed(lab, built) as running:
        lab.resolver.server = None
        fallout = fire(running, [(one,) for one in shots], lambda _: None)
    policy, sessions = read_lists(built.policy, [one.session for one in shots])
    told: list[Told] = []
    wrong: dict[str, list[str]] = {}
    for (one, row), session in zip(shots.items(), sessions, strict=True):
        seen = fallout.observed(one)
        found = disagreements(evaluate(policy, session, "one"), seen, policy, running.plan, running.signs(), session)
        if found:
            wrong[row.name] = [str(why) for why in found]
        rule = of_host.get(own_host(row), "foreign")
        told.append(Told(row, not shown(running, rule, seen.log), shown(running, "foreign", seen.log)))
    return Replay(tuple(told), wrong, excused(DECIDED_OTHERWISE, "ex-rs") if server == "exim" else set())


def shot(row: Row, number: int) -> Shot:
    return Shot("replay", Session(("alice@example.org",), row.sender, partner(number), message=row.message)).composed()


def shown(running: Deployed, rule: str, log: str) -> bool:
    return any(mark in log for mark in running.marks(rule))


def test_every_message_is_told_as_the_evaluator_tells_it(replay: Replay) -> None:
    assert {name: why for name, why in replay.wrong.items() if name not in replay.otherwise} == {}


def test_nearly_every_bounce_is_taken_as_ours_or_caught_as_of_another(
    replay: Replay, record_property: Callable[[str, object], None]
) -> None:
    record_property("forged bounces", "\n".join(("", *table(replay.told))))
    taken, caught = share(replay.told, "bounce")
    assert taken >= 0.99
    assert caught >= 0.97


def test_no_message_is_lost_that_must_not_be(replay: Replay) -> None:
    assert lost(replay.told) == set()
