"""Let strangers attack each stack with forged senders while genuine mail comes and goes: nothing comes back to anybody.

Ten thousand messages of attackers in all; as many for each stack, drawn anew, with NULLSENDER_LONG=1.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random, SystemRandom

import pytest

from nullsender import canonical
from nullsender.agreement import disagreements
from nullsender.evaluator import evaluate
from nullsender.lab.deployed import Deployed
from nullsender.lab.deploying import placed
from nullsender.lab.listing import Listed, question
from nullsender.lab.sink import Received
from nullsender.lists import read_lists
from nullsender.policy import Policy
from nullsender.session import Outcome, Session
from nullsender.verdict import Verdict
from tests.evaluation import corpora
from tests.live import attacking as a
from tests.live.barrage import Fallout, Shot, Volley, changes, fire, is_warning
from tests.live.deployment import compiled
from tests.live.lab import Lab
from tests.live.oddities import ADDED, DECIDED_OTHERWISE, DROPPED, MODIFIED, REFUSED, excused

pytestmark = pytest.mark.live

SITE = Path(__file__).parent / "sites" / "attacked.ndr"
STACKS = ("pf", "ex", "pf-rs", "ex-rs")
LONG = bool(os.environ.get("NULLSENDER_LONG"))
FORGED = 10_000 if LONG else 10_000 // len(STACKS)
SEED = int(os.environ.get("NULLSENDER_SEED", SystemRandom().randrange(2**32) if LONG else 20260101))
DNSBL = "use-dnsbl-ips-backscatterer-org-in-safe-mode"
POSTMASTER, DOUBLE_BOUNCES = "postmaster@example.net", "carol@example.net"  # get copies of what is not sent


@dataclass(frozen=True)
class Battle:
    """Everything that was sent to one stack, what it means, and what came of it; mail of strangers is all forged."""

    running: Deployed
    policy: Policy
    forged: tuple[Shot, ...]
    genuine: tuple[Shot, ...]
    outgoing: tuple[Shot, ...]
    verdicts: dict[str, Verdict]
    fallout: Fallout
    asked: Counter[str]

    def accepted(self, shots: tuple[Shot, ...]) -> Iterator[Shot]:
        """Yield what the server took."""
        for shot in shots:
            attempt = self.fallout.seen[shot.id].attempt
            if attempt is not None and attempt.accepted:
                yield shot

    def reports(self, shot: Shot) -> list[Received]:
        """Return the NDRs of a message; postmaster's copies of them are none."""
        found = (mail for mail in self.fallout.seen[shot.id].reports if not is_warning(mail))
        return [mail for mail in found if mail.recipients != (POSTMASTER,)]

    def totals(self) -> str:
        """Return the figures in one line."""
        refused = Counter(s.kind for s in self.forged) - Counter(s.kind for s in self.accepted(self.forged))
        every = (*self.forged, *self.genuine, *self.outgoing)
        arrived = [mail for seen in self.fallout.seen.values() for mail in (*seen.copies, *seen.reports)]
        outside = [mail for mail in arrived if mail.protocol == "smtp"]
        reports = {name: sum(len(self.reports(s)) for s in shots) for name, shots in self.halves().items()}
        return (
            f"seed {SEED}: {len(self.forged)} forged, {len(self.genuine)} genuine, {len(self.outgoing)} outgoing in"
            f" {self.fallout.seconds:.1f} s; accepted {sum(1 for _ in self.accepted(every))},"
            f" copies {sum(len(seen.copies) for seen in self.fallout.seen.values())}, left {len(outside)};"
            f" NDRs to trusted senders {reports['outgoing']}, kept at home {reports['forged']};"
            f" block list asked {sum(self.asked.values())} times by {len(self.asked)} clients;"
            f" forged refused: {', '.join(f'{kind} {n}' for kind, n in sorted(refused.items()))}"
        )

    def halves(self) -> dict[str, tuple[Shot, ...]]:
        return {"forged": self.forged, "genuine": self.genuine, "outgoing": self.outgoing}


@pytest.fixture(scope="module", params=STACKS, ids=lambda name: f"attack:{name}")
def battle(request: pytest.FixtureRequest, lab: Lab) -> Battle:
    return fought(lab, str(request.param))


def kept() -> Iterator[Shot]:
    """Yield real mail with a null or odd sender that must not be lost, where there is some."""
    tables = (REFUSED, DECIDED_OTHERWISE, MODIFIED)
    odd = set().union(*(excused(table, *table) for table in tables))
    rows = corpora.rows() if corpora.missing() is None else ()
    for number, row in enumerate(row for row in rows if row.said["label"] == "keep" and row.name not in odd):
        yield Shot("keep", Session((a.PEOPLE[0],), row.sender, a.partner(30_000 + number), message=row.message))


def fought(lab: Lab, stack: str) -> Battle:
    """Let it all come at once."""
    drawing = a.Drawing(Random(f"{SEED} {stack}"), filtered=stack.endswith("-rs"))  # noqa: S311  # to be repeated
    sides = (
        list(drawing.volleys(FORGED, a.ATTACK, a.stranger, listed=0.3)),
        [*drawing.volleys(FORGED // 10, a.GENUINE, a.partner), *((shot,) for shot in kept())],
        list(drawing.volleys(FORGED // 10, a.OUTGOING, a.colleague)),
    )
    composed = [[tuple(shot.composed() for shot in volley) for volley in side] for side in sides]
    volleys: list[Volley] = list(chain(*composed))
    drawing.random.shuffle(volleys)
    built = compiled(SITE, stack)
    assert built.policy is not None
    with placed(lab, built) as running:
        lab.resolver.server = None
        lab.resolver.set_listed({Listed(a.ZONE, v[0].session.client) for v in volleys if v[0].session.listed})
        fallout = fire(running, volleys, a.refused, a.spurned)
        asked = Counter(query.name for query in lab.resolver.queries if query.type == "A")
    forged, genuine, outgoing = (tuple(chain(*side)) for side in composed)
    exact = [shot for shot in (*forged, *genuine, *outgoing) if shot.exact]
    policy, sessions = read_lists(built.policy, [shot.session for shot in exact])
    verdicts = {shot.id: evaluate(policy, said, stack) for shot, said in zip(exact, sessions, strict=True)}
    return Battle(running, policy, forged, genuine, outgoing, verdicts, fallout, asked)


def test_nothing_comes_back_to_anybody(battle: Battle, record_property: Callable[[str, object], None]) -> None:
    """What is not sent is told to postmaster, and double bounces to whom the policy says."""
    record_property("attack", battle.totals())
    back = [
        (shot.kind, shot.session.sender, mail.protocol, mail.recipients)
        for shot in (*battle.forged, *battle.genuine)
        for mail in battle.fallout.seen[shot.id].reports
        if (mail.protocol, *mail.recipients) not in [("lmtp", POSTMASTER), ("lmtp", DOUBLE_BOUNCES)] or is_warning(mail)
    ]
    assert back == []
    assert [(mail.protocol, mail.sender, mail.recipients, mail.octets) for mail in battle.fallout.strange] == []
    assert len(battle.forged) == FORGED


def test_only_mail_of_trusted_clients_leaves_and_reports_to_them(battle: Battle) -> None:
    left = [
        (shot.kind, mail.recipients)
        for shot in (*battle.forged, *battle.genuine)
        for mail in battle.fallout.seen[shot.id].copies
        if mail.protocol == "smtp"
    ]
    for shot in battle.outgoing:
        seen = battle.fallout.seen[shot.id]
        left += [("copy", m.recipients) for m in seen.copies if not set(m.recipients) <= set(shot.session.recipients)]
        whom = {POSTMASTER, shot.session.sender or DOUBLE_BOUNCES}
        left += [("report", m.recipients) for m in seen.reports if not set(m.recipients) <= whom]
    assert left == []


def test_each_trusted_sender_gets_exactly_one_report_of_what_is_lost(battle: Battle) -> None:
    wrong, reports = [], 0
    for shot in battle.outgoing:
        lost = any(a.gone(to) for to in battle.verdicts[shot.id].accepted)
        got = [mail.recipients for mail in battle.reports(shot)]
        wanted = [(shot.session.sender,)] if lost and shot.session.sender else []
        if shot.session.sender:
            wrong += [(shot.kind, got, wanted)] if got != wanted else []
        reports += len(wanted)
    assert wrong == []
    assert reports > 0


def test_trusted_senders_are_warned_of_delays_and_nobody_else(battle: Battle) -> None:
    warned = Counter(
        shot.kind
        for shot in (*battle.forged, *battle.genuine, *battle.outgoing)
        for mail in battle.fallout.seen[shot.id].reports
        if is_warning(mail)
    )
    assert warned == {"outgoing_late": sum(shot.kind == "outgoing_late" for shot in battle.outgoing)}


def test_what_is_accepted_arrives_exactly_once_and_unmodified(battle: Battle) -> None:
    wrong = []
    for shot in (*battle.forged, *battle.genuine, *battle.outgoing):
        if not shot.exact:
            continue
        verdict, copies = battle.verdicts[shot.id], battle.fallout.seen[shot.id].copies
        accepts = verdict.message is not None and not verdict.message.outcome.refuses
        wanted = {key(to) for to in verdict.accepted if not a.gone(to)} if accepts else set()
        got = Counter(key(to) for mail in copies for to in mail.recipients)
        if got != Counter(wanted):
            wrong.append((shot.kind, shot.id, f"of {shot.session.recipients} there are {got}"))
        wrong += [(shot.kind, shot.id, d) for m in copies if (d := changes(shot, m, added=ADDED, dropped=DROPPED))]
    assert wrong == []


def key(recipient: str) -> str:
    """Return a recipient in the form in which it is delivered; the bare postmaster is that of our first domain."""
    return next(iter(canonical.forms(recipient, "")), POSTMASTER)


def test_everything_is_decided_as_the_policy_means_it(battle: Battle) -> None:
    signs = battle.running.signs()
    wrong = [
        (shot.kind, shot.session.sender, shot.session.recipients, str(one))
        for shot in (*battle.forged, *battle.genuine, *battle.outgoing)
        if shot.exact
        for one in disagreements(
            battle.verdicts[shot.id],
            battle.fallout.observed(shot),
            battle.policy,
            battle.running.plan,
            signs,
            shot.session,
        )
    ]
    assert wrong == []


def test_genuine_mail_is_accepted(battle: Battle) -> None:
    refused = set(battle.genuine) - set(battle.accepted(battle.genuine))
    assert refused == set()
    verdicts = (battle.verdicts[shot.id].message for shot in battle.genuine)
    assert {decision and decision.outcome for decision in verdicts} == {Outcome.ACCEPT}


def test_each_rule_that_decides_is_logged_as_often(battle: Battle) -> None:
    decided = Counter[str]()
    for verdict in battle.verdicts.values():
        decisions = [decision for _, decision in verdict.recipients]
        decided.update(one.rule for one in (*decisions, verdict.message) if one is not None and one.rule)
    log = "\n".join(battle.fallout.logs.values())
    logged = {rule: sum(map(log.count, battle.running.marks(rule))) for rule in decided}
    assert {rule: (n, decided[rule]) for rule, n in logged.items() if n < decided[rule]} == {}
    assert len(decided) >= 5


def test_the_block_list_is_asked_of_bounces_only(battle: Battle) -> None:
    asks, may_ask = set[str](), set[str]()
    for shot in (*battle.forged, *battle.genuine):
        name = question(a.ZONE, shot.session.client)
        if shot.session.sender in ("", "postmaster") or shot.session.sender.startswith("postmaster@"):
            may_ask.add(name)
            tried = battle.verdicts[shot.id].trace if shot.exact else ()
            if any(one.rule == DNSBL and one.recipient not in a.ROLES for one in tried):
                asks.add(name)
    assert asks <= set(battle.asked) <= may_ask
    assert asks


@pytest.mark.corpora
def test_real_mail_that_must_be_kept_arrives_in_the_middle_of_it(battle: Battle) -> None:
    keep = [shot for shot in battle.genuine if shot.kind == "keep"]
    arrived = [mail.recipients for shot in keep for mail in battle.fallout.seen[shot.id].copies]
    assert arrived == [shot.session.recipients for shot in keep]
    assert len(keep) > 90
