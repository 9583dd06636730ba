from __future__ import annotations

import pytest

from tests.checking.conftest import Check


@pytest.mark.parametrize(
    ("written", "rule_id"),
    [
        ("reject bounces report only to silent", "reject-bounces-to-silent"),
        ("REJECT Bounces TO SEVERAL recipients", "reject-bounces-to-several-recipients"),
        ("reject mail scoring 7.5 or more", "reject-mail-scoring-7-5-or-more"),
        ("use dnsbl ips.backscatterer.org in safe mode", "use-dnsbl-ips-backscatterer-org-in-safe-mode"),
        ("use dnsbl z.example answering 127.0.0.4 in tag mode", "use-dnsbl-z-example-answering-127-0-0-4-in-tag-mode"),
        ("limit bounces to silent to 20 per 1h per client", "limit-bounces-to-silent-to-20-per-hour-per-client"),
        ("limit bounces to 20 per 10m per client", "limit-bounces-to-20-per-10m-per-client"),
        ('tag "X-A: b" bounces', "tag-x-a-b-bounces"),
        ("reject bounces as My-Rule", "My-Rule"),
    ],
)
def test_an_id_is_the_name_or_the_words_up_to_the_modifiers(check: Check, written: str, rule_id: str) -> None:
    assert check(written).good.rules[-1].id == rule_id


def test_equal_words_are_counted_around_names_that_were_chosen(check: Check) -> None:
    checked = check(
        """reject bounces when client has no name
        reject bounces when client in office
        reject bounces at data as reject-bounces-2"""
    )
    assert [rule.id for rule in checked.good.rules[2:]] == ["reject-bounces", "reject-bounces-3", "reject-bounces-2"]


def test_lines_in_between_do_not_change_an_id(check: Check) -> None:
    assert check("\n\nreject bounces\n").rule("reject-bounces").words == "reject bounces"


def test_rules_and_settings_share_no_id(check: Check) -> None:
    policy = check("send ndrs to nobody as\n".replace(" as", "") + "send ndrs to nobody on mx1\nreject bounces").good
    ids = [statement.id for statement in policy.statements] + [rule.id for rule in policy.rules]
    assert len(ids) == len(set(ids))


def test_a_set_keeps_its_name_and_literals_are_named_after_their_rule(check: Check) -> None:
    rules = check("reject ordinary mail to silent\nreject ordinary mail to joe@example.org as Joe").good.rules
    names = [getattr(rule.when, "parts")[1].entries.name for rule in rules[2:]]  # noqa: B009  # conditions of any kind
    assert names == ["silent", "joe-recipients"]
