from dataclasses import replace

from nullsender.capability import Capabilities, Loss, Way
from nullsender.emit import emit
from nullsender.srs import Dialect
from tests.planning.fakes import CONTENT, DATA, FILTER, RCPT, SERVER, TARGETS, codes, planned, target, where

BOTH = "deploy mx to alpha 1.0 with beta 5\n"


def test_a_rule_goes_to_the_first_component_that_can_decide_it_exactly() -> None:
    plan, found = planned("reject bounces to several recipients\n" + BOTH)
    assert not found
    assert where(plan)["reject-bounces-to-several-recipients"] == ("alpha", DATA)


def test_relaying_and_existence_are_always_placed_first() -> None:
    plan, _ = planned("reject bounces when client in partner\n" + BOTH)
    steps = plan.deployments[0].parts[0].steps
    assert [step.rule.id for step in steps][:2] == ["relaying", "reject-nonexistent-recipients"]


def test_a_data_rule_that_the_server_cannot_decide_goes_to_the_helper_without_loss() -> None:
    plan, found = planned("reject bounces to silent\n" + BOTH)
    assert codes(found) == []
    assert where(plan)["reject-bounces-to-silent"] == ("beta", CONTENT)


def test_a_data_rule_with_its_stage_written_may_not_move_silently() -> None:
    _, found = planned("quarantine mail when client in partner at data\n" + BOTH)
    assert codes(found) == ["NS503"]
    assert "the message is refused instead of the recipient" in (found[0].note or "")


def test_a_rule_nobody_can_do_is_an_error_that_names_what_is_lacking_and_who_could() -> None:
    _, found = planned("reject mail scoring 15 or more\ndeploy mx to alpha 1.0\n")
    assert codes(found) == ["NS502"]
    assert found[0].note == "alpha: `scoring`: has no filter"
    assert found[0].help == "`beta` could do it"
    assert found[0].span is not None
    assert found[0].span.text == "reject mail scoring 15 or more"


def test_a_code_that_the_helper_cannot_give_is_a_loss_unless_it_is_its_own() -> None:
    _, found = planned('reject mail scoring 15 or more with 552 5.3.4 "no"\n' + BOTH)
    assert codes(found) == ["NS503"]
    plan, found = planned('reject mail scoring 15 or more with 554 5.7.1 "no"\n' + BOTH)
    assert codes(found) == []
    assert where(plan)["reject-mail-scoring-15-or-more"] == ("beta", CONTENT)


def test_an_allowed_approximation_is_placed_and_still_reported() -> None:
    plan, found = planned("reject mail scoring 15 or more with 552 allow approximate\n" + BOTH)
    assert codes(found) == ["NS504"]
    assert not found[0].is_error
    placed = next(p for p in plan.deployments[0].placed if p.id == "reject-mail-scoring-15-or-more")
    assert placed.losses == frozenset({Loss.CODE})


def test_a_later_rule_that_would_be_decided_first_moves_to_where_the_earlier_one_is() -> None:
    plan, found = planned("reject bounces to silent\nreject bounces to several recipients\n" + BOTH)
    assert codes(found) == []
    assert where(plan)["reject-bounces-to-silent"] == ("beta", CONTENT)
    assert where(plan)["reject-bounces-to-several-recipients"] == ("beta", CONTENT)


def test_rules_that_exclude_each_other_stay_where_they_are_decided_best() -> None:
    plan, found = planned("reject bounces to silent\nreject ordinary mail to several recipients\n" + BOTH)
    assert codes(found) == []
    assert where(plan)["reject-ordinary-mail-to-several-recipients"] == ("alpha", DATA)


def test_a_pair_that_cannot_be_put_in_order_is_reported_with_both_lines() -> None:
    text = 'reject bounces to silent\nreject bounces to several recipients at data with 550 5.5.3 "no"\n' + BOTH
    _, found = planned(text)
    assert codes(found) == ["NS506"]
    assert [label.span.text.split(" at ")[0] for label in found[0].labels] == ["reject bounces to several recipients"]


def test_existence_is_never_decided_by_a_helper_at_the_end() -> None:
    blind = Capabilities(
        SERVER.versions, {k: v for k, v in SERVER.ways.items() if "nonexistent" not in k}, accepts=("hose",)
    )
    _, found = planned(BOTH, targets={**TARGETS, "alpha": target("alpha", blind)})
    assert codes(found) == ["NS502"]


def test_the_mode_is_a_circumstance() -> None:
    text = "domains other = example.net\nrecipients of other from the server\ndeploy mx to alpha 1.0\n"
    _, found = planned(text)
    assert codes(found) == []
    _, found = planned(text + "deliver mine, other to smtp 127.0.0.1\n", standalone=True)
    assert codes(found) == ["NS502"]
    assert "only with fragment" in (found[0].note or "")


def test_a_standalone_server_must_know_where_to_deliver() -> None:
    _, found = planned("deploy mx to alpha 1.0\n", standalone=True)
    assert codes(found) == ["NS505"]
    _, found = planned("deliver mine to smtp 127.0.0.1\ndeploy mx to alpha 1.0\n", standalone=True)
    assert codes(found) == []


def test_a_helper_without_a_common_link_is_an_error() -> None:
    _, found = planned("deploy mx to alpha 1.0 with gamma 1.0\n", targets={**TARGETS, "gamma": target("gamma", SERVER)})
    assert codes(found)[0] == "NS501"


def test_a_setting_goes_to_whoever_has_it_and_the_narrower_one_wins() -> None:
    plan, found = planned("give up bounces after 1d\ngive up bounces after 2d on mx\nreturn headers only\n" + BOTH)
    assert codes(found) == []
    assert where(plan)["give-up-bounces-after-2d"] == ("beta", None)
    assert where(plan)["return-headers-only"] == ("alpha", None)
    assert "give-up-bounces-after-1d" not in where(plan)


def test_only_a_helper_that_has_something_to_do_filters_mail() -> None:
    plan, _ = planned("reject mail scoring 9 or more\n" + BOTH)
    assert [link.helper for link in plan.deployments[0].parts[0].filtering] == ["beta"]
    plan, _ = planned("reject bounces when client in partner\n" + BOTH)
    assert plan.deployments[0].parts[0].filtering == ()


def test_what_only_several_recipients_would_show_is_no_loss_where_they_are_refused_before() -> None:
    text = "reject bounces to several recipients\nreject bounces to silent\n" + BOTH
    plan, found = planned(text)
    assert codes(found) == []
    assert where(plan)["reject-bounces-to-silent"] == ("alpha", DATA)


def test_a_refusal_of_several_recipients_that_is_only_reported_changes_nothing() -> None:
    text = "reject bounces to several recipients report only\nreject bounces to silent\n" + BOTH
    plan, _ = planned(text)
    assert where(plan)["reject-bounces-to-silent"] == ("beta", CONTENT)


def test_a_rule_may_say_itself_that_it_speaks_of_one_recipient() -> None:
    plan, found = planned("reject bounces to silent except recipients > 1\n" + BOTH)
    assert codes(found) == []
    assert where(plan)["reject-bounces-to-silent"] == ("alpha", DATA)


def test_a_rule_is_for_the_deployments_it_names() -> None:
    text = "reject bounces when client in partner on a\ndeploy a to alpha 1.0\ndeploy b to alpha 1.0\n"
    plan, _ = planned(text)
    assert "reject-bounces" in where(plan, "a")
    assert "reject-bounces" not in where(plan, "b")


def test_a_deployment_behind_another_leaves_it_what_it_cannot_do() -> None:
    text = (
        "upstream clients in 192.0.2.10\nreject mail scoring 15 or more\n"
        "deploy back to alpha 1.0 behind front\ndeploy front to alpha 1.0 with beta 5\n"
    )
    plan, found = planned(text)
    assert [d.code for d in found if d.is_error] == []
    assert [(gap.id, gap.decided_by) for gap in plan.deployments[0].gaps] == [
        ("reject-mail-scoring-15-or-more", "front")
    ] * 2
    assert [d.name for d in plan.deployments] == ["back", "front"]


def test_a_rule_that_a_table_calls_unfit_is_for_another_and_says_why() -> None:
    picky = replace(SERVER, unfit=lambda rule: None if rule.existence or rule.relaying else "not on a Friday")
    rule = "reject bounces when client in partner\n"
    _, found = planned(rule + "deploy mx to alpha 1.0\n", targets={**TARGETS, "alpha": target("alpha", picky)})
    assert codes(found) == ["NS502"]
    assert found[0].note == "alpha: `reject bounces`: not on a Friday"
    text = f"upstream clients in 192.0.2.10\n{rule}deploy back to alpha 1.0 behind front\ndeploy front to gamma 1.0\n"
    targets = {**TARGETS, "alpha": target("alpha", picky), "gamma": target("gamma", SERVER)}
    plan, found = planned(text, targets=targets)
    assert codes(found) == []
    assert [(gap.id, gap.decided_by) for gap in plan.deployments[0].gaps] == [("reject-bounces", "front")]
    assert [deployment.parts[0].behind for deployment in plan.deployments] == [("front",), ()]


def test_a_moved_rcpt_rule_loses_time_and_sessions() -> None:
    _, found = planned("reject bounces when client in partner and (sender is null or scoring 1 or more)\n" + BOTH)
    assert codes(found) == []
    _, found = planned("reject mail when client in partner at rcpt\ndeploy mx to alpha 1.0\n")
    assert codes(found) == []


def test_a_rule_that_a_target_loses_is_an_error() -> None:
    leaky = {**TARGETS, "alpha": target("alpha", SERVER, loses={"reject-bounces"})}
    plan, _ = planned("reject bounces when client in partner\ndeploy mx to alpha 1.0\n", targets=leaky)
    _, found = emit(plan, leaky.__getitem__)
    assert codes(found) == ["NS508"]


def test_steps_stand_in_the_order_of_stage_and_line() -> None:
    text = "reject bounces to several recipients\nreject bounces when client in partner\n" + BOTH
    plan, _ = planned(text)
    steps = plan.deployments[0].parts[0].steps
    assert [(step.rule.id, step.stage) for step in steps][2:] == [
        ("reject-bounces", RCPT),
        ("reject-bounces-to-several-recipients", DATA),
    ]


def test_what_is_kept_and_what_is_dropped_go_into_one_hand() -> None:
    kept = ("quarantine", "quarantine into junk", "quarantine without reports")
    keeping = replace(SERVER, ways={**SERVER.ways, **{f: (Way("keeps it", frozenset({DATA})),) for f in kept}})
    dropping = replace(FILTER, ways={**FILTER.ways, "discard": (Way("drops it", frozenset({CONTENT})),)})
    targets = {**TARGETS, "alpha": target("alpha", keeping), "beta": target("beta", dropping)}
    rules = 'quarantine bounces to several recipients\ndiscard mail scoring 5 or more because "spam"\n'
    plan, _ = planned(rules + BOTH, targets=targets)
    assert where(plan)["quarantine-bounces-to-several-recipients"] == ("beta", CONTENT)
    _, found = planned(rules.replace("several recipients", "several recipients at data") + BOTH, targets=targets)
    assert codes(found) == ["NS506"]


STORE = target("gamma", Capabilities(versions=("1",), ways={}, offers={"shelf": "127.0.0.1:2"}))
COUNTING = replace(
    FILTER,
    ways={**FILTER.ways, "limit per client": (Way("in the store", frozenset({CONTENT}), needs=frozenset({"shelf"})),)},
    accepts=("shelf",),
)
TOGETHER = {**TARGETS, "beta": target("beta", COUNTING), "gamma": STORE}
LIMIT = "limit mail to 3 per hour per client\n"


def test_a_helper_may_have_a_helper_of_its_own() -> None:
    plan, found = planned(LIMIT + "deploy mx to alpha 1.0 with gamma 1, beta 5\n", targets=TOGETHER)
    assert codes(found) == []
    assert where(plan)["limit-mail-to-3-per-hour-per-client"] == ("beta", CONTENT)
    server, store, filter_ = plan.deployments[0].parts
    assert [link.helper for link in server.links] == ["beta"]
    assert [link.kind for link in filter_.links] == ["hose", "shelf"], "where it listens comes first"
    assert [link.kind for link in store.links] == ["shelf"]


def test_what_only_a_helper_attaches_is_nothing_for_the_server_alone() -> None:
    _, found = planned("deploy mx to alpha 1.0 with gamma 1\n", targets=TOGETHER)
    assert codes(found) == ["NS501"]
    assert found[0].help == "`beta` attaches it"


def test_without_its_helper_a_helper_says_what_it_lacks() -> None:
    _, found = planned(LIMIT + BOTH, targets=TOGETHER)
    assert codes(found) == ["NS502"]
    assert "beta: `limit per client`: only with shelf" in (found[0].note or "")
    assert found[0].help == "`beta` with `gamma` could do it"


def test_what_a_server_does_only_without_a_helper_it_does_alone() -> None:
    at_end = Way("at the end", frozenset({CONTENT}), without=frozenset({"hose"}))
    ways = {feature: (*its, at_end) for feature, its in SERVER.ways.items()}
    ways |= dict.fromkeys(("defer", "limit per client"), (at_end,))
    targets = {**TARGETS, "alpha": target("alpha", Capabilities(SERVER.versions, ways, accepts=("hose",)))}
    plan, found = planned(LIMIT + "deploy mx to alpha 1.0\n", targets=targets)
    assert codes(found) == []
    assert where(plan)["limit-mail-to-3-per-hour-per-client"] == ("alpha", CONTENT)
    _, found = planned(LIMIT + BOTH, targets=targets)
    assert codes(found) == ["NS502"]
    assert "alpha: `limit per client`: only without hose" in (found[0].note or "")


def test_a_helper_that_decides_nothing_gives_no_reasons() -> None:
    _, found = planned("tag mail\n" + ALL, targets=TOGETHER)
    assert codes(found) == ["NS502"]
    assert [line.partition(":")[0] for line in (found[0].note or "").splitlines()] == ["alpha", "beta"]


LATE_SERVER = replace(
    SERVER,
    ways={
        **SERVER.ways,
        **{
            f: (Way("at the end"),)
            for f in ("reject", "client in", "not trusted client", "not kept recipient", "not sender is null")
        },
        "header matches": (Way("reads it", frozenset({CONTENT})),),
    },
)
ALL = "deploy mx to alpha 1.0 with beta 5, gamma 1\n"


def test_what_the_server_would_refuse_after_its_helper_has_counted_goes_to_the_helper() -> None:
    targets = {**TOGETHER, "alpha": target("alpha", LATE_SERVER)}
    plan, found = planned(LIMIT + "reject mail when client in partner at content\n" + ALL, targets=targets)
    assert codes(found) == []
    assert where(plan)["reject-mail"] == ("beta", CONTENT)


def test_what_the_server_alone_can_refuse_after_it_was_counted_is_an_error() -> None:
    targets = {**TOGETHER, "alpha": target("alpha", LATE_SERVER)}
    _, found = planned(LIMIT + 'reject mail when header "X" matches /y/\n' + ALL, targets=targets)
    assert "NS550" in codes(found)
    apart = 'limit bounces to 3 per hour per client\nreject ordinary mail when header "X" matches /y/\n'
    assert codes(planned(apart + ALL, targets=targets)[1]) == []


REPORTING = {
    **TARGETS,
    "alpha": target("alpha", LATE_SERVER),
    "beta": target("beta", replace(FILTER, ways={**FILTER.ways, "report only": (Way("logs it"),)})),
}
REPORT = "reject mail scoring 5 or more report only\n"
BLOCK = "reject mail when client in partner at content\n"


def test_what_the_server_would_decide_after_its_helper_has_reported_goes_to_the_helper() -> None:
    plan, found = planned(BLOCK + REPORT + BOTH, targets=REPORTING)
    assert codes(found) == []
    assert where(plan)["reject-mail"] == ("beta", CONTENT)
    apart = REPORT.replace("mail", "outgoing mail")
    plan, found = planned(BLOCK + apart + BOTH, targets=REPORTING)
    assert codes(found) == []
    assert where(plan)["reject-mail"] == ("alpha", CONTENT), "the two never meet"


def test_what_the_server_alone_can_decide_after_it_was_reported_is_an_error() -> None:
    _, found = planned('reject mail when header "X" matches /y/\n' + REPORT + BOTH, targets=REPORTING)
    assert codes(found) == ["NS550"]
    assert "would report what" in found[0].message


REWRITE = 'rewrite forwarded mail with srs keys "/etc/srs.keys" as srs.example.org{}\n'
DIALECTS = {
    name: target(name, replace(SERVER, ways={**SERVER.ways, "rewrite with srs": (Way("it does", dialect=dialect),)}))
    for name, dialect in {"alpha": Dialect.MD5, "beta": Dialect.SHA1}.items()
}
BOTH_FORWARD = "deploy one to alpha 1.0\ndeploy two to beta 1.0\n"


def test_two_deployments_may_not_rewrite_forwarded_mail_in_two_dialects() -> None:
    plan, found = planned(REWRITE.format("") + BOTH_FORWARD, targets=DIALECTS)
    assert codes(found) == ["NS560"]
    assert [one.dialect for one in plan.deployments] == [Dialect.MD5, Dialect.SHA1]
    assert codes(planned(REWRITE.format("") + BOTH_FORWARD.replace("beta", "alpha"), targets=DIALECTS)[1]) == []


def test_where_one_of_them_forwards_it_alone_knows_the_domain_of_rewritten_senders() -> None:
    plan, found = planned(REWRITE.format(" on two") + BOTH_FORWARD, targets=DIALECTS)
    assert codes(found) == []
    assert [one.parts[0].site.srs is None for one in plan.deployments] == [True, False]
