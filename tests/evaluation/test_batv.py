"""Tags of reverse-paths are those that others make, and are judged by days that are counted modulo 1000."""

from __future__ import annotations

import pytest

from nullsender import batv, canonical
from nullsender.keyfile import Key
from tests.evaluation import corpora
from tests.targets.keys import days

ALICE = "alice@example.com"
KEYS = (Key(1, "new-key-2027"), Key(0, "s3cr3ts3cr1t"))


def test_tags_are_those_of_the_draft() -> None:
    day = days("2026-11-23")
    assert batv.tagged(ALICE, KEYS[1], day) == "prvs=0787478033=alice@example.com"
    assert batv.tagged("Alice@Example.com", KEYS[0], day) == "prvs=17877a61d9=alice@example.com"


def test_a_tag_takes_the_place_of_another() -> None:
    assert batv.tagged("PRVS=0123abcdef=alice@example.com", KEYS[1], days("2026-11-23")).startswith("prvs=0787478033=a")


@pytest.mark.parametrize(
    ("day", "state"),
    [
        *(("2026-11-22", "expired"), ("2026-11-23", "valid"), ("2026-11-30", "valid"), ("2026-12-01", "expired")),
        *(("2027-06-30", "expired"), ("2027-07-01", "expired"), ("2028-01-01", "expired"), ("2029-08-27", "expired")),
    ],
)
def test_a_tag_is_good_for_eight_days_of_a_thousand(day: str, state: str) -> None:
    assert batv.state("prvs=0787478033=alice@example.com", KEYS, days(day)) == state
    assert batv.state("PRVS=0787478033=ALICE@example.com", KEYS, days(day)) == state


@pytest.mark.parametrize(
    ("address", "state"),
    [
        (ALICE, "missing"),
        ("prvs=0787478034=alice@example.com", "invalid"),
        ("prvs=1787478033=alice@example.com", "invalid"),
        ("prvs=5787478033=alice@example.com", "invalid"),
        ("prvs=0787478033=bob@example.com", "invalid"),
        ("prvs=059bff19d=alice@example.com", "missing"),  # another vendor's: nine digits
        ("btv1==059bff19d==alice@example.com", "missing"),
        ("msprvs1=abcdefg=bounces-1@example.com", "missing"),
        ('"odd one"@example.com', None),
        (f"{'a' * 49}@example.com", None),
    ],
)
def test_what_is_no_tag_of_ours_is_nobodys_bad_one(address: str, state: str | None) -> None:
    assert batv.state(address, KEYS, days("2026-11-23")) == state
    assert batv.state(address, (), days("2026-11-23")) is None


@pytest.mark.corpora
def test_tags_are_those_that_other_programs_made() -> None:
    for one in corpora.tags():
        assert batv.tagged(one.address, Key(one.number, one.secret), days(one.day), one.lifetime) == one.expected
    assert len(corpora.tags()) >= 40


@pytest.mark.corpora
def test_shapes_that_were_seen_are_missing_or_invalid() -> None:
    for address in corpora.shapes():
        assert batv.state(address, KEYS, days("2026-11-23")) in ("missing", "invalid")
        assert (batv.state(address, KEYS, days("2026-11-23")) == "invalid") == canonical.tagged(address)
