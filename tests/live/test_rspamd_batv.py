"""See a real rspamd sign what goes out and judge what comes back, with keys that change while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nullsender import batv
from nullsender import condition as c
from nullsender import policy as p
from nullsender.batv import SECONDS_A_DAY
from nullsender.keyfile import Key
from nullsender.names import Entries, Kind
from nullsender.plan import Part
from tests.evaluation import corpora
from tests.live.lab import Lab
from tests.targets.keys import FIRST, KEYS, SECOND, days, put
from tests.targets.rspamd.milter import Mail
from tests.targets.rspamd.parts import HERE, MINE, part, rule
from tests.targets.rspamd.running import Running, running

pytestmark = pytest.mark.live

STATES = ("valid", "missing", "expired", "invalid")
SIGN = p.SignBatv(MINE, str(KEYS), 7 * SECONDS_A_DAY)
ALICE, ELSEWHERE, TRUSTED = "alice@example.org", "someone@elsewhere.example", "192.0.2.10"


def today() -> int:
    return int(time.time()) // SECONDS_A_DAY


def signing(link: str = "milter", sign: p.SignBatv = SIGN) -> Part:
    """Return a part that signs, and marks each message with the state of its recipients' tags."""
    states = (rule(state, p.Tag("X-Batv", state), c.BatvIs(state), unless=()) for state in STATES)
    made = part(*states, link=link)
    statement = p.Statement("sign", sign, (), "sign mail", HERE)
    return replace(made, site=replace(made.site, batv=sign), statements=(statement,) if link == "milter" else ())


def clock(day: str) -> str:
    """Return Lua that has the engine believe that it is that day."""
    ahead = (days(day) - today()) * SECONDS_A_DAY
    return f"local now = os.time; os.time = function() return now() + {ahead} end"


@pytest.fixture
def judge(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    put(FIRST, SECOND)
    with running(signing()) as judge:
        yield judge


def judged(running: Running, *recipients: str) -> str:
    """Return the state of a bounce to recipients, `unknown` where no rule fires."""
    states = [value for name, value in running.show(Mail("", recipients)).added if name == "X-Batv"]
    assert len(states) <= 1
    return states[0] if states else "unknown"


def left(running: Running, sender: str, *recipients: str, client: str = TRUSTED) -> str | None:
    return running.show(Mail(sender, recipients, client)).sender


def test_what_goes_out_is_signed_and_nothing_else(judge: Running) -> None:
    signed = batv.tagged(ALICE, FIRST, today())
    for sender in (ALICE, "Alice@Example.ORG", signed, '"alice"@example.org'):
        assert left(judge, sender, ELSEWHERE) == signed
    assert left(judge, ALICE, "bob@example.org", ELSEWHERE) == signed
    plus = "alice+news@example.org"
    assert left(judge, plus, ELSEWHERE) == batv.tagged(plus, FIRST, today())
    assert left(judge, ALICE, "bob@example.org") is None
    assert left(judge, ALICE, ELSEWHERE, client="203.0.113.9") is None
    for sender in ("", "joe@partner.example", '"odd one"@example.org', f"{'a' * 49}@example.org"):
        assert left(judge, sender, ELSEWHERE) is None


def test_of_a_thousand_days_the_tags_of_eight_are_good(judge: Running) -> None:
    offsets = (*range(12), *range(12, 990, 61), *range(990, 1000))
    for offset in offsets:
        tag = batv.tagged(ALICE, FIRST, today(), offset)
        assert judged(judge, tag) == ("valid" if offset <= 7 else "expired"), tag


def test_tags_are_judged_by_every_key_and_in_any_case(judge: Running) -> None:
    good = batv.tagged(ALICE, SECOND, today())
    assert judged(judge, good) == judged(judge, good.upper()) == "valid"
    assert judged(judge, good, batv.tagged("bob@example.org", FIRST, today())) == "valid"
    assert judged(judge, good, ALICE) == "unknown"  # they are in two states
    for key in (Key(FIRST.number, "guessed"), Key(7, FIRST.secret), Key(7, "")):
        assert judged(judge, batv.tagged(ALICE, key, today())) == "invalid"
    assert judged(judge, good.replace("alice", "bob")) == "invalid"
    for foreign in (ALICE, "btv1==059bff19d==alice@example.org", "prvs=059bff19d=alice@example.org"):
        assert judged(judge, foreign) == "missing"
    assert judged(judge, '"odd one"@example.org') == "unknown"


@pytest.mark.parametrize(
    ("day", "old"),
    [("2027-06-30", "expired"), ("2027-07-01", "expired"), ("2029-08-18", "expired"), ("2029-08-27", "expired")],
)
def test_a_tag_stays_expired_when_the_count_of_days_turns_over(lab: Lab, day: str, old: str) -> None:
    lab.fresh()
    put(FIRST)
    with running(signing(), first=clock(day)) as judge:
        tags = [batv.tagged(ALICE, FIRST, days(day) - age) for age in (0, 7, 8)]
        assert [judged(judge, tag) for tag in tags] == ["valid", "valid", "expired"]
        assert judged(judge, batv.tagged(ALICE, FIRST, days("2026-11-23"))) == old
        assert left(judge, ALICE, ELSEWHERE) == tags[0]


@pytest.mark.parametrize("damage", ["gone", "empty", "unreadable"])
def test_without_keys_nothing_is_refused_and_what_would_be_signed_waits(judge: Running, damage: str) -> None:
    put(*((FIRST,) if damage == "unreadable" else ()))
    KEYS.chmod(0o600)
    if damage == "gone":
        KEYS.unlink()
    good = batv.tagged(ALICE, FIRST, today())
    assert judged(judge, good) == judged(judge, ALICE) == "unknown"
    refused = judge.show(Mail(ALICE, (ELSEWHERE,), TRUSTED))
    assert refused.reply.startswith("451 ")
    assert judge.show(Mail(ALICE, ("bob@example.org",), TRUSTED)).accepted
    put(FIRST)
    assert judged(judge, good) == "valid"
    assert left(judge, ALICE, ELSEWHERE) == good


def test_a_new_key_counts_at_once(judge: Running) -> None:
    third = Key(5, "the-newest")
    put(third, FIRST)
    assert left(judge, ALICE, ELSEWHERE) == batv.tagged(ALICE, third, today())
    assert judged(judge, batv.tagged(ALICE, FIRST, today())) == "valid"
    assert judged(judge, batv.tagged(ALICE, SECOND, today())) == "invalid"


def test_no_secret_is_logged_or_generated(judge: Running) -> None:
    left(judge, ALICE, ELSEWHERE)
    judged(judge, batv.tagged(ALICE, FIRST, today()))
    assert FIRST.secret not in judge.log()
    assert not any(FIRST.secret in file.read_text() for file in Path("/etc/rspamd/nullsender").rglob("*.*"))


@pytest.mark.corpora
def test_tags_are_those_that_other_programs_made(lab: Lab) -> None:
    weekly = [one for one in corpora.tags() if one.lifetime == 7]
    senders = Entries("signed", Kind.DOMAINS, tuple(sorted({one.address.rpartition("@")[2] for one in weekly})))
    sign = p.SignBatv(senders, str(KEYS), SIGN.seconds)
    for day in sorted({one.day for one in weekly}):
        lab.fresh()
        put(FIRST)
        with running(signing(sign=sign), first=clock(day)) as judge:
            for one in weekly:
                if one.day == day:
                    put(Key(one.number, one.secret))
                    assert left(judge, one.address, ELSEWHERE) == one.expected
