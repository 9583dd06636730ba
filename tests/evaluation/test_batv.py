"""Tags of reverse-paths are those that others make, and are judged by days that are counted modulo 1000."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

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
    compared = 0
    for one in _vectors("batv_sign.json")["sign"]:
        address = one["address"]
        if address == address.lower() and canonical.taggable(address):
            day = days(datetime.strptime(one["time"], "%Y-%m-%d %H:%M:%S").date().isoformat())
            key = Key(int(one["keynum"]), one["secret"])
            made = batv.tagged(address, key, day, int(one.get("lifetime", 7)))
            _, tag, local = made.split("=", 2)
            user, _, domain = local.rpartition("@")
            assert one["expect"] in (made, f"{user}+prvs={tag}@{domain}")
            compared += 1
    assert compared >= 40


@pytest.mark.corpora
def test_shapes_that_were_seen_are_missing_or_invalid() -> None:
    for one in _vectors("wild_shapes.json")["cases"]:
        assert batv.state(one["addr"], KEYS, days("2026-11-23")) in ("missing", "invalid")
        assert (batv.state(one["addr"], KEYS, days("2026-11-23")) == "invalid") == canonical.tagged(one["addr"])


def _vectors(name: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(
        (Path(os.environ[corpora.VARIABLE]) / "vectors" / name).read_text()
    )
    return found
