"""Replay real mail to each stack, under rules about bounces of every kind that they can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullsender.agreement import disagreements
from nullsender.evaluator import evaluate
from nullsender.lab.deployed import Deployed
from nullsender.lab.deploying import placed
from nullsender.lab.listing import Listed
from nullsender.lists import read_lists
from nullsender.policy import Policy
from nullsender.session import GREETING, Outcome, Session
from nullsender.verdict import Verdict
from tests.evaluation.corpora import Row, rows
from tests.live.attacking import ZONE, partner
from tests.live.barrage import Fallout, Shot, changes, fire
from tests.live.deployment import compiled
from tests.live.lab import Lab
from tests.live.oddities import ADDED, DECIDED_OTHERWISE, DROPPED, MODIFIED, REFUSED, Table, excused

pytestmark = [pytest.mark.live, pytest.mark.corpora]

SITE = Path(__file__).parent / "sites" / "real-mail.ndr"
STACKS = ("pf", "ex", "pf-rs", "ex-rs")
LISTED = frozenset({(ZONE, "127.0.0.2")})
REPORTS = ("bounce-at-rcpt", "bounce-at-content", "bounce-points")  # reports by which a bounce is recognised
BOUNCE_RULES = (*REPORTS[:2], "to-several", "to-silent", "listed", "liar", "tagged", "scored")
KINDS = ("ordinary", "from postmaster", "bounce", "refused")


@dataclass(frozen=True)
class Replay:
    """What was sent to one stack, what it means, and what came of it."""

    running: Deployed
    policy: Policy
    rows: dict[str, Row]
    played: tuple[Shot, ...]
    verdicts: dict[str, Verdict]
    fallout: Fallout

    def of(self, *kinds: str) -> Iterator[tuple[Row, Shot]]:
        """Yield the sessions of some kinds, but for those that ended at MAIL."""
        refused = self.excused(REFUSED)
        for shot in self.played:
            row = self.rows[shot.id]
            if shot.kind in kinds and row.name not in refused:
                yield row, shot

    def excused(self, table: Table) -> set[str]:
        """Return the rows of a table that are of this stack or one of its components."""
        return excused(table, self.running.plan.name, *(output.part.component for output in self.running.outputs))


def shots(row: Row, number: int) -> Iterator[Shot]:
    """Yield the sessions of a message: a good one and a bad one of a bounce, one of others that is bad for bounces."""
    clients = iter((partner(2 * number), partner(2 * number + 1)))

    def shot(kind: str, *to: str, listed: bool = False, helo: str = GREETING) -> Shot:
        names = LISTED if listed else frozenset[tuple[str, str]]()
        session = Session(to, row.sender, next(clients), helo=helo, message=row.message, listed=names)
        return Shot(kind, session).composed()

    odd = (
        lambda kind: shot(kind, "alice@example.org", "bob@example.org"),
        lambda kind: shot(kind, "noreply@example.org"),
        lambda kind: shot(kind, "alice@example.org", listed=True),
        lambda kind: shot(kind, "alice@example.org", helo="liar.example"),
    )
    if row.sender == "":
        yield shot("bounce", "alice@example.org")
        yield odd[number % len(odd)]("refused")
    else:
        postmaster = row.sender.lower().startswith("postmaster@")  # of whom safe mode speaks as well
        kind = "from postmaster" if postmaster else "ordinary"
        yield shot(kind, "alice@example.org", "noreply@example.org", listed=not postmaster, helo="liar.example")


@pytest.fixture(scope="module", params=STACKS, ids=lambda name: f"mail:{name}")
def replay(request: pytest.FixtureRequest, lab: Lab) -> Replay:
    stack = str(request.param)
    of = {shot: row for number, row in enumerate(rows()) for shot in shots(row, number)}
    built = compiled(SITE, stack)
    assert built.policy is not None
    with placed(lab, built) as running:
        lab.resolver.server = None
        lab.resolver.set_listed({Listed(ZONE, shot.session.client) for shot in of if shot.session.listed})
        fallout = fire(running, [(shot,) for shot in of], lambda _: None)
    policy, sessions = read_lists(built.policy, [shot.session for shot in of])
    verdicts = {shot.id: evaluate(policy, said, stack) for shot, said in zip(of, sessions, strict=True)}
    return Replay(running, policy, {shot.id: row for shot, row in of.items()}, tuple(of), verdicts, fallout)


def test_every_row_is_decided_as_the_policy_means_it(
    replay: Replay, record_property: Callable[[str, object], None]
) -> None:
    record_property(
        "real mail",
        f"{len(rows())} rows in {len(replay.played)} sessions in {replay.fallout.seconds:.1f} s:"
        f" {dict(Counter(shot.kind for shot in replay.played))}",
    )
    signs, wrong = replay.running.signs(), dict[str, list[str]]()
    for row, shot in replay.of(*KINDS):
        for one in disagreements(
            replay.verdicts[shot.id], replay.fallout.observed(shot), replay.policy, replay.running.plan, signs
        ):
            wrong.setdefault(row.name, []).append(str(one))
    assert {name: why for name, why in wrong.items() if name not in replay.excused(DECIDED_OTHERWISE)} == {}
    assert set(wrong) == replay.excused(DECIDED_OTHERWISE)


def test_every_sender_is_taken(replay: Replay) -> None:
    attempts = {replay.rows[shot.id].name: replay.fallout.seen[shot.id].attempt for shot in replay.played}
    refused = {name: str(a and a.sender) for name, a in attempts.items() if a is None or not a.sender.positive}
    assert {name: why for name, why in refused.items() if name not in replay.excused(REFUSED)} == {}
    assert set(refused) == replay.excused(REFUSED)


def test_all_stacks_are_meant_to_decide_alike(replay: Replay) -> None:
    outcomes = {
        kind: {replay.verdicts[s.id].of(to).outcome for _, s in replay.of(kind) for to in s.session.recipients}
        for kind in KINDS
    }
    taken, refused = {Outcome.ACCEPT}, {Outcome.REJECT, Outcome.DEFER}
    assert outcomes == {"ordinary": taken, "from postmaster": taken, "bounce": taken, "refused": refused}


def test_ordinary_mail_fires_no_bounce_rule(replay: Replay) -> None:
    fired = []
    for row, shot in replay.of("ordinary", "from postmaster"):
        seen = replay.fallout.observed(shot)
        said = " ".join((seen.log, *(str(reply) for _, reply in seen.recipients), str(seen.data), str(seen.end)))
        fired += [(row.name, rule) for rule in BOUNCE_RULES if any(m in said for m in replay.running.marks(rule))]
        fired += [(row.name, "X-Bounce") for mail in seen.arrived if "yes" in mail.values("X-Bounce")]
    assert fired == []
    assert {row.said["label"] for row, _ in replay.of("ordinary")} >= {"plain", "spam", "keep"}


def test_bounces_are_recognised_as_such(replay: Replay) -> None:
    placed_here = {rule.id for rule in replay.policy.rules if not rule.on or replay.running.plan.name in rule.on}
    missed = []
    for row, shot in replay.of("bounce"):
        log = replay.fallout.observed(shot).log
        wanted = [rule for rule in REPORTS if rule in placed_here]
        missed += [(row.name, rule) for rule in wanted if not any(m in log for m in replay.running.marks(rule))]
    assert missed == []


def test_nothing_accepted_is_lost_or_modified(replay: Replay) -> None:
    wrong, modified = [], dict[str, str]()
    for row, shot in replay.of(*KINDS):
        seen = replay.fallout.seen[shot.id]
        attempt = seen.attempt
        taken = attempt is not None and attempt.accepted
        got = Counter(to for mail in seen.copies for to in mail.recipients)
        if got != Counter(shot.session.recipients if taken else ()):
            wrong.append((row.name, f"arrived: {dict(got)}"))
        for mail in seen.copies:
            if why := changes(shot, mail, added=ADDED, dropped=DROPPED):
                modified[row.name] = why
    assert wrong == []
    assert {name: why for name, why in modified.items() if name not in replay.excused(MODIFIED)} == {}
    assert set(modified) == replay.excused(MODIFIED)


def test_nothing_else_leaves(replay: Replay) -> None:
    about = [(replay.rows[id_].name, m.recipients) for id_, seen in replay.fallout.seen.items() for m in seen.reports]
    assert (about, [mail.octets for mail in replay.fallout.strange]) == ([], [])
