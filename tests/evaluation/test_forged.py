"""Forged bounces are told from our own in real mail, by what they return."""

from __future__ import annotations

import pytest

from tests.evaluation.corpora import rows
from tests.evaluation.forged import ELSEWHERE, is_forged, lost, share, told

pytestmark = pytest.mark.corpora


def test_nearly_every_bounce_is_taken_as_ours_or_caught_as_another_s() -> None:
    taken, caught = share(told(), "bounce")
    assert taken >= 0.99
    assert caught >= 0.97


def test_no_message_is_lost_that_must_not_be() -> None:
    assert lost(told()) == set()


def test_what_returns_nothing_is_no_forged_bounce() -> None:
    assert [row.name for row in rows() if row.message.returned is None and is_forged(row, ELSEWHERE)] == []
