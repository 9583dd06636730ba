"""See a real Postfix, with postsrsd beside it, rewrite the sender of what it forwards, and of nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullsender import srs
from nullsender.keyfile import Key
from nullsender.session import STRANGER
from nullsender.srs import Dialect
from tests.live.deployment import Deployed, deployed, run
from tests.live.failing import FAILURES, commands, halt, kill, processes, refusing, starting
from tests.live.lab import Lab
from tests.live.test_exim_batv import today
from tests.live.test_exim_srs import bounced
from tests.targets.exim.site import TRUSTED, arrivals, message, send
from tests.targets.keys import FIRST, SECOND, days, put, set_clock

pytestmark = pytest.mark.live

SRS = Path("/etc/nullsender/srs.keys")
DOMAIN = "srs.example.org"
JOE, ALICE = "joe@partner.example", "alice@example.org"
FORWARDED, BOTH, LOCAL = "silent@example.org", "both@example.org", "bob@example.org"
ALIAS = "dora@example.org"  # by a local alias
GONE, FAR = "gone@elsewhere.example", "far@elsewhere.example"
JIM, ARCHIVE = "jim@partner.example", "archive@elsewhere.example"
MOST = 20_040
POLICY = f"""\
policy "a site that forwards"
domains  mine   = example.org
networks office = 192.0.2.0/24
recipients of mine from file "people.txt"
deliver mine to lmtp 127.0.0.1:24
subaddresses begin with +
trust clients in office
rewrite forwarded mail with srs keys "{SRS}" as {DOMAIN}
reject nonexistent recipients
{{statements}}
deploy mx to postfix 3.7 with {{helpers}}
"""
OWNERS = (
    "inet_interfaces = all",
    "relay_domains = example.org",
    "parent_domain_matches_subdomains =",
    "relay_transport = lmtp:inet:127.0.0.1:24",
    "recipient_delimiter = +",
    f"virtual_alias_maps = inline:{{{{{FORWARDED}={GONE}}}, {{{BOTH}={LOCAL} {FAR}}}, {{{ALIAS}=dora@localhost}}}}",
    f"alias_maps = inline:{{{{dora={GONE}}}, {{postmaster=root}}}}",
    "enable_original_recipient = no",
    "smtpd_discard_ehlo_keywords = silent-discard, DSN,chunking",
    f"message_size_limit = {MOST}",
    f"sender_bcc_maps = inline:{{{{{JIM}={ARCHIVE}}}}}",
    "header_checks = regexp:{{/^X-Owner: once/ PREPEND X-Owner: seen}}",
)


@contextmanager
def site(lab: Lab, folder: Path, statements: str = "", helpers: str = "postsrsd 1.10") -> Iterator[Deployed]:
    """Run a site beside what its owner has: aliases that lead elsewhere. Each target's files are verified once."""
    people = (ALICE, LOCAL, FORWARDED, BOTH, ALIAS, "abuse@example.org")
    (folder / "people.txt").write_text("".join(f"{address}\n" for address in people))
    policy = folder / "site.ndr"
    policy.write_text(POLICY.format(statements=statements, helpers=helpers))

    def prepare() -> None:
        for line in OWNERS:
            run("postconf", "-e", line)
        put(FIRST, SECOND, path=SRS)

    with deployed(lab, policy, "mx", standalone=False, prepare=prepare, verify="," not in helpers) as running:
        lab.resolver.hosts.update(("elsewhere.example", "partner.example"))
        yield running


@pytest.fixture(scope="module")
def forwarding(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with site(lab, tmp_path_factory.mktemp("site"), "send ndrs only to trusted senders") as running:
        yield running


def left(running: Deployed, sender: str, recipient: str, client: str = STRANGER) -> tuple[tuple[str, ...], ...]:
    """Return sender and recipients of all that leaves of a message."""
    mail = message(sender, recipient)
    attempt = send(running, mail, sender, recipient, client=client)
    assert attempt.accepted, attempt.last
    id_, until = str(mail["Message-ID"]), time.monotonic() + 10
    while len(found := arrivals(running, id_, 0)) < (2 if recipient == BOTH else 1):
        assert time.monotonic() < until, running.log()
        time.sleep(0.02)
    return tuple(sorted((one.sender, *one.recipients) for one in found))


def ours(sender: str, key: Key = FIRST, ago: int = 0) -> str:
    """Return the rewritten sender."""
    return srs.rewritten(sender, DOMAIN, key, today() - ago, Dialect.SHA1)


def test_forwarded_mail_is_rewritten_and_its_bounce_goes_back(forwarding: Deployed) -> None:
    assert left(forwarding, JOE, FORWARDED) == ((ours(JOE), GONE),)
    for to in (ours(JOE), ours(JOE).lower(), ours(JOE).upper()):
        assert left(forwarding, "", to)[0][1].lower() == JOE


def test_what_asks_for_no_report_is_taken_though_the_owner_hid_dsn(forwarding: Deployed) -> None:
    assert run("postconf", "-h", "smtpd_discard_ehlo_keywords").split() == ["silent-discard", "chunking"]
    assert left(forwarding, JOE, ALICE) == ((JOE, ALICE),)


def test_nothing_else_is_rewritten(forwarding: Deployed) -> None:
    assert left(forwarding, "", FORWARDED) == (("", GONE),)
    assert left(forwarding, ALICE, FORWARDED) == ((ALICE, GONE),)
    assert left(forwarding, ALICE, FORWARDED, TRUSTED) == ((ALICE, GONE),)
    assert left(forwarding, JOE, ALICE) == ((JOE, ALICE),)
    assert left(forwarding, JOE, GONE, TRUSTED) == ((JOE, GONE),)


def test_what_a_local_alias_leads_elsewhere_is_rewritten(forwarding: Deployed) -> None:
    assert left(forwarding, JOE, ALIAS) == ((ours(JOE), GONE),)


def test_the_message_stays_as_it_is(forwarding: Deployed) -> None:
    body = b".\r\n..\r\n.x\r\n" + b"y" * 900 + b"\r\n\xc3\xa9 \xff\r\n\r\n"
    octets = b"X-Original-To: someone@elsewhere.example\r\nMessage-ID: <as-it-is@x.example>\r\n\r\n" + body
    assert forwarding.lab.attempt(JOE, [FORWARDED], octets).accepted
    (arrived,) = arrivals(forwarding, "<as-it-is@x.example>")
    assert arrived.sender == ours(JOE)
    assert arrived.octets.replace(b"\r\n", b"\n").endswith(octets.replace(b"\r\n", b"\n"))
    assert arrived.octets.count(b"X-Original-To") == 1


def test_mail_of_trusted_clients_that_is_forwarded_is_rewritten(forwarding: Deployed) -> None:
    assert left(forwarding, JOE, FORWARDED, TRUSTED) == ((ours(JOE), GONE),)


def test_of_several_recipients_those_elsewhere_see_the_rewritten_sender(forwarding: Deployed) -> None:
    assert left(forwarding, JOE, BOTH) == ((ours(JOE), FAR), (JOE, LOCAL))


@pytest.mark.parametrize("client", [STRANGER, TRUSTED])
def test_a_client_cannot_say_for_whom_it_was(forwarding: Deployed, client: str) -> None:
    mail = message(JOE, FORWARDED)
    with forwarding.lab.dialogue(client) as session:
        assert session.mail(JOE).positive
        assert session.rcpt(FORWARDED, "ORCPT=rfc822;someone@elsewhere.example NOTIFY=FAILURE").positive
        assert session.say("DATA").code == 354
        assert session.message(mail.as_bytes()).positive
    (arrived,) = arrivals(forwarding, str(mail["Message-ID"]))
    assert arrived.sender == ours(JOE)


def test_senders_of_every_spelling_are_rewritten(forwarding: Deployed) -> None:
    for sender in ('"joe smith"@partner.example', "joe+a#b=c@partner.example", "srs0=a@partner.example"):
        ((rewritten, _),) = left(forwarding, sender, FORWARDED)
        assert rewritten.endswith(f"@{DOMAIN}"), rewritten
        ((_, back),) = left(forwarding, "", rewritten)
        assert back == sender.replace("srs0", "SRS0")


def test_srs_addresses_exist_for_bounces_with_a_good_hash(forwarding: Deployed) -> None:
    good = ours(JOE)
    assert bounced(forwarding, good) == 250
    assert bounced(forwarding, good, JOE) == 550
    _, hash_, stamp, _ = good.split("=", 3)
    forged = good.replace(f"={hash_}=", f"={'0000' if hash_ != '0000' else '1111'}=")
    another_day = good.replace(f"={stamp}=", f"={'AA' if stamp != 'AA' else 'BB'}=")
    aged = [ours(JOE, SECOND, ago) for ago in (0, 21, 22, 100)]
    assert [bounced(forwarding, to) for to in aged] == [250, 250, 550, 550]
    guessed = ours(JOE, Key(0, "made", None))
    for to in (forged, another_day, guessed, good.replace("=joe@", "=jim@"), f"someone@{DOMAIN}", f"SRS0=@{DOMAIN}"):
        assert bounced(forwarding, to) == 550, to
    assert bounced(forwarding, f"postmaster@{DOMAIN}") == 250


def test_what_nobody_takes_is_reported_to_trusted_senders_alone(forwarding: Deployed) -> None:
    sink = forwarding.lab.sink
    for client in (STRANGER, TRUSTED):
        sink.clear()
        sink.replies[GONE] = "550 5.1.1 nobody"
        assert send(forwarding, message(JOE, FORWARDED), JOE, FORWARDED, client=client).accepted
        got = sink.comes(lambda mail: (mail.sender, mail.recipients) == ("", (JOE,)), 1.5)
        assert got == (client == TRUSTED)
    sink.clear()


def test_mail_of_trusted_clients_passes_twice_and_is_seen_once(forwarding: Deployed) -> None:
    mail = message(JIM, GONE)
    mail["X-Owner"] = "once"
    for _ in range(48):
        mail["Received"] = "by somebody"
    mail.set_content(("x" * 70 + "\n") * 243)  # nearly as much as the first smtpd takes
    assert send(forwarding, mail, JIM, GONE, client=TRUSTED).accepted
    assert forwarding.lab.sink.comes(lambda one: one.recipients == (GONE,), 10), forwarding.log()
    time.sleep(0.5)
    found = arrivals(forwarding, str(mail["Message-ID"]))
    assert sorted(one.recipients for one in found) == [(ARCHIVE,), (GONE,)]
    assert found[0].message.get_all("X-Owner") == ["seen", "once"]


def test_a_recipient_that_looks_like_an_option_is_no_original_one(forwarding: Deployed) -> None:
    to = f'"a ORCPT=rfc822;{ALICE} b"@elsewhere.example'
    assert left(forwarding, JOE, to, TRUSTED)[0][0] == JOE


@pytest.mark.parametrize("option", ["ORCPT=rfc822;x@y.example ORCPT=rfc822;x", 'ORCPT=rfc822;"x'])
def test_no_client_hides_for_whom_it_was(forwarding: Deployed, option: str) -> None:
    mail = message(JOE, FORWARDED)
    with forwarding.lab.dialogue() as session:
        assert session.mail(JOE).positive
        assert session.rcpt(FORWARDED, option).positive
        assert session.say("DATA").code == 354
        assert session.message(mail.as_bytes()).positive
    (arrived,) = arrivals(forwarding, str(mail["Message-ID"]))
    assert arrived.sender == ours(JOE)


def restart(running: Deployed) -> None:
    with refusing("postsrsd", starting(running, "postsrsd")):
        pass


def test_every_key_verifies_and_the_first_signs_once_postsrsd_was_started_anew(forwarding: Deployed) -> None:
    third = Key(5, "the-newest")
    put(third, FIRST, path=SRS)
    restart(forwarding)
    assert left(forwarding, JOE, FORWARDED) == ((ours(JOE, third), GONE),)
    assert [bounced(forwarding, ours(JOE, key)) for key in (third, FIRST, SECOND)] == [250, 250, 550]
    put(FIRST, SECOND, path=SRS)
    restart(forwarding)


@pytest.mark.parametrize("day", ["2027-07-01", "2029-08-26"])
def test_addresses_are_the_same_to_the_byte_in_years_to_come(forwarding: Deployed, day: str) -> None:
    with refusing("postsrsd", starting(forwarding, "postsrsd")):
        set_clock(day)
    Path("/etc/ld.so.preload").unlink()  # only postsrsd lives then
    for sender in (JOE, "Ann.Example+list@Partner.Example", "x=y@a.b.example"):
        then = srs.rewritten(sender, DOMAIN, FIRST, days(day), Dialect.SHA1)
        assert left(forwarding, sender, FORWARDED) == ((then, GONE),)
        assert left(forwarding, "", then) == (("", sender),)
    for ago, code in ((21, 250), (22, 550)):
        assert bounced(forwarding, srs.rewritten(JOE, DOMAIN, FIRST, days(day) - ago, Dialect.SHA1)) == code
    restart(forwarding)


@pytest.mark.parametrize("failure", FAILURES)
def test_while_postsrsd_is_down_what_needs_it_waits_and_all_else_goes_on(forwarding: Deployed, failure: str) -> None:
    sink = forwarding.lab.sink
    sink.clear()
    with FAILURES[failure]("postsrsd", starting(forwarding, "postsrsd")):
        assert bounced(forwarding, ours(JOE)) == 451
        assert left(forwarding, JOE, ALICE) == ((JOE, ALICE),)
        assert left(forwarding, JOE, GONE, TRUSTED) == ((JOE, GONE),)
        mark, mail = forwarding.mark(), message(JOE, FORWARDED)
        assert send(forwarding, mail, JOE, FORWARDED).accepted
        assert forwarding.logged("status=deferred (host 127.0.0.1[127.0.0.1] said: 451 4.3.0 postsrsd does", mark)
        assert not arrivals(forwarding, str(mail["Message-ID"]), 0)
    run("postqueue", "-f")
    (late,) = arrivals(forwarding, str(mail["Message-ID"]))
    assert (late.sender, late.recipients) == (ours(JOE), (GONE,))
    assert bounced(forwarding, ours(JOE)) == 250
    assert not any(mail.sender == "" for mail in sink.received)


def test_no_program_warns(forwarding: Deployed) -> None:
    worst = [line for line in forwarding.log().splitlines() if any(w in line for w in (": warning:", ": fatal:"))]
    assert [line for line in worst if "srs" not in line and "tcp" not in line.lower()] == []


FORWARD = Path("/etc/postfix/nullsender/srs/forward.pl")
BEHIND = "syslog_name=postfix/nullsender-forwarded"


@pytest.mark.parametrize("signal", ["STOP", "KILL"])
def test_what_is_forwarded_waits_while_the_program_fails(forwarding: Deployed, signal: str) -> None:
    works = FORWARD.read_bytes()
    FORWARD.write_bytes(works.replace(b"say_ '354 go on'", f"kill '{signal}', $$".encode()))
    mark, mail = forwarding.mark(), message(JOE, FORWARDED)
    assert send(forwarding, mail, JOE, FORWARDED).accepted
    if signal == "STOP":
        assert not arrivals(forwarding, str(mail["Message-ID"]), 0.5)
        kill(processes("perl"))
    assert forwarding.logged("status=deferred (lost connection with 127.0.0.1", mark)
    FORWARD.write_bytes(works)
    run("postqueue", "-f")
    (late,) = arrivals(forwarding, str(mail["Message-ID"]))
    assert (late.sender, late.recipients) == (ours(JOE), (GONE,))


def test_what_is_forwarded_waits_for_the_second_smtpd(forwarding: Deployed) -> None:
    assert left(forwarding, JOE, FORWARDED) == ((ours(JOE), GONE),)
    halt(commands(BEHIND))
    mail = message(JOE, FORWARDED)
    assert send(forwarding, mail, JOE, FORWARDED).accepted
    assert left(forwarding, JOE, ALICE) == ((JOE, ALICE),)
    assert not arrivals(forwarding, str(mail["Message-ID"]), 0.5)
    kill(commands(BEHIND))
    (late,) = arrivals(forwarding, str(mail["Message-ID"]))
    assert (late.sender, late.recipients) == (ours(JOE), (GONE,))


def test_who_reads_addresses_may_be_killed(forwarding: Deployed) -> None:
    assert bounced(forwarding, ours(JOE)) == 250
    kill(processes("perl"))
    assert bounced(forwarding, ours(JOE)) in (250, 451)
    assert left(forwarding, "", ours(JOE)) == (("", JOE),)


def test_beside_a_filter_it_is_all_the_same(lab: Lab, tmp_path: Path) -> None:
    with site(lab, tmp_path, "reject mail scoring 15 or more", "rspamd 3.4, postsrsd 1.10") as running:
        assert left(running, JOE, FORWARDED) == ((ours(JOE), GONE),)
        assert left(running, "", ours(JOE)) == (("", JOE),)
        assert left(running, JOE, GONE, TRUSTED) == ((JOE, GONE),)
