"""The engine answers any tree of questions as three-valued logic does (Kleene), compared with a few lines of Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.lab.listing import Listed
from nullsender.names import Entries, Kind
from nullsender.truth import Truth, answer
from tests.live.lab import Lab
from tests.targets.rspamd.milter import Mail
from tests.targets.rspamd.parts import SILENT, live_set, part, rule
from tests.targets.rspamd.running import Running, running

pytestmark = pytest.mark.live

PARTNERS = Entries("partners", Kind.DOMAINS, ("partner.example",))
STRANGERS = Entries("strangers", Kind.NETWORKS, ("203.0.113.0/24",))
GREETERS = Entries("greeters", Kind.HOSTS, ("client.example",))
NO_ADDRESSES = live_set("no-addresses", "/nowhere/addresses")
NO_NETWORKS = live_set("no-networks", "/nowhere/networks", Kind.NETWORKS)
LISTING, BROKEN = c.Zone("bl.example"), c.Zone("broken.example")
BAD = "203.0.113.66"
ATOMS: tuple[c.Atom, ...] = (
    c.SenderNull(),
    c.SenderPostmaster(),
    c.SenderIn(PARTNERS),
    c.SenderIn(NO_ADDRESSES),
    c.RecipientIn(SILENT),
    c.RecipientIn(NO_ADDRESSES),
    c.RecipientsOver(1),
    c.ClientIn(STRANGERS),
    c.ClientIn(NO_NETWORKS),
    c.ClientListed(LISTING),
    c.ClientListed(BROKEN),
    c.HeloIn(GREETERS),
    c.Authenticated(),
    c.Trusted(),
    c.Upstream(),
    c.Kept(),
    c.Scoring(5),
)
MAILS = (
    Mail(),
    Mail(sender="", client=BAD),
    Mail(sender="", recipients=("noreply@example.org",)),
    Mail(sender="", recipients=("noreply@example.org", "alice@example.org"), score=9),
    Mail(sender="", recipients=("noreply@example.org", "newsletter+x@example.org")),
    Mail(sender="postmaster@partner.example", client="192.0.2.7"),
    Mail(sender="postmaster@elsewhere.example", client=BAD, helo="other.example", score=6),
    Mail(recipients=("abuse@example.org",), login="joe"),
    Mail(recipients=("abuse@example.org", "postmaster@example.net"), client="198.51.100.200"),
    Mail(sender="joe@elsewhere.example", recipients=("abuse@example.org", "noreply@example.org"), score=4),
    Mail(sender="", recipients=("postmaster",), client="2001:db8::7", helo="other.example"),
)


@dataclass(frozen=True, slots=True)
class Tree:
    """A rule that shows by a header whether its condition is true."""

    number: int
    rule: p.Rule


def grown(random: Random, depth: int) -> c.Condition:
    kind = random.randrange(6) if depth else 5
    if kind == 0:
        return c.Not(grown(random, depth - 1))
    if kind < 5:
        parts = tuple(grown(random, depth - 1) for _ in range(random.randrange(4)))
        return (c.AllOf if kind < 3 else c.AnyOf)(parts)
    return random.choice(ATOMS)


def forest(seed: int, count: int) -> tuple[Tree, ...]:
    random = Random(seed)  # noqa: S311  # for tests
    trees = []
    for number in range(count):
        unless = tuple(grown(random, 1) for _ in range(random.randrange(3)))
        stage = random.choice(tuple(p.Stage))
        when = grown(random, 4)
        shows = rule(f"tree-{number}", p.Tag("X-True", str(number)), when, unless=unless, stage=stage)
        trees.append(Tree(number, shows))
    return tuple(trees)


def answered(condition: c.Condition, mail: Mail, recipients: tuple[str, ...]) -> Truth:
    return answer(condition, lambda atom: fact(atom, mail, recipients))


def fact(atom: c.Atom, mail: Mail, recipients: tuple[str, ...]) -> Truth:
    domain = mail.sender.rpartition("@")[2]
    office = mail.client.startswith(("192.0.2.", "2001:db8:"))
    match atom:
        case c.SenderNull():
            return mail.sender == ""
        case c.SenderPostmaster():
            return mail.sender.startswith("postmaster@")
        case c.SenderIn(entries):
            return (domain == "partner.example") if entries is PARTNERS else (None if mail.sender else False)
        case c.RecipientIn(entries):
            if entries is SILENT:
                return all(r.startswith(("noreply@", "newsletter+")) for r in recipients)
            return None if recipients != ("postmaster",) else False
        case c.RecipientsOver(count):
            return len(mail.recipients) > count
        case c.ClientIn(entries):
            return mail.client.startswith("203.0.113.") if entries is STRANGERS else None
        case c.ClientListed(zone):
            return mail.client == BAD if zone is LISTING else None
        case c.HeloIn():
            return mail.helo == "client.example"
        case c.Authenticated():
            return mail.login is not None
        case c.Trusted():
            return mail.login is not None or office
        case c.Upstream():
            return mail.client == "198.51.100.200"
        case c.Kept():
            return all(r.startswith(("abuse@", "postmaster")) for r in recipients)
        case c.Scoring(least):
            return (mail.score or 0) >= least
        case _:
            raise AssertionError(atom)


def fires(tree: Tree, mail: Mail) -> bool:
    condition = c.AllOf((tree.rule.when, *(c.Not(exception) for exception in tree.rule.unless)))
    if tree.rule.stage is p.Stage.RCPT:
        return all(answered(condition, mail, (recipient,)) is True for recipient in mail.recipients)
    return answered(condition, mail, mail.recipients) is True


@pytest.fixture(scope="module", params=range(3))
def trees(request: pytest.FixtureRequest, lab: Lab) -> Iterator[tuple[Running, tuple[Tree, ...]]]:
    lab.fresh((LISTING.domain, BROKEN.domain), (Listed(LISTING.domain, BAD),))
    lab.resolver.silent = {BROKEN.domain}
    grown_now = forest(request.param, 250)
    with running(part(*(tree.rule for tree in grown_now))) as rspamd:
        yield rspamd, grown_now
    lab.fresh()


@pytest.mark.parametrize("mail", MAILS)
def test_a_rule_fires_when_its_condition_is_true(trees: tuple[Running, tuple[Tree, ...]], mail: Mail) -> None:
    rspamd, forest_now = trees
    scored = Mail(mail.sender, mail.recipients, mail.client, mail.helo, mail.login, score=mail.score or 0)
    shown = {int(value) for name, value in rspamd.show(scored).added if name == "X-True"}
    expected = {tree.number for tree in forest_now if fires(tree, scored)}
    wrong = sorted(shown ^ expected)
    assert wrong == [], [forest_now[number].rule for number in wrong[:3]]


def test_the_trees_are_worth_the_trouble() -> None:
    trees_of_all = [tree for seed in range(3) for tree in forest(seed, 250)]
    share = [sum(fires(tree, mail) for mail in MAILS) for tree in trees_of_all]
    assert sum(0 < count < len(MAILS) for count in share) > 150
