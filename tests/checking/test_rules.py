"""What rules mean: conditions, exceptions, stages and replies."""

from __future__ import annotations

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries, Kind
from nullsender.policy import Stage
from tests.checking.conftest import Check

USUAL = (c.Trusted(), c.Kept())
SEVERAL = "reject bounces to several recipients\n"


def test_relaying_comes_first_and_existence_second_wherever_written(check: Check) -> None:
    rules = check(SEVERAL + "defer nonexistent recipients as later").good.rules
    assert [rule.id for rule in rules] == ["relaying", "later", "reject-bounces-to-several-recipients"]
    relaying, existence, _ = rules
    assert (relaying.relaying, relaying.action, relaying.reply) == (True, p.Reject(), p.Reply(554, "5.7.1"))
    assert (relaying.when, relaying.unless) == (c.RecipientElsewhere(), (c.Trusted(),))
    assert (existence.existence, existence.when, existence.unless) == (True, c.RecipientUnknown(), ())


@pytest.mark.parametrize(
    "written",
    [
        "",
        "reject nonexistent recipients to example.net",
        "reject nonexistent recipients on mx1",
        "reject nonexistent recipients from 2030-01-01",
    ],
)
def test_existence_is_closed_where_nothing_written_closes_it(check: Check, written: str) -> None:
    last = [rule for rule in check(written).good.rules if rule.existence][-1]
    assert (last.action, last.when, last.on, last.reply) == (
        p.Reject(),
        c.RecipientUnknown(),
        (),
        p.Reply(550, "5.1.1"),
    )


def test_existence_that_is_written_whole_needs_nothing_more(check: Check) -> None:
    existence = [rule for rule in check("reject nonexistent recipients with 550 5.1.1").good.rules if rule.existence]
    assert [rule.id for rule in existence] == ["reject-nonexistent-recipients"]


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("reject bounces", c.SenderNull()),
        ("reject ordinary mail", c.Not(c.SenderNull())),
        ("reject mail scoring 15 or more", c.Scoring(15.0)),
        ("reject outgoing mail scoring 9 or more", c.AllOf((c.Trusted(), c.Scoring(9.0)))),
        (
            "reject outgoing mail failing spf",
            c.AllOf((c.Trusted(), c.SpfIs("fail"), c.Not(c.SenderNull()))),
        ),
        ("reject clients listed in z.example", c.ClientListed(c.Zone("z.example"))),
        (
            "reject clients listed in z.example answering 127.0.0.9, 127.0.0.2 when client has no name",
            c.AllOf((c.ClientNameless(), c.ClientListed(c.Zone("z.example", ("127.0.0.2", "127.0.0.9"))))),
        ),
        (
            "use dnsbl z.example in safe mode",
            c.AllOf((c.AnyOf((c.SenderNull(), c.SenderPostmaster())), c.ClientListed(c.Zone("z.example")))),
        ),
        ("use dnsbl z.example in reject mode", c.ClientListed(c.Zone("z.example"))),
        ("greylist mail for 5m", c.Not(c.SenderNull())),
        ("reject ordinary mail failing dmarc", c.AllOf((c.Not(c.SenderNull()), c.DmarcIs("fail")))),
    ],
)
def test_a_subject_and_its_narrowings_are_a_condition(check: Check, written: str, when: c.Condition) -> None:
    assert check(written).good.rules[-1].when == when


@pytest.mark.parametrize(
    ("written", "action", "stage"),
    [
        ("use dnsbl z.example in safe mode", p.Reject(), Stage.RCPT),
        ("use dnsbl z.example in tag mode as listed", p.Tag("X-Nullsender", "listed"), Stage.DATA),
        ("use dnsbl z.example in scoring 4 mode", p.Score(4.0), Stage.CONTENT),
        ('tag "X-Bounce: yes" bounces', p.Tag("X-Bounce", "yes"), Stage.DATA),
        ("quarantine bounces", p.Quarantine(), Stage.DATA),
        ("score -2 bounces", p.Score(-2.0), Stage.CONTENT),
        ("reject bounces", p.Reject(), Stage.RCPT),
        ("reject bounces at data", p.Reject(), Stage.DATA),
        (SEVERAL, p.Reject(), Stage.DATA),
        (SEVERAL + "reject bounces to silent", p.Reject(), Stage.DATA),
        ("reject ordinary mail to silent", p.Reject(), Stage.RCPT),
        ("reject bounces except recipient in silent", p.Reject(), Stage.RCPT),
        ("reject ordinary mail failing spf", p.Reject(), Stage.CONTENT),
        ("reject ordinary mail failing spf at rcpt", p.Reject(), Stage.RCPT),
        ("reject bounces except spf is pass", p.Reject(), Stage.CONTENT),
        ("reject forged bounces of ours", p.Reject(), Stage.CONTENT),
        ("limit bounces to 20 per 1h per recipient", p.Defer(), Stage.CONTENT),
        ("greylist ordinary mail for 5m", p.Greylist(300), Stage.RCPT),
        ("reject recipients over quota", p.Reject(), Stage.RCPT),
    ],
)
def test_each_rule_has_its_action_and_its_stage(check: Check, written: str, action: p.Action, stage: Stage) -> None:
    rule = check(written).good.rules[-1]
    assert (rule.action, rule.stage) == (action, stage)


@pytest.mark.parametrize(
    ("written", "reply"),
    [
        (SEVERAL, p.Reply(550, "5.5.3")),
        ("reject ordinary mail failing spf", p.Reply(550, "5.7.23")),
        ("reject bounces", p.Reply(550, "5.7.1")),
        ("reject recipients over quota", p.Reply(552, "5.2.2")),
        ("defer recipients over quota", p.Reply(452, "4.2.2")),
        ("limit bounces to 20 per 1h per recipient", p.Reply(451, "4.7.1")),
        ("greylist ordinary mail for 5m", p.Reply(451, "4.7.1")),
        ('reject bounces with "no"', p.Reply(550, "5.7.1", "no")),
        ("reject bounces with 5.7.26", p.Reply(550, "5.7.26", None, code_written=True)),
        ('reject bounces with 552 5.3.4 "no"', p.Reply(552, "5.3.4", "no", code_written=True)),
    ],
)
def test_each_refusal_has_its_reply(check: Check, written: str, reply: p.Reply) -> None:
    assert check(written).good.rules[-1].reply == reply


def test_rules_spare_trusted_clients_and_kept_recipients(check: Check) -> None:
    checked = check(
        SEVERAL
        + """reject bounces except client in office as one
        reject outgoing mail scoring 9 or more as out"""
    )
    office = Entries("office", Kind.NETWORKS, ("192.0.2.0/24",))
    assert checked.rule("reject-bounces-to-several-recipients").unless == (c.Trusted(),)
    assert checked.rule("one").unless == (c.ClientIn(office), *USUAL)
    assert checked.rule("out").unless == ()


def test_accept_is_an_exception_of_rules_below_it_from_its_stage_on(check: Check) -> None:
    checked = check(
        """reject bounces as above
        accept mail when client in office as friends
        reject bounces as below
        accept mail scoring 1 or more as late
        reject bounces as early
        reject mail scoring 9 or more as content"""
    )
    office = c.ClientIn(Entries("office", Kind.NETWORKS, ("192.0.2.0/24",)))
    assert checked.rule("above").unless == USUAL
    assert checked.rule("below").unless == (*USUAL, office)
    assert checked.rule("early").unless == (*USUAL, office)
    assert checked.rule("content").unless == (*USUAL, office, c.Scoring(1.0))


def test_accept_brings_its_own_exceptions_along(check: Check) -> None:
    checked = check("accept bounces except client has no name\nreject mail scoring 9 or more as spam")
    assert checked.rule("spam").unless[-1] == c.AllOf((c.SenderNull(), c.Not(c.ClientNameless())))


def test_accept_of_bounces_for_somebody_holds_at_rcpt_already(check: Check) -> None:
    checked = check("accept bounces to silent\nreject bounces as rest")
    silent = Entries("silent", Kind.ADDRESSES, ("noreply@example.org",))
    assert checked.rule("rest").unless == (*USUAL, c.AllOf((c.SenderNull(), c.RecipientIn(silent))))


@pytest.mark.parametrize("modifier", ["report only", "from 2030-01-01", "until 2020-01-01"])
def test_accept_that_is_not_in_force_is_no_exception(check: Check, modifier: str) -> None:
    assert check(f"accept mail when client in office {modifier}\nreject bounces as b").rule("b").unless == USUAL


def test_accept_on_one_deployment_parts_the_rules_below_it(check: Check) -> None:
    one, other = check("accept mail when client in office on mx1\nreject bounces as b").rules("b")
    assert (one.on, len(one.unless)) == (("mx1",), 3)
    assert (other.on, other.unless) == (("mx2",), USUAL)


UPSTREAM = "upstream clients in 198.51.100.9\n"


@pytest.mark.parametrize(
    "written",
    [
        "reject clients listed in z.example",
        "reject ordinary mail when client in office",
        "reject mail when client has no name",
        "reject ordinary mail failing spf",
        "reject ordinary mail failing dmarc",
        "greylist ordinary mail for 5m",
        "limit bounces to 5 per 1h per client",
    ],
)
def test_rules_that_judge_the_client_skip_machines_in_front(check: Check, written: str) -> None:
    assert c.Upstream() in check(UPSTREAM + written).good.rules[-1].unless
    assert c.Upstream() not in check(written).good.rules[-1].unless


def test_a_machine_in_front_gets_quarantine_where_it_would_have_to_bounce(check: Check) -> None:
    direct, behind = check(UPSTREAM + "reject mail scoring 9 or more as spam").rules("spam")
    assert (direct.action, direct.unless[-1]) == (p.Reject(), c.Upstream())
    assert (behind.action, behind.when) == (p.Quarantine(), c.AllOf((c.Upstream(), c.Scoring(9.0))))
    assert behind.unless == USUAL


@pytest.mark.parametrize(
    "written",
    [
        "reject bounces as r",
        "limit bounces to 5 per 1h per recipient as r",
        "quarantine bounces as r",
        "reject mail scoring 9 or more report only as r",
        "reject outgoing mail scoring 9 or more as r",
    ],
)
def test_other_rules_hold_for_machines_in_front_as_for_anybody(check: Check, written: str) -> None:
    assert check(UPSTREAM + written).rule("r") == check(written).rule("r")


def test_tags_are_looked_for_where_mail_is_signed_and_not_in_receipts(check: Check) -> None:
    checked = check(
        'sign mail from mine with batv keys "/etc/keys"\nreject bounces without a valid batv tag as untagged'
    )
    rule = checked.rule("untagged")
    mine = Entries("mine", Kind.DOMAINS, ("example.net", "example.org"))
    assert rule.when == c.AllOf((c.SenderNull(), c.Not(c.BatvIs("valid")), c.RecipientIn(mine)))
    assert c.ReportIs("disposition-notification") in rule.unless
    (answer,) = (each for each in rule.unless if isinstance(each, c.AllOf))
    assert isinstance(answer.parts[0], c.HeaderMatches)
    assert answer.parts[0].name == "Auto-Submitted"
    assert answer.parts[1] == c.Not(c.ReportIs("delivery-status"))  # a report is none, whatever it is marked as


def test_an_exception_that_stays_is_a_second_question(check: Check) -> None:
    checked = check("addresses staff = *@example.org except bob@example.org\nreject ordinary mail from staff as s")
    wanted = c.SenderIn(Entries("staff", Kind.ADDRESSES, ("*@example.org",)))
    refused = c.SenderIn(Entries("staff-except", Kind.ADDRESSES, ("bob@example.org",)))
    assert checked.rule("s").when == c.AllOf((c.Not(c.SenderNull()), wanted, c.Not(refused)))


def test_domains_and_addresses_may_stand_in_one_question(check: Check) -> None:
    when = check("reject ordinary mail from mine, joe@example.com as s").rule("s").when
    assert when == c.AllOf(
        (
            c.Not(c.SenderNull()),
            c.AnyOf(
                (
                    c.SenderIn(Entries("mine", Kind.DOMAINS, ("example.net", "example.org"))),
                    c.SenderIn(Entries("s-senders", Kind.ADDRESSES, ("joe@example.com",))),
                )
            ),
        )
    )
