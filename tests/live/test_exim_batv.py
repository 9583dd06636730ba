"""See a real Exim sign what goes out and judge what comes back, with keys that change while it runs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender import batv
from nullsender.batv import SECONDS_A_DAY
from nullsender.keyfile import Key
from nullsender.lab.sink import Received
from tests.evaluation import corpora
from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.targets.exim.site import TRUSTED, arrivals, logged, message, send, site
from tests.targets.keys import FIRST, KEYS, SECOND, days, put, set_clock

pytestmark = pytest.mark.live

SIGN = f'sign mail from mine with batv keys "{KEYS}"\n'
STATES = "".join(
    f'reject bounces when batv is {state} at rcpt with 550 5.7.1 "{state}" as {state}\n'
    for state in ("valid", "missing", "expired", "invalid")
)
ELSEWHERE = "someone@elsewhere.example"
ALICE = "alice@example.org"


def today() -> int:
    return int(time.time()) // SECONDS_A_DAY


def left(running: Deployed, sender: str, *recipients: str) -> list[tuple[str, str]]:
    """Return how copies of a trusted client's message came to their ends, with which reverse-path."""
    mail = message(sender, *recipients)
    assert send(running, mail, sender, *recipients, client=TRUSTED).accepted
    until, copies = time.monotonic() + 10, list[Received]()
    while len(copies) < len(recipients) and time.monotonic() < until:
        copies = arrivals(running, str(mail["Message-ID"]))
    return [(one.protocol, one.sender) for one in copies]


def judged(running: Deployed, *recipients: str) -> list[str]:
    """Return the states of recipients, as the replies to a bounce name them."""
    with running.lab.dialogue() as session:
        assert session.mail("").positive
        return [session.rcpt(recipient).text.split(" [")[0] for recipient in recipients]  # the id comes behind


@pytest.fixture
def signing(lab: Lab, tmp_path: Path) -> Iterator[Deployed]:
    with site(lab, tmp_path, SIGN + STATES, prepare=lambda: put(FIRST, SECOND)) as running:
        yield running


def test_what_goes_out_is_signed_and_nothing_else(signing: Deployed) -> None:
    signed = batv.tagged(ALICE, FIRST, today())
    assert left(signing, ALICE, ELSEWHERE) == [("smtp", signed)]
    assert left(signing, "Alice@Example.ORG", ELSEWHERE) == [("smtp", signed)]
    assert left(signing, signed, ELSEWHERE) == [("smtp", signed)]  # once, not twice
    assert left(signing, '"alice"@example.org', ELSEWHERE) == [("smtp", signed)]
    assert left(signing, "alice+news@example.org", ELSEWHERE) == [
        ("smtp", batv.tagged("alice+news@example.org", FIRST, today()))
    ]
    assert left(signing, ALICE, "bob@example.org") == [("lmtp", ALICE)]
    assert sorted(left(signing, ALICE, "bob@example.org", ELSEWHERE)) == [("lmtp", ALICE), ("smtp", signed)]
    assert left(signing, "joe@partner.example", ELSEWHERE) == [("smtp", "joe@partner.example")]
    assert left(signing, "", ELSEWHERE) == [("smtp", "")]
    assert left(signing, '"odd one"@example.org', ELSEWHERE) == [("smtp", '"odd one"@example.org')]
    long = f"{'a' * 49}@example.org"
    assert left(signing, long, ELSEWHERE) == [("smtp", long)]


def test_what_is_submitted_on_the_machine_is_signed(signing: Deployed) -> None:
    mail = message(ALICE, ELSEWHERE)
    subprocess.run(["exim4", "-i", "-f", ALICE, ELSEWHERE], input=mail.as_bytes(), check=True)
    (arrived,) = arrivals(signing, str(mail["Message-ID"]))
    assert arrived.sender == batv.tagged(ALICE, FIRST, today())


def test_a_tag_is_good_for_the_days_that_the_policy_says(lab: Lab, tmp_path: Path) -> None:
    statements = f'sign mail from mine with batv keys "{KEYS}" for 2d\n'
    with site(lab, tmp_path, statements, prepare=lambda: put(FIRST)) as running:
        assert left(running, ALICE, ELSEWHERE) == [("smtp", batv.tagged(ALICE, FIRST, today(), 2))]


def test_of_a_thousand_days_the_tags_of_eight_are_good(signing: Deployed) -> None:
    wanted = ["valid" if offset <= 7 else "expired" for offset in range(1000)]
    assert judged(signing, *(batv.tagged(ALICE, FIRST, today(), offset) for offset in range(1000))) == wanted


def test_tags_are_judged_by_every_key_and_in_any_case(signing: Deployed) -> None:
    good = batv.tagged(ALICE, SECOND, today())
    forged = batv.tagged(ALICE, Key(FIRST.number, "guessed"), today())
    unknown = batv.tagged(ALICE, Key(7, FIRST.secret), today())
    empty = batv.tagged(ALICE, Key(7, ""), today())
    assert judged(signing, good, good.upper(), forged, unknown, empty, ALICE, good.replace("alice", "bob")) == [
        *("valid", "valid", "invalid", "invalid", "invalid", "missing", "invalid")
    ]
    subaddress = batv.tagged("alice+news@example.org", FIRST, today())
    assert judged(signing, subaddress, subaddress.replace("+news", "")) == ["valid", "invalid"]


def test_a_bounce_comes_to_the_address_inside(lab: Lab, tmp_path: Path) -> None:
    rule = "reject bounces without a valid batv tag at data as untagged"
    with site(lab, tmp_path, SIGN + rule, prepare=lambda: put(FIRST)) as running:
        to = batv.tagged(ALICE, FIRST, today())
        bounce = message("", to)
        assert send(running, bounce, "", to).accepted
        (arrived,) = arrivals(running, str(bounce["Message-ID"]))
        assert arrived.recipients == (ALICE,)
        assert send(running, message("", ALICE), "", ALICE).last.rule == "untagged"
        assert send(running, message("", ALICE), "joe@partner.example", ALICE).accepted


@pytest.mark.parametrize(
    ("day", "old"),
    [
        *(("2027-06-30", "expired"), ("2027-07-01", "expired"), ("2027-07-08", "expired"), ("2029-08-18", "expired")),
        *(("2029-08-26", "valid"), ("2029-08-27", "expired")),  # a thousand days later: keys are rotated before that
    ],
)
def test_a_tag_stays_expired_when_the_count_of_days_turns_over(lab: Lab, tmp_path: Path, day: str, old: str) -> None:
    def prepare() -> None:
        put(FIRST)
        set_clock(day)

    with site(lab, tmp_path, SIGN + STATES, prepare=prepare) as running:
        tags = [batv.tagged(ALICE, FIRST, days("2026-11-23"))]
        tags += [batv.tagged(ALICE, FIRST, days(day) - age) for age in (0, 7, 8)]
        assert judged(running, *tags) == [old, "valid", "valid", "expired"]
        assert left(running, ALICE, ELSEWHERE) == [("smtp", tags[1])]


def test_without_keys_nothing_is_refused_and_what_would_be_signed_waits(signing: Deployed) -> None:
    to = batv.tagged(ALICE, FIRST, today())
    for damage in ("gone", "empty", "unreadable"):
        KEYS.unlink(missing_ok=True)
        if damage != "gone":
            put(*((FIRST,) if damage == "unreadable" else ()))
            KEYS.chmod(0o600 if damage == "unreadable" else 0o644)
        assert judged(signing, to, ALICE) == ["Accepted", "Accepted"], damage
        refused = send(signing, message(ALICE, ELSEWHERE), ALICE, ELSEWHERE, client=TRUSTED).last
        assert (refused.code, refused.rule) == (451, "sign-mail-from-mine-with-batv-keys"), damage
        assert left(signing, ALICE, "bob@example.org") == [("lmtp", ALICE)]
        assert left(signing, "joe@partner.example", ELSEWHERE) == [("smtp", "joe@partner.example")]
    put(FIRST)
    assert judged(signing, to) == ["valid"]
    assert left(signing, ALICE, ELSEWHERE) == [("smtp", to)]


def test_what_was_accepted_before_the_keys_went_waits_for_them(signing: Deployed) -> None:
    put()
    mail = message(ALICE, ELSEWHERE)
    subprocess.run(["exim4", "-i", "-f", ALICE, ELSEWHERE], input=mail.as_bytes(), check=True)
    assert logged(signing, 'ERROR from acl "nullsender_return_path"')
    KEYS.unlink()
    assert arrivals(signing, str(mail["Message-ID"]), 3) == []
    put(FIRST)
    (arrived,) = arrivals(signing, str(mail["Message-ID"]))
    assert arrived.sender == batv.tagged(ALICE, FIRST, today())


@pytest.mark.corpora
def test_tags_are_those_that_other_programs_made(lab: Lab, tmp_path: Path) -> None:
    weekly = [one for one in corpora.tags() if one.lifetime == 7]
    domains = ", ".join(sorted({one.address.rpartition("@")[2] for one in weekly}))
    statements = f'sign mail from {domains} with batv keys "{KEYS}"\n'
    for day in sorted({one.day for one in weekly}):
        with site(lab, tmp_path, statements, prepare=lambda day=day: set_clock(day)) as running:  # type: ignore[misc]
            for one in weekly:
                if one.day == day:
                    put(Key(one.number, one.secret))
                    assert left(running, one.address, ELSEWHERE) == [("smtp", one.expected)]
