"""What a policy means, sentence by sentence."""

from __future__ import annotations

from typing import Any

import pytest

from nullsender.session import Message, Stage
from nullsender.verdict import Effect
from tests.evaluation.policies import decide, words

OFFICE, STRANGER = "192.0.2.7", "198.51.100.7"
JOE, ALICE, BOB = "joe@partner.example", "alice@example.org", "bob@example.org"
NOREPLY, GHOST, ELSEWHERE = "noreply@example.org", "ghost@example.org", "someone@elsewhere.example"
SEVERAL, SILENT = "reject bounces to several recipients\n", "reject bounces to silent\n"
BL = frozenset({("bl.example", "127.0.0.2")})


# --- relaying, existence ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("recipient", "facts", "becomes"),
    [
        (ELSEWHERE, {}, "reject 554 at rcpt by relaying"),
        (ELSEWHERE, {"sender": JOE}, "reject 554 at rcpt by relaying"),
        ("postmaster@elsewhere.example", {}, "reject 554 at rcpt by relaying"),
        (ELSEWHERE, {"client": OFFICE}, "accept"),
        (ELSEWHERE, {"login": "joe"}, "accept"),
        ("postmaster", {}, "accept"),
        ("postmaster@example.net", {}, "accept"),
        ("Alice+lists@Example.ORG", {}, "accept"),
        ("prvs=1234abcdef=alice@example.org", {}, "accept"),
        ("anybody@catchall.example", {}, "accept"),
        (GHOST, {}, "reject 550 at rcpt by reject-nonexistent-recipients"),
        (GHOST, {"client": OFFICE}, "reject 550 at rcpt by reject-nonexistent-recipients"),
        ("ghost+alice@example.org", {}, "reject 550 at rcpt by reject-nonexistent-recipients"),
        (GHOST, {"unanswered": frozenset({GHOST})}, "defer 451 at rcpt by reject-nonexistent-recipients"),
        (ALICE, {"unanswered": frozenset({ALICE})}, "accept"),  # one yes is yes
    ],
)
def test_relaying_comes_first_and_existence_second(recipient: str, facts: dict[str, Any], becomes: str) -> None:
    assert words(decide("", recipient, **facts)) == (becomes,)


def test_a_narrower_rule_on_existence_comes_before_the_general_one() -> None:
    rules = "defer nonexistent recipients when client in 198.51.100.0/24 as trial until 2027-01-01\n"
    assert words(decide(rules, GHOST, client=STRANGER)) == ("defer 450 at rcpt by trial",)
    assert words(decide(rules, GHOST)) == ("reject 550 at rcpt by reject-nonexistent-recipients",)


def test_a_trusted_network_that_cannot_be_read_defers_relaying() -> None:
    rules = 'trust clients in more\nnetworks more = live file "/etc/mail/networks"\n'
    assert words(decide(rules, ELSEWHERE, lookups=False)) == ("defer 451 at rcpt by relaying",)
    assert words(decide(rules, ELSEWHERE)) == ("reject 554 at rcpt by relaying",)


# --- stages -----------------------------------------------------------------------------------------------------------
def test_who_gets_bounces_is_decided_at_data() -> None:
    assert words(decide(SILENT, NOREPLY)) == ("reject 550 at data by reject-bounces-to-silent",)
    assert words(decide(SILENT, NOREPLY, sender=JOE)) == ("accept",)


def test_a_condition_on_recipients_of_a_message_is_true_when_it_is_of_every_one() -> None:
    assert words(decide(SILENT, NOREPLY, ALICE)) == ("accept", "accept")
    both = decide(SILENT, NOREPLY, "newsletter@example.org")
    assert words(both) == ("reject 550 at data by reject-bounces-to-silent",) * 2
    not_silent = "reject bounces when not recipient in silent at data as others\n"
    assert words(decide(not_silent, NOREPLY, ALICE)) == ("reject 550 at data by others",) * 2


def test_refused_recipients_are_none_of_the_message() -> None:
    assert words(decide(SEVERAL, ALICE, GHOST)) == ("accept", "reject 550 at rcpt by reject-nonexistent-recipients")
    assert decide(SEVERAL, GHOST).message is None


def test_one_recipient_more_is_several() -> None:
    assert words(decide(SEVERAL, ALICE)) == ("accept",)
    assert words(decide(SEVERAL, ALICE, BOB)) == ("reject 550 at data by reject-bounces-to-several-recipients",) * 2
    more = "reject ordinary mail when recipients > 2 as many\n"
    assert words(decide(more, ALICE, BOB, sender=JOE)) == ("accept",) * 2
    assert words(decide(more, ALICE, BOB, NOREPLY, sender=JOE)) == ("reject 550 at data by many",) * 3


def test_points_and_tags_come_before_what_decides() -> None:
    rules = 'reject mail scoring 5 or more\nscore 3 bounces to alice@example.org\ntag "X-A: b" bounces\n'
    scored = decide(rules, score=2.0)
    assert words(scored) == ("reject 550 at content by reject-mail-scoring-5-or-more",)
    assert (scored.tags, scored.score) == ((), 0.0)
    passed = decide(rules, score=1.5)
    assert (words(passed), passed.tags, passed.score) == (("accept",), (("X-A", "b"),), 4.5)


def test_the_first_rule_that_decides_ends_its_stage() -> None:
    first, second = "reject bounces as one\n", "defer bounces as two until 2027-01-01\n"
    assert words(decide(first + second)) == ("reject 550 at rcpt by one",)
    assert words(decide(second + first)) == ("defer 451 at rcpt by two",)
    assert [tried.rule for tried in decide(first + second).trace][-1] == "one"


def test_a_stage_comes_before_the_next_whatever_is_written_first() -> None:
    assert words(decide("reject bounces at content as late\nreject bounces as early\n")) == (
        "reject 550 at rcpt by early",
    )


# --- exceptions -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "recipient", ["postmaster@example.org", "abuse@example.org", "postmaster", "abuse+x@example.org"]
)
def test_kept_recipients_are_exceptions_and_trusted_clients_too(recipient: str) -> None:
    assert words(decide("reject bounces\n", recipient)) == ("accept",)
    assert words(decide("reject bounces\n", ALICE, client=OFFICE)) == ("accept",)


def test_a_role_address_beside_another_is_no_exception() -> None:
    assert (
        words(decide("reject bounces at data as all\n", "postmaster@example.org", ALICE))
        == ("reject 550 at data by all",) * 2
    )
    assert words(decide(SEVERAL, "postmaster@example.org", "abuse@example.org"))[0].startswith("reject")


def test_accept_is_an_exception_of_the_rules_below_it_only() -> None:
    accept, reject = "accept bounces when client in 198.51.100.0/24\n", "reject bounces as all\n"
    assert words(decide(accept + reject, client=STRANGER)) == ("accept",)
    assert words(decide(reject + accept, client=STRANGER)) == ("reject 550 at rcpt by all",)
    assert words(decide(accept + reject)) == ("reject 550 at rcpt by all",)


def test_rules_on_outgoing_mail_mean_the_trusted_alone() -> None:
    rule = "reject outgoing mail when recipient in silent as out\n"
    assert words(decide(rule, NOREPLY, sender=JOE, client=OFFICE)) == ("reject 550 at rcpt by out",)
    assert words(decide(rule, NOREPLY, sender=JOE)) == ("accept",)


def test_a_machine_in_front_quarantines_what_it_would_have_to_bounce() -> None:
    rules = (
        "upstream clients in 198.51.100.0/24\nreject bounces to silent as silent\nreject mail when client has no name\n"
    )
    assert words(decide(rules, NOREPLY, client=STRANGER)) == ("quarantine at data by silent",)
    assert words(decide(rules, NOREPLY)) == ("reject 550 at data by silent",)
    assert words(decide(rules, ALICE, client=STRANGER, named=False)) == ("accept",)
    assert words(decide(rules, ELSEWHERE, client=STRANGER)) == ("reject 554 at rcpt by relaying",)


# --- failed lookups ---------------------------------------------------------------------------------------------------
def test_a_failed_lookup_is_neither_true_nor_false() -> None:
    silent = frozenset({"bl.example"})
    for rule in (
        "reject bounces when client listed in bl.example\n",
        "reject bounces except client listed in bl.example\n",
    ):
        unknown = decide(rule, silent=silent)
        assert words(unknown) == ("accept",)
        assert Effect.UNKNOWN in {tried.effect for tried in unknown.trace}
    either = "reject bounces when client listed in bl.example or helo in liar.example as either\n"
    assert words(decide(either, silent=silent, helo="LIAR.example")) == ("reject 550 at rcpt by either",)


def test_an_error_of_spf_is_asked_for_by_itself() -> None:
    assert words(decide("reject ordinary mail failing spf\n", sender=JOE, spf="error")) == ("accept",)
    assert words(decide("reject ordinary mail when not spf is pass\n", sender=JOE, spf="error")) == ("accept",)
    asked = decide("defer ordinary mail when spf is error until 2027-01-01 as error\n", sender=JOE, spf="error")
    assert words(asked) == ("defer 451 at content by error",)


@pytest.mark.parametrize(
    ("result", "fires"),
    [("none", ""), ("pass", ""), ("fail", "f"), ("quarantine", "fq"), ("reject", "fr"), ("error", "")],
)
def test_dmarc_fails_whatever_the_domain_asks(result: str, fires: str) -> None:
    asked = {"f": "fail", "q": "quarantine", "r": "reject"}
    for letter, word in asked.items():
        verdict = decide(f"reject ordinary mail when dmarc is {word} as it\n", sender=JOE, dmarc=result)
        assert (words(verdict) != ("accept",)) is (letter in fires)


def test_a_file_that_is_missing_leaves_membership_open() -> None:
    rules = 'addresses bad = joe@partner.example, live file "/etc/mail/bad"\nreject ordinary mail from bad as bad\n'
    assert words(decide(rules, sender=JOE, lookups=False)) == ("reject 550 at rcpt by bad",)
    assert words(decide(rules, sender="ann@partner.example", lookups=False)) == ("accept",)
    assert words(decide(rules.replace("from bad", "when not sender in bad"), sender="ann@b.example")) != ("accept",)
    assert words(
        decide(rules.replace("from bad", "when not sender in bad"), sender="ann@b.example", lookups=False)
    ) == ("accept",)


# --- reporting, quarantine, discard -----------------------------------------------------------------------------------
def test_report_only_decides_nothing_and_is_reached_only_before_a_decision() -> None:
    seen = decide("reject bounces report only as would\nreject bounces as does\n")
    assert (words(seen), seen.reported) == (("reject 550 at rcpt by does",), ("would",))
    hidden = decide("reject bounces as does\nreject bounces report only as would\n")
    assert hidden.reported == ()
    points = decide("score 9 mail report only as would\nreject mail scoring 5 or more\n")
    assert (words(points), points.reported) == (("accept",), ("would",))


def test_after_quarantine_a_later_stage_may_refuse_but_not_drop() -> None:
    quarantine = "quarantine bounces at data as kept\n"
    assert words(decide(quarantine + "reject mail scoring 5 or more as high\n", score=6.0)) == (
        "reject 550 at content by high",
    )
    discard = 'discard mail scoring 5 or more because "x"\n'
    assert words(decide(quarantine + discard, score=6.0)) == ("quarantine at data by kept",)
    assert words(decide(discard, score=6.0)) == ("discard at content by discard-mail-scoring-5-or-more",)


# --- block lists ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sender", "fires"),
    [
        ("", True),
        ("postmaster", True),
        ("PostMaster@partner.example", True),
        (JOE, False),
        ("postmaster2@a.example", False),
    ],
)
def test_safe_mode_speaks_of_bounces_and_postmaster(sender: str, fires: bool) -> None:
    verdict = decide("use dnsbl bl.example in safe mode\n", sender=sender, listed=BL)
    assert (words(verdict) != ("accept",)) is fires


def test_only_answers_that_count_mean_listed() -> None:
    rule = "use dnsbl bl.example answering 127.0.0.3, 127.0.0.4 in reject mode\n"
    assert words(decide(rule, listed=BL)) == ("accept",)
    assert words(decide(rule, listed=frozenset({("bl.example", "127.0.0.4")}))) != ("accept",)


# --- counting and memory ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("before", "over"), [(0, False), (1, False), (2, True), (9, True), (10**9, True)])
def test_a_limit_defers_what_goes_beyond_it(before: int, over: bool) -> None:
    verdict = decide("limit bounces to 2 per hour per recipient\n", before=before)
    assert (words(verdict) != ("accept",)) is over


def test_what_is_refused_is_not_counted() -> None:
    rules = "limit bounces to 2 per hour per recipient\nreject bounces to silent at content as silent\n"
    assert words(decide(rules, NOREPLY, before=5)) == ("reject 550 at content by silent",)


def test_one_recipient_over_suffices_and_a_report_counts_too() -> None:
    rules = "limit ordinary mail to 2 per hour per recipient report only as lim\n"
    assert decide(rules, ALICE, BOB, sender=JOE, before=2).reported == ("lim",)
    assert decide(rules, ALICE, BOB, sender=JOE, before=1).reported == ()


@pytest.mark.parametrize(
    ("per", "sender", "login", "over"),
    [
        ("login", JOE, "joe", True),
        ("login", JOE, None, False),
        ("sender", JOE, None, True),
        ("sender", "", None, False),
        ("domain", JOE, None, True),
        ("domain", "postmaster", None, False),
        ("domain", "", None, True),
    ],
)
def test_what_has_no_name_counts_for_nobody(per: str, sender: str, login: str | None, over: bool) -> None:
    rule = f"limit outgoing mail to 1 per hour per {per}\n"
    verdict = decide(rule, sender=sender, login=login, client=OFFICE, before=3)
    assert (words(verdict) != ("accept",)) is over


def test_the_greylist_defers_the_first_contact_and_never_a_bounce() -> None:
    rule = "greylist ordinary mail for 5m as grey\n"
    assert words(decide(rule, sender=JOE, first_contact=True)) == ("defer 451 at rcpt by grey",)
    assert words(decide(rule, sender=JOE)) == ("accept",)
    assert words(decide(rule, first_contact=True)) == ("accept",)


def test_mail_is_split_by_the_class_of_the_first_accepted_recipient() -> None:
    rules = "addresses a = alice@example.org\naddresses b = bob@example.org\nsplit mail by a, b\n"
    sent = decide(rules, GHOST, ALICE, BOB, NOREPLY, "alice+x@example.org", sender=JOE)
    assert words(sent)[1:] == ("accept", "defer 452 at rcpt by split-mail", "defer 452 at rcpt by split-mail", "accept")
    assert set(words(decide(rules, ALICE, BOB))) == {"accept"}
    assert set(words(decide(rules, ALICE, BOB, sender=JOE, client=OFFICE))) == {"accept"}


# --- the message ------------------------------------------------------------------------------------------------------
OURS = "reject forged bounces of mx1.example.org, *.hosts.example.org as forged\n"


@pytest.mark.parametrize(
    ("returned", "fires"),
    [
        (None, False),
        ((("Subject", "no line to compare"),), False),
        ((("Message-ID", "<1@mail.stranger.example>"),), True),
        ((("Received", "from a by MX1.Example.org with ESMTP"),), False),
        ((("Received", "by a.mx1.example.org"), ("Message-ID", "<1@b.example>")), False),
        ((("Received", "by xmx1.example.org"),), True),
        ((("Received", "by mx1.example.org.evil.example"),), True),
        ((("Message-ID", "<1@a.b.hosts.example.org>"),), False),
        ((("Message-ID", "<1@hosts.example.org>"),), True),
    ],
)
def test_a_bounce_is_forged_when_nothing_returned_names_a_host_of_ours(
    returned: tuple[tuple[str, str], ...] | None, fires: bool
) -> None:
    assert (words(decide(OURS, message=Message(returned=returned))) != ("accept",)) is fires


def test_receipts_answers_warnings_and_ordinary_mail_are_not_forged() -> None:
    returned = (("Message-ID", "<1@stranger.example>"),)
    answer = (("Auto-Submitted", "auto-replied"),)
    assert words(decide(OURS, message=Message(report="disposition-notification", returned=returned))) == ("accept",)
    assert words(decide(OURS, message=Message(answer, returned=returned))) == ("accept",)
    assert words(decide(OURS, message=Message(report="delivery-status", returned=returned, delayed=True))) == (
        "accept",
    )
    assert words(decide(OURS, sender=JOE, message=Message(returned=returned))) == ("accept",)
    assert words(decide(OURS, message=Message(report="feedback-report", returned=returned))) == ("accept",)


def test_servers_mark_bounces_as_answers_and_send_them_as_their_daemon() -> None:
    returned, answer = (("Message-ID", "<1@stranger.example>"),), (("Auto-Submitted", "auto-replied"),)
    report = Message(answer, report="delivery-status", returned=returned)
    by_daemon = Message((*answer, ("From", "Mail System <Mailer-Daemon@b.example>")), returned=returned)
    refused = ("reject 550 at content by forged",)
    assert words(decide(OURS, message=report)) == words(decide(OURS, message=by_daemon)) == refused
    assert words(decide(OURS, sender="Mailer-Daemon@b.example", message=Message(returned=returned))) == refused


def test_tags_of_batv_are_asked_of_signed_recipients_alone() -> None:
    rules = """sign mail from alice@example.org with batv keys "/etc/keys"
        reject bounces without a valid batv tag as untagged
        """
    signed = "prvs=1234abcdef=alice@example.org"
    assert words(decide(rules, ALICE)) == ("reject 550 at content by untagged",)
    assert words(decide(rules, signed)) == ("accept",)
    assert words(decide(rules, signed, batv="expired")) == ("reject 550 at content by untagged",)
    assert words(decide(rules, BOB)) == ("accept",)
    receipt = Message(report="disposition-notification")
    assert words(decide(rules, ALICE, message=receipt)) == ("accept",)


def test_headers_are_found_in_any_case_and_any_of_several() -> None:
    rule = 'reject mail when header "x-LOOP" matches /^our/i as loop\n'
    fields = (("X-Loop", "other"), ("X-Loop", "OURS"))
    assert words(decide(rule, message=Message(fields))) == ("reject 550 at content by loop",)
    assert words(decide(rule, message=Message(fields[:1]))) == ("accept",)


# --- afterwards -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("whom", "facts", "ndrs"),
    [
        ("", {"sender": JOE}, (JOE,)),
        ("send ndrs to anyone\n", {"sender": ""}, ()),
        ("send ndrs only to trusted senders\n", {"sender": JOE}, ()),
        ("send ndrs only to trusted senders\n", {"sender": JOE, "client": OFFICE}, (JOE,)),
        ("send ndrs only to senders passing spf or dmarc\n", {"sender": JOE, "spf": "pass"}, (JOE,)),
        ("send ndrs only to senders passing spf or dmarc\n", {"sender": JOE, "dmarc": "fail"}, ()),
        ("send ndrs to nobody\n", {"sender": JOE, "client": OFFICE}, ()),
        ("send ndrs to nobody\nsend ndrs to anyone on mx1\n", {"sender": JOE}, (JOE,)),
        ("quarantine ordinary mail at data\n", {"sender": JOE}, ()),
    ],
)
def test_who_gets_a_report_of_mail_that_comes_back(whom: str, facts: dict[str, Any], ndrs: tuple[str, ...]) -> None:
    lost = "lost@catchall.example"
    assert decide(whom, ALICE, lost, absent=frozenset({lost}), **facts).ndrs == ndrs
    assert decide(whom, ALICE, **facts).ndrs == ()


def test_the_reverse_path_is_signed_on_its_way_out_alone() -> None:
    rules = 'sign mail from alice@example.org with batv keys "/etc/keys"\n'
    assert decide(rules, ELSEWHERE, sender=ALICE, client=OFFICE).signed
    assert not decide(rules, BOB, sender=ALICE, client=OFFICE).signed
    assert not decide(rules, BOB, sender=ALICE).signed
    assert not decide(rules, ELSEWHERE, sender=BOB, client=OFFICE).signed


def test_srs_addresses_exist_for_bounces_with_a_right_hash() -> None:
    rules = 'rewrite forwarded mail with srs keys "/etc/keys" as srs.example.org\n'
    wrapped = "SRS0=abcd=ef=partner.example=joe@srs.example.org"
    assert words(decide(rules, wrapped, srs="valid")) == ("accept",)
    assert words(decide(rules, wrapped, srs="invalid"))[0].startswith("reject 550 at rcpt")
    assert words(decide(rules, wrapped, srs="valid", sender=JOE))[0].startswith("reject 550 at rcpt")


def test_the_trace_names_every_rule_that_was_tried_in_order() -> None:
    trace = decide(SEVERAL + SILENT, NOREPLY).trace
    assert [(tried.rule, tried.stage, tried.recipient, tried.effect) for tried in trace] == [
        ("relaying", Stage.RCPT, NOREPLY, Effect.NONE),
        ("reject-nonexistent-recipients", Stage.RCPT, NOREPLY, Effect.NONE),
        ("reject-bounces-to-several-recipients", Stage.DATA, None, Effect.NONE),
        ("reject-bounces-to-silent", Stage.DATA, None, Effect.DECIDES),
    ]
