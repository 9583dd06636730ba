"""Compare what a real Exim makes of any condition with a three-valued evaluation of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullsender import condition as c
from nullsender.lab.listing import Listed
from nullsender.names import Entries, Kind, LiveFile
from nullsender.plan import Part
from nullsender.policy import Stage
from nullsender.truth import Truth, answer, conjunction
from tests.live.lab import Lab
from tests.targets.exim.parts import SPAN, later, part, rule, write
from tests.targets.exim.sessions import Session, config, outcomes, talk

pytestmark = pytest.mark.live

LISTING, SILENT, LISTED = "bl.example", "silent.example", "198.51.100.7"
LIVE = Path("/etc/mail/live")
SENDERS = Entries("senders", Kind.ADDRESSES, ("*@b.example", "joe@a.example", "robot-*@*"))
DOMAINS = Entries("domains", Kind.DOMAINS, ("*.c.example", "a.example"))
RECIPIENTS = Entries("recipients", Kind.ADDRESSES, ("alice@example.org", "b*@example.org"))
CLIENTS = Entries("clients", Kind.NETWORKS, ("198.51.100.0/24",))
NAMES = Entries("names", Kind.HOSTS, ("liar.example", "*.liars.example"))
LIVE_SENDERS = Entries("live-senders", Kind.ADDRESSES, live=(LiveFile(f"{LIVE}/senders", Kind.ADDRESSES, SPAN),))
LIVE_PEOPLE = Entries("live-people", Kind.ADDRESSES, live=(LiveFile(f"{LIVE}/people", Kind.ADDRESSES, SPAN),))
LIVE_CLIENTS = Entries("live-clients", Kind.NETWORKS, live=(LiveFile(f"{LIVE}/clients", Kind.NETWORKS, SPAN),))
MISSING = Entries("missing", Kind.ADDRESSES, ("joe@a.example",), live=(LiveFile("/no/such", Kind.ADDRESSES, SPAN),))
FILES = {
    "senders": "joe@a.example -\n# not ann@a.example\n",
    "people": "alice@example.org -\n",
    "clients": "198.51.100.0/25 one\n# 192.0.2.0/24\n\n2001:db8:1::/48\n",
}


def _address(text: str) -> tuple[str, str]:
    local, _, domain = text.lower().rpartition("@")
    return local.partition("+")[0], domain


def _senders(session: Session, _: str) -> Truth:
    local, domain = _address(session.sender)
    return bool(session.sender) and (
        domain == "b.example" or (local, domain) == ("joe", "a.example") or local.startswith("robot-")
    )


def _recipients(_: Session, recipient: str) -> Truth:
    local, domain = _address(recipient)
    return domain == "example.org" and (local == "alice" or local.startswith("b"))


def _domains(session: Session, _: str) -> Truth:
    domain = _address(session.sender)[1]
    return domain == "a.example" or domain.endswith(".c.example")


def _listed(session: Session, _: str) -> Truth:
    return session.client == LISTED


ATOMS: dict[c.Atom, Callable[[Session, str], Truth]] = {
    c.SenderNull(): lambda s, _: s.sender == "",
    c.SenderPostmaster(): lambda s, _: _address(s.sender)[0] == "postmaster",
    c.SenderIn(SENDERS): _senders,
    c.SenderIn(DOMAINS): _domains,
    c.SenderIn(LIVE_SENDERS): lambda s, _: _address(s.sender) == ("joe", "a.example"),
    c.SenderIn(MISSING): lambda s, _: (
        True if _address(s.sender) == ("joe", "a.example") else None if s.sender else False
    ),
    c.RecipientIn(RECIPIENTS): _recipients,
    c.RecipientIn(LIVE_PEOPLE): lambda _, r: _address(r) == ("alice", "example.org"),
    c.ClientIn(CLIENTS): lambda s, _: s.client.startswith("198.51.100."),
    c.ClientIn(LIVE_CLIENTS): lambda s, _: s.client in (LISTED, "2001:db8:1::9"),
    c.ClientNameless(): lambda s, _: s.client == "203.0.113.77",
    c.HeloIn(NAMES): lambda s, _: s.helo.lower() == "liar.example" or s.helo.lower().endswith(".liars.example"),
    c.ClientListed(c.Zone(LISTING)): _listed,
    c.ClientListed(c.Zone(SILENT)): lambda *_: None,
    c.Trusted(): lambda s, _: s.client.startswith("192.0.2."),
    c.Kept(): lambda _, r: _address(r)[0] in ("postmaster", "abuse"),
}
atoms = st.sampled_from(list(ATOMS))
trees: st.SearchStrategy[c.Condition] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        inner.map(c.Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: c.AllOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: c.AnyOf(tuple(parts))),
    ),
    max_leaves=6,
)
SESSIONS = (
    Session(sender=""),
    Session(sender="", client=LISTED, helo="LIAR.example"),
    Session(sender="Joe+x@a.example", helo="x.liars.example", recipients=("BOB+y@example.org", "carol@example.org")),
    Session(sender="postmaster@elsewhere.example", client="203.0.113.77", recipients=("abuse+z@example.org",)),
    Session(
        sender="robot-9@x.example", client="198.51.100.200", recipients=("postmaster@example.org", "alice@example.org")
    ),
    Session(sender="ann@x.c.example", client="192.0.2.7", recipients=("alice@example.org", "b@example.org")),
    Session(sender="ann@c.example", client="2001:db8:1::9", recipients=("zoe@a.sub.example.org",)),
)
several = settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fires(tree: c.Condition, session: Session, recipient: str) -> bool:
    return answer(tree, lambda atom: ATOMS[atom](session, recipient)) is True


def fires_for_the_message(tree: c.Condition, session: Session) -> bool:
    """Tell whether a rule of messages fires: what it asks of recipients has to be so for every one."""

    def of_all(atom: c.Atom) -> Truth:
        return conjunction(ATOMS[atom](session, recipient) for recipient in session.recipients)

    return answer(tree, of_all) is True


@pytest.fixture(scope="module")
def internet(lab: Lab) -> Lab:
    lab.fresh((LISTING, SILENT), [Listed(LISTING, LISTED, "127.0.0.2")])
    lab.resolver.silent = {SILENT}
    lab.resolver.nameless = {"203.0.113.77"}
    LIVE.mkdir(parents=True)
    for name, text in FILES.items():
        (LIVE / name).write_text(text)
    return lab


def play(of: Part, *, data: bool) -> Iterator[tuple[Session, list[str], str]]:
    """Yield what becomes of every session."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        write(of, Path(folder))
        file = config(Path(folder))
        for session in SESSIONS:
            replies, said = talk(file, session, data=data)
            yield session, outcomes(replies), said


@pytest.mark.usefixtures("internet")
@several
@given(tree=trees)
def test_a_rule_of_recipients_fires_when_its_condition_is_true(tree: c.Condition) -> None:
    for session, happened, said in play(part(rule("it", tree)), data=False):
        wanted = ["it" if fires(tree, session, recipient) else "accepted" for recipient in session.recipients]
        assert happened == wanted, (session, said)


@pytest.mark.usefixtures("internet")
@several
@given(tree=trees)
def test_a_rule_of_messages_fires_when_its_condition_is_true(tree: c.Condition) -> None:
    for session, happened, said in play(part(rule("it", tree, stage=Stage.DATA)), data=True):
        at_data = happened[len(session.recipients)]
        assert (at_data == "it") is fires_for_the_message(tree, session), (session, said)


@pytest.mark.usefixtures("internet")
@several
@given(tree=trees)
def test_a_rule_of_recipients_decided_later_fires_when_it_would_for_each(tree: c.Condition) -> None:
    for session, happened, said in play(later(part(rule("it", tree)), Stage.DATA), data=True):
        at_data = happened[len(session.recipients)]
        for_each = all(fires(tree, session, recipient) for recipient in session.recipients)
        assert (at_data == "it") is for_each, (session, said)
