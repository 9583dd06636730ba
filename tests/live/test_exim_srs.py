"""See a real Exim rewrite the sender of what it forwards, and take back the bounces of that alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender import batv, srs
from nullsender.keyfile import Key
from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.live.test_exim_batv import ALICE, ELSEWHERE, SIGN, today
from tests.targets.exim.debian import debian
from tests.targets.exim.site import TRUSTED, arrivals, log, logged, message, send, site
from tests.targets.keys import FIRST, KEYS, SECOND, days, put, set_clock

pytestmark = pytest.mark.live

SRS = Path("/etc/nullsender/srs.keys")
REWRITE = f'rewrite forwarded mail with srs keys "{SRS}" as srs.example.org\n'
JOE, FORWARDED, GONE = "joe@partner.example", "silent@example.org", "gone@elsewhere.example"  # an alias of the host


@pytest.fixture
def forwarding(lab: Lab, tmp_path: Path) -> Iterator[Deployed]:
    def prepare() -> None:
        debian(split=True)
        put(FIRST, SECOND)
        put(FIRST, SECOND, path=SRS)

    with site(lab, tmp_path, SIGN + REWRITE, standalone=False, prepare=prepare) as running:
        yield running


def left(running: Deployed, sender: str, recipient: str, *, client: str | None = None) -> str:
    mail = message(sender, recipient)
    attempt = send(running, mail, sender, recipient, **({"client": client} if client else {}))
    assert attempt.accepted, attempt.last
    (arrived,) = arrivals(running, str(mail["Message-ID"]))
    return arrived.sender


def bounced(running: Deployed, to: str, sender: str = "") -> int:
    with running.lab.dialogue() as session:
        assert session.mail(sender).positive
        return session.rcpt(to).code


def test_forwarded_mail_is_rewritten_and_its_bounce_goes_back(forwarding: Deployed) -> None:
    rewritten = left(forwarding, JOE, FORWARDED)
    assert rewritten == srs.rewritten(JOE, "srs.example.org", FIRST, today())
    for to in (rewritten, rewritten.lower(), rewritten.upper()):
        bounce = message("", to)
        assert send(forwarding, bounce, "", to).accepted, to
        (back,) = arrivals(forwarding, str(bounce["Message-ID"]))
        assert (back.sender, back.recipients) == ("", (JOE,))


def test_nothing_else_is_rewritten(forwarding: Deployed) -> None:
    assert left(forwarding, "", FORWARDED) == ""
    assert left(forwarding, ALICE, ELSEWHERE, client=TRUSTED) == batv.tagged(ALICE, FIRST, today())
    assert left(forwarding, ALICE, FORWARDED, client=TRUSTED) == batv.tagged(ALICE, FIRST, today())
    assert left(forwarding, ALICE, FORWARDED) == ALICE  # from outside: it is not signed
    assert left(forwarding, JOE, ELSEWHERE, client=TRUSTED) == JOE


def test_srs_addresses_exist_for_bounces_with_a_good_hash(forwarding: Deployed) -> None:
    good = left(forwarding, JOE, FORWARDED)
    assert bounced(forwarding, good) == 250
    assert bounced(forwarding, good, JOE) == 550
    _, hash_, stamp, _ = good.split("=", 3)
    forged = good.replace(f"={hash_}=", f"={'0000' if hash_ != '0000' else '1111'}=")
    old = good.replace(f"={stamp}=", f"={'aa' if stamp[0] not in 'az' else 'mm'}=")
    aged = [srs.rewritten(JOE, "srs.example.org", SECOND, today() - days) for days in (0, 10, 11, 100)]
    assert [bounced(forwarding, to) for to in aged] == [250, 250, 550, 550]
    for to in (forged, old, good.replace("=joe@", "=jim@"), "someone@srs.example.org", "SRS0=@srs.example.org"):
        assert bounced(forwarding, to) == 550, to
    assert bounced(forwarding, "postmaster@srs.example.org") == 250


@pytest.mark.parametrize("day", ["2027-07-01", "2029-08-26"])
def test_addresses_are_the_same_to_the_byte_in_years_to_come(lab: Lab, tmp_path: Path, day: str) -> None:
    def prepare() -> None:
        debian(split=True)
        put(FIRST, path=SRS)
        set_clock(day)

    with site(lab, tmp_path, REWRITE, standalone=False, prepare=prepare) as running:
        assert left(running, JOE, FORWARDED) == srs.rewritten(JOE, "srs.example.org", FIRST, days(day))
        aged = [srs.rewritten(JOE, "srs.example.org", FIRST, days(day) - ago) for ago in (0, 10, 11)]
        assert [bounced(running, to) for to in aged] == [250, 250, 550]


def test_every_key_verifies_and_none_is_asked_while_there_is_none(forwarding: Deployed) -> None:
    first = left(forwarding, JOE, FORWARDED)
    third = Key(5, "the-newest")
    put(third, FIRST, path=SRS)
    second = left(forwarding, JOE, FORWARDED)
    assert first != second
    assert [bounced(forwarding, to) for to in (first, second)] == [250, 250]
    put(third, path=SRS)
    assert [bounced(forwarding, to) for to in (first, second)] == [550, 250]
    put(path=SRS)
    assert [bounced(forwarding, to) for to in (first, second)] == [451, 451]
    mail = message(JOE, FORWARDED)
    assert send(forwarding, mail, JOE, FORWARDED).accepted
    assert logged(forwarding, 'ERROR from acl "nullsender_return_path"')
    SRS.unlink()
    assert bounced(forwarding, second) == 451
    put(third, path=SRS)
    assert bounced(forwarding, second) == 250
    (late,) = arrivals(forwarding, str(mail["Message-ID"]))
    assert late.sender == second
    assert third.secret not in log(forwarding)


def test_a_whole_server_takes_bounces_of_what_others_forwarded(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, REWRITE, prepare=lambda: put(FIRST, path=SRS)) as running:
        assert bounced(running, "SRS0=0000=aa=partner.example=joe@srs.example.org") == 550
        assert bounced(running, "someone@srs.example.org") == 550
        assert bounced(running, ALICE) == 250
        assert not KEYS.exists()


def test_nothing_is_installed_where_the_sender_could_not_be_changed(lab: Lab, tmp_path: Path) -> None:
    def hidden() -> None:
        debian(split=True)
        answers = Path("/etc/exim4/update-exim4.conf.conf")
        text = answers.read_text().replace("='internet'", "='smarthost'")
        for name, value in (("hide_mailname", "true"), ("readhost", "example.com"), ("smarthost", "203.0.113.25")):
            text = text.replace(f"dc_{name}=''", f"dc_{name}='{value}'")
        answers.write_text(text)
        put(FIRST, path=SRS)

    with (
        pytest.raises(RuntimeError, match="since_dc_hide_mailname_is_true"),
        site(lab, tmp_path, REWRITE, standalone=False, prepare=hidden),
    ):
        raise AssertionError("it was installed all the same")
