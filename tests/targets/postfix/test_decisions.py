"""Whatever the conditions, the lists decide as the policy means."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from nullsender import condition as c
from nullsender import policy as p
from nullsender_targets.postfix.lower import lower
from tests.targets.postfix import plans
from tests.targets.postfix.meaning import decide
from tests.targets.postfix.simulation import Session, Smtpd

ENVELOPE: tuple[c.Atom, ...] = (
    *(c.SenderNull(), c.SenderPostmaster(), c.SenderIn(plans.PARTNERS), c.SenderIn(plans.SILENT)),
    *(c.RecipientIn(plans.SILENT), c.RecipientIn(plans.MINE), c.Kept(), c.ClientIn(plans.LEPERS)),
    *(c.HeloIn(plans.LIARS), c.Upstream(), c.Trusted(), c.Authenticated()),
)
conditions: st.SearchStrategy[c.Condition] = st.recursive(
    st.sampled_from(ENVELOPE),
    lambda inner: st.one_of(
        inner.map(c.Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: c.AllOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: c.AnyOf(tuple(parts))),
    ),
    max_leaves=6,
)
exceptions = st.lists(st.one_of(conditions, st.sampled_from(plans.USUAL)), max_size=3).map(tuple)
severals: st.SearchStrategy[c.Condition] = st.sampled_from([c.RecipientsOver(1), c.Not(c.RecipientsOver(1))])
actions: st.SearchStrategy[p.Action] = st.sampled_from([p.Reject(), p.Defer()])
ZONES = (c.Zone("bl.example"), c.Zone("bl.example", ("127.0.0.2", "127.0.0.9")), c.Zone("bl2.example"))


@st.composite
def rules_at(draw: st.DrawFn, stage: p.Stage) -> tuple[p.Rule, ...]:
    rules = []
    for number in range(draw(st.integers(1, 5))):
        when: c.Condition = draw(conditions)
        if stage is p.Stage.DATA and draw(st.booleans()):
            when = c.both(when, draw(severals))
        if draw(st.integers(0, 3)) == 0:
            when = c.AllOf((when, c.ClientListed(draw(st.sampled_from(ZONES)))))
        action: p.Action = draw(actions)
        one = plans.rule(f"rule-{number}", when, action, unless=draw(exceptions), stage=stage)
        rules.append(replace(one, report_only=draw(st.booleans())))
    return tuple(rules)


sessions = st.builds(
    Session,
    client=st.sampled_from(("203.0.113.9", "192.0.2.7", "198.51.100.65", "198.51.100.200", "2001:db8::1")),
    helo=st.sampled_from(("client.example", "LOCALHOST.localdomain")),
    sender=st.sampled_from(
        ("", "joe@partner.example", "joe@a.partner.example", "Postmaster@x.example", "newsletter+x@example.org")
    ),
    recipients=st.sampled_from(
        (
            ("alice@example.org",),
            ("NEWSLETTER+a+b@example.org",),
            ("bounce-1@example.net",),
            ("boss+x@example.org",),
            ("boss@example.net",),
            ("postmaster@a.sub.example.org",),
            ("alice@example.org", "newsletter@example.org"),
        )
    ),
    login=st.booleans(),
    listed=st.dictionaries(
        st.sampled_from(("bl.example=127.0.0.2", "bl.example=127.0.0.9", "bl2.example=127.0.0.2")),
        st.sampled_from((True, False, None)),
    ),
)


def spelled(session: Session, standalone: bool) -> Session:
    """Say the same of a block list in each spelling of a filter; at a whole server nobody logs in."""
    listed = dict(session.listed)
    for key, truth in session.listed.items():
        zone, _, answer = key.partition("=")
        network, _, host = answer.rpartition(".")
        listed |= {f"{zone}={network}.[{';'.join([host] * times)}]": truth for times in range(2, 9)}
    two, nine = (session.listed.get(f"bl.example=127.0.0.{host}", False) for host in (2, 9))
    either = True if True in (two, nine) else None if None in (two, nine) else False
    for times in range(8):
        listed[f"bl.example=127.0.0.[{';'.join(['2', '9'] + ['2'] * times)}]"] = either
    return replace(session, listed=listed, login=session.login and not standalone)


@settings(max_examples=300)
@given(rules=rules_at(p.Stage.RCPT), session=sessions, standalone=st.booleans())
def test_each_recipient_is_decided_as_the_policy_means(
    rules: tuple[p.Rule, ...], session: Session, standalone: bool
) -> None:
    part = plans.part(*rules, standalone=standalone)
    configuration, found = lower(part)
    assert not found
    session = spelled(session, standalone)
    recipient = session.recipients[0]
    assert Smtpd(configuration).run("recipient_restrictions", session, recipient) == decide(
        rules, session, part.site, recipient
    )


@settings(max_examples=300)
@given(rules=rules_at(p.Stage.DATA), session=sessions, standalone=st.booleans())
def test_each_message_is_decided_as_the_policy_means(
    rules: tuple[p.Rule, ...], session: Session, standalone: bool
) -> None:
    part = plans.part(*rules, standalone=standalone)
    configuration, found = lower(part)
    assert not found
    session = spelled(session, standalone)
    only = session.recipients[0] if len(session.recipients) == 1 else None
    assert Smtpd(configuration).run("data_restrictions", session, only) == decide(rules, session, part.site, only)


@given(rules=rules_at(p.Stage.RCPT), standalone=st.booleans())
def test_every_table_and_class_is_used_and_every_name_is_there_once(
    rules: tuple[p.Rule, ...], standalone: bool
) -> None:
    configuration, _ = lower(plans.part(plans.RELAYING, plans.EXISTENCE, *rules, standalone=standalone))
    names = [*(one.name for one in configuration.tables), *(one.name for one in configuration.classes)]
    assert len(set(names)) == len(names)
    text = repr((configuration.classes, configuration.parameters, [table.rows for table in configuration.tables]))
    assert [name for name in names if f"'{name}'" not in text] == []


def test_many_exceptions_are_asked_one_after_the_other_and_lead_to_one_report() -> None:
    sets = [replace(plans.PARTNERS, name=f"p{n}", members=(f"p{n}.example",)) for n in range(12)]
    unless = tuple(c.AllOf((c.SenderIn(one), c.RecipientIn(plans.SILENT), c.HeloIn(plans.LIARS))) for one in sets)
    one = replace(plans.rule("one", c.SenderIn(plans.PARTNERS), unless=unless), report_only=True)
    configuration, found = lower(plans.part(one))
    assert not found
    assert len(configuration.classes) < 3 * len(sets) + 3
    session = Session(sender="joe@partner.example")
    decision = Smtpd(configuration).run("recipient_restrictions", session, "alice@example.org")
    assert (decision.by, decision.noted) == (None, ["one"])


def test_too_deep_a_rule_is_an_error() -> None:
    sets = [replace(plans.PARTNERS, name=f"p{n}", members=(f"p{n}.example",)) for n in range(46)]
    deep = c.AllOf(tuple(c.SenderIn(one) for one in sets))
    _, found = lower(plans.part(plans.rule("deep", deep)))
    assert [diagnostic.code for diagnostic in found] == ["NS509"]


def test_two_block_lists_in_one_and_are_an_error() -> None:
    both = c.AllOf((c.ClientListed(ZONES[0]), c.ClientListed(ZONES[2])))
    _, found = lower(plans.part(plans.rule("both", both)))
    assert [diagnostic.code for diagnostic in found] == ["NS509"]


def test_either_of_two_block_lists_is_asked_after_everything_else() -> None:
    either = c.AnyOf((c.ClientListed(ZONES[0]), c.AllOf((c.ClientListed(ZONES[2]), c.SenderNull()))))
    rules = (plans.rule("either", either, unless=()),)
    configuration, found = lower(plans.part(*rules))
    assert not found
    session = Session(sender="x@y.example", listed={"bl.example=127.0.0.2": False, "bl2.example=127.0.0.2": True})
    smtpd = Smtpd(configuration)
    assert smtpd.run("recipient_restrictions", session, "alice@example.org").by is None
    bounce = replace(session, sender="")
    assert smtpd.run("recipient_restrictions", bounce, "alice@example.org").by == "either"
