"""Each kind of disagreement is seen, and each difference that is allowed is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nullsender.agreement import Signs, disagreements
from nullsender.capability import Loss
from nullsender.evaluator import evaluate
from nullsender.lists import read_lists
from nullsender.observation import Arrived, Ndr, Observed, Said
from nullsender.plan import DeploymentPlan, Gap, Placed
from nullsender.policy import Policy
from nullsender.session import Session, Stage
from nullsender.verdict import Verdict
from tests.checking.policies import check_text

POLICY = """
trust clients in office
reject ordinary mail from bad@partner.example with 551 5.7.8 "not you"                    as bad
reject ordinary mail from worse@partner.example                                           as worse
defer ordinary mail from slow@partner.example until 2030-01-01                            as slow
reject ordinary mail from late@partner.example at data with 554 5.7.9 "too late"          as late
quarantine mail scoring 8 or more                                                         as odd
discard ordinary mail from loop@partner.example because "a loop"                          as loop
reject ordinary mail from watched@partner.example                          report only    as watched
tag "X-Bounce: yes" bounces                                                               as bounce
reject bounces to several recipients                                                      as crowd
send ndrs to anyone
return headers only
"""
ALICE, BOB, JOE, JAIL = "alice@example.org", "bob@example.net", "joe@partner.example", "jail@example.org"
OK, GO = Said(250, "2.1.5", "ok"), Said(354, None, "go ahead")
BAD = Said(551, "5.7.8", "not you [bad]")
LATE = Said(554, "5.7.9", "too late [late]")


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    return check_text(tmp_path_factory.mktemp("agreement"), POLICY).good


def plan(*losses: Loss, of: str = "", gap: str = "") -> DeploymentPlan:
    placed = (Placed(of, "some", Stage.RCPT, frozenset(losses), ()),) if losses else ()
    return DeploymentPlan("mx1", (), placed, (Gap(gap, "mx2"),) if gap else ())


def meant(policy: Policy, session: Session) -> Verdict:
    policy, (session,) = read_lists(policy, [session])
    return evaluate(policy, session, "mx1")


def session(local: str = "joe", *recipients: str, score: float = 0.0, absent: str = "") -> Session:
    sender = f"{local}@partner.example" if local else ""
    return Session(recipients or (ALICE,), sender, score=score, absent=frozenset({absent} if absent else ()))


def delivered(sender: str = JOE, *recipients: str, fields: tuple[tuple[str, str], ...] = ()) -> Observed:
    to = recipients or (ALICE,)
    return Observed(tuple((one, OK) for one in to), GO, OK, (Arrived(True, sender, to, fields),))


def refused(said: Said, log: str = "") -> Observed:
    return Observed(((ALICE, said),), log=log)


def refused_at_data(said: Said, log: str = "") -> Observed:
    return Observed(((ALICE, OK),), said, None, log=log)


def refused_at_end(said: Said, log: str = "") -> Observed:
    return Observed(((ALICE, OK),), GO, said, log=log)


def stored(sender: str = JOE, *, held: bool | None = None, log: str = "") -> Observed:
    return replace(delivered(sender), arrived=(), held=held, log=log)


JUNK = (("X-Spam", "Yes"),)
TAGGED = (("X-Bounce", "yes"),)
SEVERAL = Said(550, "5.5.3", "one recipient [crowd]")
AGREE = [
    pytest.param(session(), delivered(), id="mail that arrives"),
    pytest.param(session("joe", ALICE, ALICE), delivered(JOE, ALICE, "ALICE@example.org"), id="a recipient twice"),
    pytest.param(session("joe", "postmaster"), delivered(JOE, "postmaster@mx1.example.org"), id="a bare postmaster"),
    pytest.param(Session((ALICE,), "postmaster"), delivered("postmaster@mx1.example.org"), id="from a bare postmaster"),
    pytest.param(session("bad"), refused(BAD, "551 [bad]"), id="a refusal with its code"),
    pytest.param(
        session("worse"), refused(Said(550, "5.9.9", "no [worse]"), "[worse]"), id="another code of the class"
    ),
    pytest.param(session("late"), refused_at_data(LATE, "[late]"), id="a refusal at DATA"),
    pytest.param(session("late"), refused_at_end(LATE, "[late]"), id="a refusal at the end of the data"),
    pytest.param(session(score=9), replace(delivered(fields=JUNK), log="[odd]"), id="junk with its mark"),
    pytest.param(session("loop"), stored("loop@partner.example", log="[loop]"), id="what is dropped"),
    pytest.param(session(""), delivered("", fields=TAGGED), id="a tag"),
    pytest.param(
        session("watched"), replace(delivered("watched@partner.example"), log="[watched]"), id="a report in the log"
    ),
    pytest.param(
        session(absent=ALICE),
        replace(stored(), turned_away=(ALICE,), ndrs=(Ndr(JOE), Ndr("postmaster@example.org", left=False))),
        id="an NDR that leaves, and a copy that does not",
    ),
    pytest.param(
        session(absent=ALICE),
        replace(stored(), turned_away=(ALICE,), ndrs=(Ndr(JOE, returned=("text/rfc822-headers",)),)),
        id="an NDR that returns as much as it should",
    ),
]
DISAGREE = [
    pytest.param(session(), refused(BAD), "verdict of <alice@example.org>", id="a refusal of what is accepted"),
    pytest.param(session(), refused_at_end(BAD), "verdict of the message", id="a refusal of an accepted message"),
    pytest.param(session(), Observed(()), "reply of <alice@example.org>", id="a recipient who was not asked about"),
    pytest.param(session(), Observed(((ALICE, OK),)), "reply of the message", id="no reply to the message"),
    pytest.param(session("bad"), delivered("bad@partner.example"), "verdict of <alice", id="what is refused goes in"),
    pytest.param(session("bad"), refused_at_data(BAD, "[bad]"), "moment of <alice", id="a refusal too late"),
    pytest.param(session("late"), refused(LATE, "[late]"), "verdict of <alice", id="a refusal too early"),
    pytest.param(session("bad"), refused(Said(451, "4.7.1", "not you [bad]"), "[bad]"), "verdict", id="another class"),
    pytest.param(session("slow"), refused(Said(550, "5.7.1", "x [slow]"), "[slow]"), "verdict", id="for good"),
    pytest.param(session("bad"), refused(Said(550, "5.7.8", "not you [bad]"), "[bad]"), "code", id="another code"),
    pytest.param(session("bad"), refused(Said(551, "5.7.1", "not you [bad]"), "[bad]"), "code", id="another status"),
    pytest.param(session("bad"), refused(Said(551, "5.7.8", "no [bad]"), "[bad]"), "text", id="other words"),
    pytest.param(session("bad"), refused(Said(551, "5.7.8", "not you"), "[bad]"), "rule in the reply", id="no id"),
    pytest.param(session("bad"), refused(BAD, "[worse]"), "rule in the log", id="another id in the log"),
    pytest.param(session("late"), delivered("late@partner.example"), "verdict", id="a message that is refused goes in"),
    pytest.param(session(score=9), delivered(), "tag", id="junk without its mark"),
    pytest.param(session(), delivered(fields=JUNK), "tag", id="the mark of junk on good mail"),
    pytest.param(session("loop"), delivered("loop@partner.example"), "arrival", id="what is dropped arrives"),
    pytest.param(session(), stored(), "arrival", id="what is accepted never arrives"),
    pytest.param(session(), stored(held=True), "verdict", id="what is accepted is held"),
    pytest.param(session(), delivered(JOE, ALICE, BOB), "arrival", id="a copy for somebody else"),
    pytest.param(session(), delivered("x@partner.example"), "sender", id="another reverse-path"),
    pytest.param(session(""), delivered(""), "tag", id="no tag"),
    pytest.param(session(), delivered(fields=TAGGED), "tag", id="a tag from outside"),
    pytest.param(session(""), delivered("", fields=TAGGED * 2), "tag", id="a tag twice"),
    pytest.param(session("watched"), delivered("watched@partner.example"), "report", id="no report in the log"),
    pytest.param(session(), replace(delivered(), log="[watched]"), "report", id="a report that should not be"),
    pytest.param(session(), replace(delivered(), ndrs=(Ndr(JOE),)), "report", id="an NDR that should not be"),
    pytest.param(session(absent=ALICE), replace(stored(), turned_away=(ALICE,)), "report", id="no NDR"),
    pytest.param(session(absent=ALICE),
                 replace(stored(), turned_away=(ALICE,), ndrs=(Ndr(JOE, returned=("message/rfc822",)),)),
                 "report", id="an NDR that returns too much"),
    pytest.param(session("bad"), replace(refused(BAD, "[bad]"), arrived=(Arrived(True, JOE, (ALICE,)),)), "arrival",
                 id="what is refused arrives"),
]  # fmt: skip
LATER = (Loss.LATER,)
OPEN = (Loss.LATER, Loss.NARROWER)
ALLOWED = [
    pytest.param(session("bad"), refused(Said(554, "5.7.1", "not you [bad]"), "[bad]"), plan(Loss.CODE, of="bad"),
                 id="another code of the class"),
    pytest.param(session("bad"), refused(Said(551, "5.7.8", "not you")), plan(Loss.LOG, of="bad"), id="no id"),
    pytest.param(session("bad"), refused_at_end(BAD, "[bad]"), plan(*LATER, of="bad"), id="the message, not the one"),
    pytest.param(session("bad"), delivered("bad@partner.example"), plan(*OPEN, of="bad"), id="fewer sessions"),
    pytest.param(session("bad"), delivered("bad@partner.example"), plan(gap="bad"), id="decided in front"),
    pytest.param(session(), delivered(fields=TAGGED), plan(gap="bounce"), id="a field that is added in front"),
    pytest.param(session("late"), delivered("late@partner.example"), plan(Loss.NARROWER, of="late"), id="fewer"),
    pytest.param(session("", ALICE, BOB), replace(delivered("", ALICE, BOB), arrived=()),
                 plan(Loss.NARROWER, of="crowd"), id="fewer messages"),
    pytest.param(session("watched"), delivered("watched@partner.example"), plan(Loss.NARROWER, of="watched"),
                 id="fewer reports"),
]  # fmt: skip
NOT_ALLOWED = [
    pytest.param(session("bad"), refused(Said(451, "4.7.1", "[bad]"), "[bad]"), plan(Loss.CODE, of="bad"), id="class"),
    pytest.param(session("bad"), delivered("bad@partner.example"), plan(*LATER, of="bad"), id="later is not never"),
    pytest.param(session("bad"), delivered("bad@partner.example"), plan(*OPEN, of="worse"), id="of another"),
    pytest.param(session("bad"), refused_at_end(Said(554, "5.7.1", "[worse]"), "[worse]"), plan(*LATER, of="bad"),
                 id="another rule, later"),
    pytest.param(session(), stored(), plan(*OPEN, of="bad"), id="a loss of a rule that says nothing"),
    pytest.param(session("", ALICE), replace(delivered("", fields=TAGGED), ndrs=(Ndr(""),)), plan(*OPEN, of="bounce"),
                 id="an NDR to the null sender"),
]  # fmt: skip


@pytest.mark.parametrize(("of", "seen"), AGREE)
def test_what_goes_as_it_is_meant_is_no_disagreement(policy: Policy, of: Session, seen: Observed) -> None:
    assert disagreements(meant(policy, of), seen, policy, plan()) == ()


@pytest.mark.parametrize(("of", "seen", "what"), DISAGREE)
def test_what_goes_otherwise_is_told(policy: Policy, of: Session, seen: Observed, what: str) -> None:
    found = disagreements(meant(policy, of), seen, policy, plan())
    assert [str(one) for one in found if str(one).startswith(what)], [str(one) for one in found]


@pytest.mark.parametrize(("of", "seen", "at"), ALLOWED)
def test_a_loss_that_the_plan_lists_is_no_disagreement(
    policy: Policy, of: Session, seen: Observed, at: DeploymentPlan
) -> None:
    assert disagreements(meant(policy, of), seen, policy, at) == ()
    assert disagreements(meant(policy, of), seen, policy, plan()) != ()


@pytest.mark.parametrize(("of", "seen", "at"), NOT_ALLOWED)
def test_a_loss_allows_nothing_else(policy: Policy, of: Session, seen: Observed, at: DeploymentPlan) -> None:
    assert disagreements(meant(policy, of), seen, policy, at) != ()


def test_a_loss_of_scope_refuses_others_too(policy: Policy) -> None:
    decided = meant(policy, session("bad", ALICE, "postmaster@example.org"))
    seen = Observed(((ALICE, BAD), ("postmaster@example.org", BAD)), log="[bad]")
    assert disagreements(decided, seen, policy, plan(Loss.SCOPE, of="bad")) == ()
    assert disagreements(decided, seen, policy, plan()) != ()


def test_a_fixed_text_stands_for_the_id(policy: Policy) -> None:
    seen = refused(Said(550, "5.7.1", "go away"), "go away")
    verdict = meant(policy, session("worse"))
    assert disagreements(verdict, seen, policy, plan()) != ()
    assert disagreements(verdict, seen, policy, plan(), Signs({"worse": "go away"})) == ()


def test_a_code_that_nobody_wrote_may_be_held_to_those_that_are_said(policy: Policy) -> None:
    seen = refused(Said(554, "5.7.0", "no [worse]"), "[worse]")
    verdict = meant(policy, session("worse"))
    assert disagreements(verdict, seen, policy, plan(), Signs(replies=frozenset({(554, "5.7.0")}))) == ()
    assert [one.what for one in disagreements(verdict, seen, policy, plan(), Signs(replies=frozenset()))] == ["code"]


def test_a_failed_lookup_is_nobodys_decision(tmp_path: Path) -> None:
    top = 'policy "x"\nrecipients of example.org from live file "/gone"\ndeploy mx1 to postfix 3.7\n'
    policy = check_text(tmp_path, "reject nonexistent recipients with 550 5.1.1", top=top).good
    failing, (asked,) = read_lists(policy, [Session((ALICE,), JOE, unanswered=frozenset({ALICE}))], live=False)
    verdict = evaluate(failing, asked, "mx1")
    assert disagreements(verdict, refused(Said(451, "4.3.0", "try again")), policy, plan()) == ()
    assert disagreements(verdict, refused(Said(550, "5.1.1", "no")), policy, plan()) != ()


@pytest.mark.parametrize(
    ("into", "seen", "agree"),
    [
        ("hold", stored(held=True, log="[odd]"), True),
        ("hold", stored(log="[odd]"), True),
        ("hold", stored(held=False, log="[odd]"), False),
        ("hold", replace(delivered(), log="[odd]"), False),
        (JAIL, replace(stored(log="[odd]"), arrived=(Arrived(True, "", (JAIL,)),)), True),
        (JAIL, replace(delivered(JOE, ALICE, JAIL), log="[odd]"), False),
    ],
)  # fmt: skip
def test_quarantine_goes_where_the_policy_says(tmp_path: Path, into: str, seen: Observed, agree: bool) -> None:
    policy = check_text(tmp_path, f"quarantine into {into}\nquarantine mail scoring 8 or more as odd").good
    assert (disagreements(meant(policy, session(score=8)), seen, policy, plan()) == ()) is agree


def test_a_filter_reports_nothing_of_what_was_refused_before_it_came(tmp_path: Path) -> None:
    statements = """tag ordinary mail report only as marked
        reject ordinary mail to several recipients as throng
        """
    policy = check_text(tmp_path, POLICY.replace('tag "X-Bounce: yes" bounces ', statements + "tag bounces ")).good
    several = session("ann", ALICE, BOB)
    verdict = meant(policy, several)
    assert verdict.reported == ("marked",)
    seen = refused_at_data(Said(550, "5.5.3", "one at a time [throng]"), "[throng]")
    seen = replace(seen, recipients=((ALICE, OK), (BOB, OK)))
    for component, found in (("filter", ()), ("server", ("report",))):
        placed = (
            Placed("throng", "server", Stage.DATA, frozenset(), ()),
            Placed("marked", component, Stage.CONTENT, frozenset(), ()),
        )
        there = disagreements(verdict, seen, policy, DeploymentPlan("mx1", (), placed, ()))
        assert tuple(one.what for one in there) == found
