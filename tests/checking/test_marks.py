"""Messages are marked where reports are for senders passing SPF or DMARC, and nowhere else."""

from __future__ import annotations

from nullsender import condition as c
from nullsender.policy import PASSING_MARK, Rule, Stage, Tag
from tests.checking.conftest import Check

PASSING = "send ndrs only to senders passing spf or dmarc"


def marks(rules: tuple[Rule, ...]) -> list[Rule]:
    return [rule for rule in rules if rule.action == Tag(*PASSING_MARK)]


def test_one_rule_marks_for_all_deployments(check: Check) -> None:
    (mark,) = marks(check(PASSING).good.rules)
    assert (mark.on, mark.stage, mark.unless) == ((), Stage.CONTENT, (c.Trusted(),))
    assert mark.when == c.AllOf((c.Not(c.SenderNull()), c.AnyOf((c.SpfIs("pass"), c.DmarcIs("pass")))))


def test_the_narrower_statement_wins(check: Check) -> None:
    (mark,) = marks(check(f"{PASSING}\nsend ndrs to anyone on mx2").good.rules)
    assert mark.on == ("mx1",)
    (mark,) = marks(check(f"send ndrs to anyone\n{PASSING} on mx2").good.rules)
    assert mark.on == ("mx2",)
    assert marks(check(f"{PASSING}\nsend ndrs to anyone on mx1, mx2").good.rules) == []


def test_two_statements_for_the_same_senders_have_rules_of_their_own(check: Check) -> None:
    found = marks(check(f"{PASSING}\n{PASSING} without a copy on mx2").good.rules)
    assert [mark.on for mark in found] == [("mx1",), ("mx2",)]
    assert len({mark.id for mark in found}) == 2


def test_mail_of_machines_in_front_is_not_marked(check: Check) -> None:
    (mark,) = marks(check(f"{PASSING}\nupstream clients in 198.51.100.0/24").good.rules)
    assert c.Upstream() in mark.unless


def test_without_the_statement_nothing_is_marked(check: Check) -> None:
    assert marks(check("send ndrs only to trusted senders").good.rules) == []
