"""What the tables could not foresee is said, and settings become parameters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.diagnostic import Severity
from nullsender.names import Entries, Kind, LiveFile
from nullsender.plan import Part
from nullsender_targets.postfix import ir, quote, target
from nullsender_targets.postfix.lower import lower
from tests.targets.postfix import plans


def parameters(part: Part) -> dict[str, str]:
    return {one.name: quote.value(one.value) for one in lower(part)[0].parameters}


def codes(part: Part) -> list[tuple[str, Severity]]:
    return [(diagnostic.code, diagnostic.severity) for diagnostic in lower(part)[1]]


def live(path: str) -> LiveFile:
    return LiveFile(path, Kind.ADDRESSES, plans.HERE)


# --- settings ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        (p.Return(p.Returned.HEADERS), "bounce_size_limit", "1"),
        (p.Return(p.Returned.EVERYTHING), "bounce_size_limit", "2147483647"),
        (p.Return(p.Returned.EVERYTHING, 51200), "bounce_size_limit", "51200"),
        (p.Return(p.Returned.EVERYTHING, 0), "bounce_size_limit", "1"),
        (p.Return(p.Returned.NOTHING), "bounce_size_limit", "1"),
        (p.Return(p.Returned.NOTHING), "bounce_template_file", "$config_directory/nullsender/report-templates"),
        (p.GiveUp(bounces=True, seconds=86400), "bounce_queue_lifetime", "86400s"),
        (p.GiveUp(bounces=False, seconds=86400), "maximal_queue_lifetime", "86400s"),
        (p.GiveUp(bounces=False, seconds=86400), "bounce_queue_lifetime", "86400s"),
        (p.WarnDelay(14400), "delay_warning_time", "14400s"),
        (p.CopyDoubleBounces("a$b@example.org"), "2bounce_notice_recipient", "a$$b@example.org"),
        (p.CopyDoubleBounces("{a@example.org"), "2bounce_notice_recipient", '"{a"@example.org'),
        (p.SendNdrs(p.NdrTo.NOBODY, copy=True), "notify_classes", "bounce, resource, software"),
    ],
)
def test_a_statement_becomes_a_parameter(setting: p.Setting, name: str, value: str) -> None:
    assert parameters(plans.part(settings=(setting,)))[name] == value


def test_an_owners_words_stand_before_those_for_reports_that_return_nothing() -> None:
    nothing = p.Return(p.Returned.NOTHING)
    file = p.CompiledFile(Path("words.txt"), "words.txt", Kind.ADDRESSES, plans.HERE)
    words = p.WordNdrs(file, p.Letter("Gone", ("It is gone.",)), None)
    for settings, how in (((nothing,), ir.How.UNLESS), ((nothing, words), ir.How.SET)):
        given = lower(plans.part(settings=settings))[0].parameters
        assert [one.how for one in given if one.name == "bounce_template_file"] == [how]


def test_only_what_might_be_the_matter_of_a_report_takes_a_detour_into_quarantine() -> None:
    odd = plans.rule("odd", c.ClientIn(plans.OFFICE), p.Quarantine(), stage=p.Stage.DATA)
    for silences, count in ((True, 3), (False, 0)):
        at = replace(plans.site(), silences=silences)
        assert len(lower(plans.part(odd, standalone=False, at=at))[0].services) == count
        filtered = lower(plans.part(standalone=False, at=at, milter="127.0.0.1:11332"))[0]
        assert len(filtered.services) == count
        assert ("milter_header_checks" in {one.name for one in filtered.parameters}) is silences


def test_mail_that_is_kept_longer_leaves_the_time_of_bounces_alone() -> None:
    given = parameters(plans.part(settings=(p.GiveUp(bounces=False, seconds=7 * 86400),)))
    assert (given["maximal_queue_lifetime"], given.get("bounce_queue_lifetime")) == ("604800s", None)


def test_reports_to_anyone_change_nothing() -> None:
    plain = lower(plans.part(standalone=False))[0]
    anyone = lower(plans.part(standalone=False, settings=(p.SendNdrs(p.NdrTo.ANYONE, copy=True),)))[0]
    assert (anyone.parameters, anyone.services, anyone.entrance) == (plain.parameters, (), ())
    assert anyone.placed == ("setting-1",)


def test_a_filter_is_attached_only_where_it_has_to_see_the_mail() -> None:
    part = plans.part(milter="127.0.0.1:11332")
    assert "inet:127.0.0.1:11332" in parameters(part)["smtpd_milters"]
    assert "default_action=tempfail" in parameters(part)["smtpd_milters"]
    assert "smtpd_milters" not in parameters(plans.part())


@pytest.mark.parametrize(
    ("address", "option"), [("192.0.2.25", "smtp_bind_address"), ("2001:db8::25", "smtp_bind_address6")]
)
def test_reports_leave_from_an_address_of_either_kind(address: str, option: str) -> None:
    configuration, _ = lower(plans.part(settings=(p.SendThrough(address, None),)))
    service = next(one for one in configuration.services if one.name == "nullsender-ndr")
    assert dict(service.options)[option] == ir.Expression(address)
    assert "smtp_helo_name" not in dict(service.options)


# --- what the tables could not foresee --------------------------------------------------------------------------------
def test_a_path_that_main_cf_cannot_name_is_an_error() -> None:
    served = p.Served(plans.MINE, (live("/srv/mail lists/people"),), plans.HERE)
    assert ("NS532", Severity.ERROR) in codes(plans.part(plans.EXISTENCE, at=plans.site(served)))


def test_several_live_files_of_a_domain_are_a_warning() -> None:
    served = p.Served(plans.MINE, (live("/etc/mail/a"), live("/etc/mail/b")), plans.HERE)
    assert codes(plans.part(plans.EXISTENCE, at=plans.site(served))) == [("NS533", Severity.WARNING)]


def test_what_the_server_knows_itself_has_its_own_code() -> None:
    served = p.Served(plans.MINE, (p.TheServer(plans.HERE),), plans.HERE)
    later = p.Rule(
        **{name: getattr(plans.EXISTENCE, name) for name in plans.EXISTENCE.__slots__}
        | {"action": p.Defer(), "reply": p.Reply(450, "4.1.1")}
    )
    part = plans.part(later, standalone=False, at=plans.site(served))
    assert codes(part) == [("NS531", Severity.ERROR)]
    part = plans.part(plans.EXISTENCE, standalone=False, at=plans.site(served))
    assert codes(part) == []
    assert target.fixed_texts(lower(part)[0])[plans.EXISTENCE.id] == "Recipient address rejected: User unknown"


def test_a_code_that_postfix_would_change_is_an_error_for_a_block_list() -> None:
    listed = c.ClientListed(plans.ZONE)
    rule = plans.rule("listed", listed, reply=p.Reply(550, "5.1.8", "no", code_written=True))
    assert codes(plans.part(rule)) == [("NS531", Severity.ERROR)]


def test_a_code_of_an_address_is_given_by_a_table_on_that_address() -> None:
    rule = plans.rule("sender", c.SenderIn(plans.PARTNERS), reply=p.Reply(550, "5.1.1", "no", code_written=True))
    configuration, found = lower(plans.part(rule))
    assert not found
    giving = [t for t in configuration.tables for row in t.rows if isinstance(row.outcome, ir.Refuse)]
    checks = [check for one in configuration.classes for check in one.restrictions if isinstance(check, ir.Check)]
    subject = next(check.subject for check in checks if check.map == ir.File("pcre", giving[0].name))
    assert subject is ir.Subject.RECIPIENT


def test_bounces_that_outlive_other_mail_are_an_error() -> None:
    given = (p.GiveUp(bounces=False, seconds=86400), p.GiveUp(bounces=True, seconds=2 * 86400))
    assert codes(plans.part(settings=given)) == [("NS509", Severity.ERROR)]


def test_the_lists_are_empty_where_nothing_is_asked() -> None:
    configuration, found = lower(plans.part())
    assert not found
    assert [one.name for one in configuration.parameters if one.name.startswith("nullsender_")] == []


def test_sets_of_files_ask_for_the_whole_key() -> None:
    entries = Entries("people", Kind.ADDRESSES, live=(live("/etc/mail/people"),))
    configuration, _ = lower(plans.part(plans.rule("people", c.SenderIn(entries), unless=())))
    value = next(one.value for one in configuration.parameters if one.name == "nullsender_recipient_restrictions")
    assert isinstance(value, tuple)
    check = value[0]
    assert isinstance(check, ir.Check)
    assert isinstance(check.map, ir.Pipe)
    rows = next(table.rows for table in configuration.tables if check.map.maps[-1] == ir.File("pcre", table.name))
    assert rows[-1] == ir.Row(ir.Anything(), ir.Dunno())


# --- what is remembered -----------------------------------------------------------------------------------------------
def test_mail_is_split_by_so_many_sets_as_there_can_be_classes_for() -> None:
    sets = tuple(Entries(f"set-{n}", Kind.ADDRESSES, (f"a{n}@x.example",)) for n in range(7))
    few, many = (plans.part(at=replace(plans.site(), split=sets[:count])) for count in (6, 7))
    asked = {
        one.context.split(":")[1]
        for restriction_class in lower(few)[0].classes
        for one in restriction_class.restrictions
        if isinstance(one, ir.AskPolicy)
    }
    assert len(asked) == 2**6
    assert codes(few) == []
    assert codes(many) == [("NS509", Severity.ERROR)]


def test_a_first_try_is_answered_with_a_code_that_postfix_leaves_alone() -> None:
    given = p.Reply(450, "4.1.9", code_written=True)
    rule = plans.rule("grey", c.Not(c.SenderNull()), p.Greylist(300), reply=given)
    assert codes(plans.part(rule)) == [("NS531", Severity.ERROR)]
