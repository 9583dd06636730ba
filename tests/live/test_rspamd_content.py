"""The engine reads messages as the evaluator does, also those of which rspamd reads nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullsender import condition as c
from nullsender import policy as p
from tests.live.lab import Lab
from tests.targets.rspamd.milter import PLAIN_HEADERS, Mail
from tests.targets.rspamd.parts import part, rule
from tests.targets.rspamd.running import Running, running

pytestmark = pytest.mark.live

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


RULES = (
    rule("lunch", p.Reject(), c.HeaderMatches("subject", "^lun(?:ch)?$", True), report_only=True),
    rule("quoted", p.Reject(), c.HeaderMatches("X-A", r"""^"it's" \/ \\ \$1 \{= 1 =\} #$""", False), report_only=True),
    rule("slash", p.Reject(), c.HeaderMatches("X-A", "a/b", False), report_only=True),
    rule("empty", p.Reject(), c.HeaderMatches("X-B", "^$", False), report_only=True),
    rule("octets", p.Reject(), c.HeaderMatches("X-A", "^gr..n$", False), report_only=True),
    rule("umlaut", p.Reject(), c.HeaderMatches("X-A", "grün", False), report_only=True),
    rule("slow", p.Reject(), c.HeaderMatches("X-C", "^(?:(?:a+)+b|(?:a|aa)+c|(?:.*)*d)$", False), report_only=True),
    rule("folded", p.Reject(), c.HeaderMatches("X-D", "^one\ttwo  three$", False), report_only=True),
)


@pytest.fixture(scope="module")
def rspamd(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    with running(part(*RULES)) as it:
        yield it


def reported(rspamd: Running, *headers: tuple[str, str], body: str = "Hello.\r\n") -> set[str]:
    log = rspamd.log_of(Mail(headers=(*headers, ("From", "joe@partner.example")), body=body))
    assert "cannot decide" not in log
    return {one.id for one in RULES if f"would reject [{one.id}]" in log}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("SUBJECT", "Lunch", {"lunch"}),
        ("Subject", "Lunch today", set()),
        ("X-A", """"it's" / \\ $1 {= 1 =} #""", {"quoted"}),
        ("X-A", """it's / \\ $1 {= 1 =} #""", set()),
        ("X-A", "a/b", {"slash"}),
        ("X-A", "grün", {"octets", "umlaut"}),
        ("X-A", "green", {"octets"}),
        ("X-A", "grn", set()),
        ("X-B", "", {"empty"}),
        ("X-B", " \t ", {"empty"}),
        ("X-B", "x", set()),
        ("X-D", "one\n\ttwo\n  three", {"folded"}),
        ("X-D", "one two  three", set()),
    ],
)
def test_a_field_is_held_to_expressions_as_they_are_written(
    rspamd: Running, name: str, value: str, found: set[str]
) -> None:
    assert reported(rspamd, (name, value)) == found


def test_no_expression_takes_long_for_any_value(rspamd: Running) -> None:
    assert reported(rspamd, ("X-C", "a" * 50_000 + "!")) == set()
    assert reported(rspamd, ("X-C", "a" * 20 + "b")) == {"slow"}


def test_the_test_message_of_filters_is_read_too(rspamd: Running) -> None:
    assert PLAIN_HEADERS[2] == ("Subject", "Lunch")
    assert reported(rspamd, *PLAIN_HEADERS[1:], body=f"{GTUBE}\r\n") == {"lunch"}


def test_a_long_header_and_octets_of_every_kind_are_read(rspamd: Running) -> None:
    many = tuple((f"X-{number}", "y" * 900) for number in range(3_000))
    assert reported(rspamd, *many, ("Subject", "lunch")) == {"lunch"}
    every = "".join(map(chr, range(256)))
    assert reported(rspamd, ("Subject", "lunch"), body=f"{every}\r\n{every}") == {"lunch"}
