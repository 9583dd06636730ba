"""The engine decides as the policy means, in a real rspamd that is asked over milter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries, Kind
from tests.live.lab import Lab
from tests.targets.rspamd.milter import Mail, Outcome
from tests.targets.rspamd.parts import FRONT, SILENT, part, rule
from tests.targets.rspamd.running import Running, running

pytestmark = pytest.mark.live

PARTNERS = Entries("partners", Kind.DOMAINS, ("*.friends.example", "partner.example"))
LIARS = Entries("liars", Kind.HOSTS, ("*.liar.example", "friend"))
CHIEFS = Entries("chiefs", Kind.ADDRESSES, ("boss@example.org", "chief@example.org"))
TEST_MESSAGE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
DEFER_LIARS = rule("defer-liars", p.Defer(), c.HeloIn(LIARS), stage=p.Stage.RCPT)
RULES = (
    DEFER_LIARS,
    rule("not-for-chiefs", p.Reject(), c.AllOf((c.SenderIn(PARTNERS), c.RecipientIn(CHIEFS))), stage=p.Stage.RCPT),
    rule("several", p.Reject(), c.AllOf((c.SenderNull(), c.RecipientsOver(1))), unless=(), stage=p.Stage.DATA),
    rule("silent", p.Reject(), c.AllOf((c.SenderNull(), c.RecipientIn(SILENT))), stage=p.Stage.DATA),
    rule("drop", p.Discard(), c.SenderIn(Entries("noise", Kind.ADDRESSES, ("noise@loud.example",)))),
    rule("tag-one", p.Tag("X-Tagged", "one"), c.SenderPostmaster()),
    rule("tag-two", p.Tag("X-Tagged", "two"), c.SenderPostmaster()),
    rule("points", p.Score(4), c.SenderPostmaster()),
    rule("points-dry", p.Score(100), c.SenderPostmaster(), report_only=True),
    rule("dry", p.Reject(), c.Scoring(5), report_only=True),
    rule("outgoing", p.Reject(), c.AllOf((c.Authenticated(), c.Scoring(20))), unless=()),
    rule("spam", p.Reject(), c.Scoring(15)),
    rule("junk", p.Quarantine(), c.Scoring(8)),
    rule("never", p.Reject(), c.Scoring(8)),
)


@pytest.fixture(scope="module")
def rspamd(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    with running(part(*RULES)) as it:
        yield it


def is_refused_by(id_: str, outcome: Outcome, code: str = "554 5.7.1") -> bool:
    return outcome.reply.startswith(code + " ") and outcome.reply.endswith(f" [{id_}]")


@pytest.mark.parametrize(
    ("mail", "id_"),
    [
        (Mail(sender="", recipients=("alice@example.org", "bob@example.org")), "several"),
        (Mail(sender="", recipients=("noreply@example.org",)), "silent"),
        (Mail(sender="", recipients=("NoReply@EXAMPLE.org",)), "silent"),
        (Mail(sender="", recipients=("noreply+news@example.org",)), "silent"),
        (Mail(sender="", recipients=('"noreply"@example.org',)), "silent"),
        (Mail(sender="", recipients=("prvs=0123abcdef=noreply@example.org",)), "silent"),
        (Mail(sender="", recipients=("bounce-4711@b.example.org",)), "silent"),
        (Mail(sender="", recipients=("anything@lists.example.org",)), "silent"),
        (Mail(recipients=("boss@example.org",), sender="joe@partner.example", client="203.0.113.7"), ""),
        (Mail(recipients=("chief@example.org",)), "not-for-chiefs"),
        (Mail(recipients=("chief@example.org",), sender="joe@deep.friends.example"), "not-for-chiefs"),
        (Mail(recipients=("chief@example.org",), sender="joe@friends.example"), ""),
        (Mail(recipients=("chief@example.org", "alice@example.org")), ""),
        (Mail(sender="", recipients=("noreply@example.org",), client="192.0.2.9"), ""),
        (Mail(sender="", recipients=("noreply@example.org",), client="2001:db8::9"), ""),
        (Mail(sender="", recipients=("noreply@example.org",), login="joe"), ""),
        (Mail(sender="", recipients=("noreply@example.org",), client="127.0.0.1"), "silent"),
        (Mail(sender="", recipients=("noreply@example.org",), client="10.0.0.1"), "silent"),
        (Mail(score=15), "spam"),
        (Mail(score=14.9), ""),
        (Mail(score=1000, recipients=("abuse@example.org",)), ""),
        (Mail(score=1000, recipients=("abuse+x@deep.sub.example.org",)), ""),
        (Mail(score=1000, recipients=("abuse@sub.example.org",)), "spam"),
        (Mail(score=1000, recipients=("abuse@elsewhere.example",)), "spam"),
        (Mail(score=1000, recipients=("postmaster",)), ""),
        (Mail(score=1000, recipients=("abuse@example.org", "postmaster@example.net")), ""),
        (Mail(score=1000, recipients=("abuse@example.org", "alice@example.org")), "spam"),
        (Mail(score=1000, login="joe"), "outgoing"),
        (Mail(score=1000, client="192.0.2.9"), ""),
        (Mail(body=TEST_MESSAGE), "spam"),
        (Mail(body=TEST_MESSAGE, recipients=("abuse@example.org",)), ""),
    ],
    ids=lambda value: value or "let through" if isinstance(value, str) else None,
)
def test_a_message_is_refused_by_the_first_rule_that_fires(rspamd: Running, mail: Mail, id_: str) -> None:
    outcome = rspamd.show(mail)
    if id_:
        assert is_refused_by(id_, outcome), outcome
    else:
        assert outcome.accepted, outcome


@pytest.mark.parametrize("helo", ["friend", "FRIEND", "a.liar.example", "a.b.liar.example."])
def test_a_deferral_is_temporary(rspamd: Running, helo: str) -> None:
    assert is_refused_by("defer-liars", rspamd.show(Mail(helo=helo)), "451 4.7.1")


@pytest.mark.parametrize("helo", ["liar.example", "friends", "[203.0.113.9]"])
def test_another_name_is_no_member(rspamd: Running, helo: str) -> None:
    assert rspamd.show(Mail(helo=helo)).accepted


def test_what_is_discarded_is_accepted_and_dropped(rspamd: Running) -> None:
    assert rspamd.show(Mail(sender="noise@loud.example")) == Outcome(discarded=True)


def test_what_is_junk_is_marked(rspamd: Running) -> None:
    assert rspamd.show(Mail(score=8)).added == (("X-Spam", "Yes"),)


def test_after_quarantine_nothing_of_its_stage_decides(rspamd: Running) -> None:
    log = rspamd.log_of(Mail(score=9))
    assert "quarantine [junk]" in log
    assert "[never]" not in log


def test_a_mark_from_outside_gives_way_to_ours(rspamd: Running) -> None:
    outcome = rspamd.show(Mail(score=8, headers=(*Mail().headers, ("X-Spam", "No"))))
    assert (outcome.removed, outcome.added) == (frozenset({"X-Spam"}), (("X-Spam", "Yes"),))


def test_every_rule_that_tags_adds_its_header(rspamd: Running) -> None:
    outcome = rspamd.show(Mail(sender="postmaster@partner.example"))
    assert sorted(outcome.added) == [("X-Tagged", "one"), ("X-Tagged", "two")]


def test_a_tag_from_outside_is_removed_though_no_rule_fires(rspamd: Running) -> None:
    forged = (*Mail().headers, ("x-tagged", "three"), ("X-Tagged", "four"))
    outcome = rspamd.show(Mail(headers=forged))
    assert outcome == Outcome(accepted=True, removed=frozenset({"X-Tagged"}))


@pytest.mark.parametrize("inside", [Mail(client="192.0.2.9"), Mail(login="joe"), Mail(client="198.51.100.200")])
def test_a_tag_of_a_machine_of_ours_stays(rspamd: Running, inside: Mail) -> None:
    tagged = (*inside.headers, ("X-Tagged", "one"))
    mail = Mail(client=inside.client, login=inside.login, headers=tagged)
    assert rspamd.show(mail) == Outcome(accepted=True)


def test_points_of_rules_count_with_those_of_the_filter(rspamd: Running) -> None:
    assert ("X-Spam", "Yes") not in rspamd.show(Mail(sender="postmaster@partner.example", score=3.9)).added
    assert ("X-Spam", "Yes") in rspamd.show(Mail(sender="postmaster@partner.example", score=4)).added
    assert is_refused_by("spam", rspamd.show(Mail(sender="postmaster@partner.example", score=11)))


def test_a_refused_message_has_no_tags(rspamd: Running) -> None:
    assert rspamd.show(Mail(sender="postmaster@partner.example", score=11)).added == ()


def test_a_rule_that_only_reports_is_logged_and_decides_nothing(rspamd: Running) -> None:
    mail = Mail(score=5)
    assert rspamd.show(mail).accepted
    assert "nullsender: would reject [dry]" in rspamd.log_of(mail)


def test_points_of_a_rule_that_only_reports_are_not_added(rspamd: Running) -> None:
    mail = Mail(sender="postmaster@partner.example", score=0)
    assert "nullsender: would score [points-dry]" in rspamd.log_of(mail)
    assert ("X-Spam", "Yes") not in rspamd.show(mail).added


def test_what_a_decision_ends_is_not_reported(rspamd: Running) -> None:
    log = rspamd.log_of(Mail(sender="", recipients=("noreply@example.org",), score=20))
    assert "nullsender: reject [silent]" in log
    assert "[dry]" not in log


def test_machines_in_front_get_a_quarantine_for_a_refusal_that_comes_late(rspamd: Running) -> None:
    outcome = rspamd.show(Mail(recipients=("chief@example.org",), client="198.51.100.200"))
    assert (outcome.accepted, outcome.added) == (True, (("X-Spam", "Yes"),))


def test_who_logs_in_through_a_machine_in_front_is_refused_as_others_are(rspamd: Running) -> None:
    assert is_refused_by("outgoing", rspamd.show(Mail(score=20, login="joe", client="198.51.100.200")))


def test_machines_in_front_are_still_deferred(rspamd: Running) -> None:
    mail = Mail(helo="friend", client="198.51.100.200")
    assert is_refused_by("defer-liars", rspamd.show(mail), "451 4.7.1")


@pytest.fixture(scope="module")
def holding(lab: Lab) -> Iterator[Running]:
    lab.fresh()
    rules = (
        rule("early", p.Quarantine(), c.SenderNull(), stage=p.Stage.DATA),
        rule("drop", p.Discard(), c.AllOf((c.SenderNull(), c.Scoring(30)))),
        rule("spam", p.Reject(), c.Scoring(15)),
    )
    with running(part(*rules, quarantine=p.QuarantineInto(p.Into.HOLD))) as it:
        yield it


def test_a_quarantine_may_hold(holding: Running) -> None:
    assert holding.show(Mail(sender="")) == Outcome(accepted=True, held=True)


def test_what_was_quarantined_may_still_be_refused_later(holding: Running) -> None:
    assert is_refused_by("spam", holding.show(Mail(sender="", score=20)))


def test_what_was_quarantined_is_never_dropped(holding: Running) -> None:
    assert holding.show(Mail(sender="", score=40)) == Outcome(accepted=True, held=True)


def test_a_quarantine_may_be_an_address(lab: Lab) -> None:
    lab.fresh()
    into = p.QuarantineInto(p.Into.ADDRESS, "jail@example.org")
    with running(part(rule("junk", p.Quarantine(), c.Scoring(8)), quarantine=into)) as rspamd:
        outcome = rspamd.show(Mail(recipients=("alice+x@example.org", "bob@example.org"), score=9))
    assert outcome == Outcome(
        accepted=True,
        recipients_added=("<jail@example.org>",),
        recipients_removed=("<alice+x@example.org>", "<bob@example.org>"),
    )


def test_a_site_without_upstream_clients_has_none(lab: Lab) -> None:
    lab.fresh()
    with running(part(rule("x", p.Reject(), c.SenderNull(), unless=(c.Upstream(),)), upstream=None)) as rspamd:
        assert is_refused_by("x", rspamd.show(Mail(sender="", client=FRONT.members[0].removesuffix("/32"))))
