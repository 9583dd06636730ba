"""Others have answered the same questions for themselves, each for a server's sake: the evaluator agrees with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullsender import asking
from nullsender import condition as c
from nullsender import policy as p
from nullsender.lists import with_sets
from nullsender.plan import Site
from nullsender.policy import Policy
from nullsender.session import Session
from nullsender.truth import Truth, answer
from tests.checking.policies import check_text
from tests.live import test_exim_logic as exim
from tests.live import test_rspamd_logic as rspamd
from tests.targets.exim.parts import SITE
from tests.targets.exim.parts import SPAN as HERE
from tests.targets.postfix import meaning, plans
from tests.targets.postfix.simulation import Session as Envelope
from tests.targets.postfix.test_decisions import conditions
from tests.targets.rspamd import parts as rspamd_parts
from tests.targets.rspamd.milter import Mail

CLIENTS = ("203.0.113.9", "192.0.2.7", "198.51.100.70", "198.51.100.200", "2001:db8::7")
SENDERS = (
    "",
    "joe@partner.example",
    "bounce-7@example.net",
    "Newsletter+x@example.org",
    "postmaster@mail.partner.example",
)
RECIPIENTS = (
    "alice@example.org",
    "Bounce-1@example.net",
    "newsletter+x@example.org",
    "abuse+y@example.org",
    "boss@example.org",
)


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    return check_text(tmp_path_factory.mktemp("opinions"), "").good


def at(policy: Policy, site: Site) -> Policy:
    """Return the policy with a site made by hand, whose files of the server hold nothing of their own."""
    trusted = tuple(p.Networks(entries, (), HERE) for entries in site.trusted)
    return replace(
        policy, served=site.served, delimiters=site.delimiters, trusted=trusted, kept=site.kept, upstream=site.upstream
    )


envelopes = st.builds(
    Envelope,
    client=st.sampled_from(CLIENTS),
    helo=st.sampled_from(("client.example", "LOCALHOST.localdomain")),
    sender=st.sampled_from(SENDERS),
    recipients=st.sampled_from(RECIPIENTS).map(lambda one: (one,)),
    login=st.booleans(),
)


@settings(max_examples=300, derandomize=True)
@given(conditions, envelopes)
def test_conditions_are_answered_as_for_the_lists_of_a_server(
    anywhere: Policy, condition: c.Condition, envelope: Envelope
) -> None:
    (recipient,) = envelope.recipients
    session = Session(
        (recipient,), envelope.sender, envelope.client, helo=envelope.helo, login="joe" if envelope.login else None
    )
    view = asking.View(at(anywhere, plans.site()), "mx1", session, (recipient,))
    own = answer(condition, lambda atom: asking.ask(view, atom))
    assert own is meaning.truth(condition, lambda atom: meaning.ask(atom, envelope, plans.site(), recipient))


@settings(max_examples=300, derandomize=True)
@given(conditions, st.lists(st.sampled_from((True, False, None)), min_size=5, max_size=5))
def test_what_is_unknown_spreads_as_for_the_lists_of_a_server(condition: c.Condition, truths: list[Truth]) -> None:
    atoms = list(dict.fromkeys(atom for _, atom in c.literals(condition)))

    def told(atom: c.Atom) -> Truth:
        return truths[atoms.index(atom) % len(truths)]

    assert answer(condition, told) is meaning.truth(condition, told)


def test_each_question_is_answered_as_for_an_acl(anywhere: Policy) -> None:
    policy = at(anywhere, SITE)
    asked = 0
    for told in exim.SESSIONS:
        for recipient in told.recipients:
            for atom, opinion in exim.ATOMS.items():
                listed = {(exim.LISTING, "127.0.0.2")} if told.client == exim.LISTED else set()
                session = Session(
                    (recipient,),
                    told.sender,
                    told.client,
                    named=told.client != "203.0.113.77",
                    helo=told.helo,
                    listed=frozenset(listed),
                    silent=frozenset({exim.SILENT}),
                )
                own = asking.ask(asking.View(policy, "mx1", session, (recipient,)), _there(atom))
                assert own is opinion(told, recipient), (atom, told)
                asked += 1
    assert asked > 100


_LIVE = {
    "live-senders": ("joe@a.example",),
    "live-people": ("alice@example.org",),
    "live-clients": ("198.51.100.0/25", "2001:db8:1::/48"),
}


def _there(atom: c.Atom) -> c.Atom:
    """Return a question with what the files of the server hold among its members."""
    return with_sets(atom, lambda of: replace(of, members=_LIVE[of.name], live=()) if of.name in _LIVE else of)


@pytest.mark.parametrize("mail", rspamd.MAILS)
@pytest.mark.parametrize("atom", rspamd.ATOMS)
def test_each_question_is_answered_as_for_a_filter(anywhere: Policy, atom: c.Atom, mail: Mail) -> None:
    policy = at(anywhere, rspamd_parts.part().site)
    listed = frozenset({(rspamd.LISTING.domain, "127.0.0.2")} if mail.client == rspamd.BAD else ())
    session = Session(
        mail.recipients,
        mail.sender,
        mail.client,
        helo=mail.helo,
        login=mail.login,
        listed=listed,
        silent=frozenset({rspamd.BROKEN.domain}),
        score=mail.score or 0,
    )
    view = asking.View(policy, "mx1", session, mail.recipients, session.score)
    assert asking.ask(view, atom) is rspamd.fact(atom, mail, mail.recipients)
