from __future__ import annotations

from dataclasses import replace

import pytest

from nullsender.lab.playing import cannot_play
from nullsender.session import Session
from tests.evaluation.policies import policy

ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.mark.parametrize(
    ("recipients", "unanswered", "facts", "why"),
    [
        ((ALICE,), (), {}, None),
        ((ALICE,), (ALICE,), {}, None),
        ((ALICE, BOB), (ALICE, BOB), {}, None),
        ((ALICE, BOB), (ALICE,), {}, "the lookup of one address"),
        ((ALICE, "x@catchall.example"), (ALICE,), {}, None),
        (("x@catchall.example",), ("x@catchall.example",), {}, None),
        ((ALICE,), (), {"login": "joe"}, "a whole server of the lab offers no login"),
        (("jürgen@example.org",), (), {}, "an address beyond ASCII"),
        (("ann@bücher.example",), (), {}, None),
    ],
)
def test_what_cannot_be_brought_about_is_said(
    recipients: tuple[str, ...], unanswered: tuple[str, ...], facts: dict[str, str], why: str | None
) -> None:
    session = replace(Session(recipients, unanswered=frozenset(unanswered)), **facts)  # type: ignore[arg-type]
    said = cannot_play(session, policy(""), lookups_fail=False)
    assert said is None if why is None else (said or "").startswith(why)


def test_a_list_that_was_compiled_cannot_be_missing() -> None:
    from datetime import date
    from pathlib import Path

    from nullsender.frontend import read_policy

    edge, _ = read_policy(Path(__file__).parents[2] / "examples/edge.ndr", date(2026, 1, 1))
    assert edge is not None
    session = Session((ALICE,), unanswered=frozenset({ALICE}))
    for lookups_fail in (False, True):
        assert cannot_play(session, edge, lookups_fail=lookups_fail) == "a list that was compiled is always there"
