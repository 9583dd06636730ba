"""What the tables of the targets have to say, whatever the server."""

from __future__ import annotations

import pytest

from nullsender import discover
from nullsender.capability import version
from nullsender.features import FEATURES

NAMES = discover.names()


@pytest.mark.parametrize("name", NAMES)
def test_a_table_speaks_of_known_features_only(name: str) -> None:
    table = discover.load(name).capabilities
    assert sorted({*table.ways, *table.cannot} - set(FEATURES)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_ways_or_a_reason_for_every_feature(name: str) -> None:
    table = discover.load(name).capabilities
    able = {feature for feature, ways in table.ways.items() if ways}
    assert sorted(set(FEATURES) - able - set(table.cannot)) == []
    assert [feature for feature in table.cannot if feature in able] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_way_and_every_reason_is_a_sentence(name: str) -> None:
    table = discover.load(name).capabilities
    sentences = [*table.cannot.values(), *(way.sentence for ways in table.ways.values() for way in ways)]
    assert [s for s in sentences if len(s.split()) < 2 or s != s.strip() or s.endswith(".")] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_way_serves_a_version_that_was_measured(name: str) -> None:
    table = discover.load(name).capabilities
    measured = [version(text) for text in table.versions]
    assert measured == sorted(measured)
    idle = [
        feature
        for feature, ways in table.ways.items()
        for way in ways
        if not any(way.serves(v, way.needs) for v in measured)
    ]
    assert idle == []


@pytest.mark.parametrize("name", NAMES)
def test_ways_need_only_modes_and_links_that_exist(name: str) -> None:
    tables = [discover.load(other).capabilities for other in NAMES]
    kinds = {kind for table in tables for kind in (*table.accepts, *table.offers)}
    table = discover.load(name).capabilities
    needs = {need for ways in table.ways.values() for way in ways for need in way.needs}
    assert needs - {"standalone", "fragment"} <= kinds
