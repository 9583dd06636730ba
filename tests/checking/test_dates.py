from __future__ import annotations

from datetime import date

import pytest

from tests.checking.conftest import Check

DATED = "reject bounces from 2027-01-10 until 2027-01-20 as dated"


@pytest.mark.parametrize(
    ("on", "in_force", "due"),
    [
        (date(2027, 1, 9), False, date(2027, 1, 10)),
        (date(2027, 1, 10), True, date(2027, 1, 21)),
        (date(2027, 1, 20), True, date(2027, 1, 21)),
        (date(2027, 1, 21), False, None),
    ],
)
def test_a_rule_is_in_force_from_its_first_day_to_its_last(
    check: Check, on: date, in_force: bool, due: date | None
) -> None:
    policy = check(DATED, on).good
    assert ("dated" in [rule.id for rule in policy.rules]) == in_force
    assert policy.recompile_by == due


def test_the_next_change_is_the_earliest_of_all_rules(check: Check) -> None:
    policy = check(f"{DATED}\naccept ordinary mail from silent until 2026-12-31\nreject bounces report only").good
    assert policy.recompile_by == date(2027, 1, 1)


def test_the_last_day_of_the_calendar_never_ends(check: Check) -> None:
    assert check("reject bounces until 9999-12-31").good.recompile_by is None


def test_a_rule_keeps_its_id_while_an_equal_one_is_not_in_force(check: Check) -> None:
    written = "reject bounces until 2027-01-01\nreject bounces when client in office"
    before = check(written, date(2026, 12, 1)).good.rules[-1]
    after = check(written, date(2027, 2, 1)).good.rules[-1]
    assert before.id == after.id == "reject-bounces-2"
