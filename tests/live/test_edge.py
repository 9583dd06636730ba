"""Speak to the whole servers that examples/edge.ndr describes: each of its deployments alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nullsender.lab.listing import Query, question
from nullsender.lab.sink import Received
from tests.live.deployment import Deployed, Stage
from tests.live.play import compose, play
from tests.live.scenario import Scenario, deployments, listings, scenarios

pytestmark = pytest.mark.live

EDGE = Path(__file__).parents[2] / "examples" / "edge.ndr"
SCENARIOS = (*scenarios(EDGE), *scenarios(Path(__file__).parent / "dialogues" / "edge.ndr"))
ZONE = "ips.backscatterer.org"


@pytest.fixture(params=deployments(EDGE), ids=lambda name: f"edge:{name}")
def deployment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def edge(stage: Stage, deployment: str) -> Deployed:
    return stage.deployment(EDGE, deployment, listed=listings(SCENARIOS), verify=True)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_it_does_what_the_policy_says(edge: Deployed, scenario: Scenario) -> None:
    play(edge, scenario)


@pytest.mark.parametrize(
    ("client", "sender", "recipient"),
    [
        ("198.51.100.101", "joe@partner.example", "alice@example.org"),
        ("198.51.100.102", "postmaster2@partner.example", "alice@example.org"),
        ("198.51.100.103", "", "ghost@example.org"),
        ("198.51.100.104", "", "someone@elsewhere.example"),
        ("198.51.100.105", "", "postmaster@example.org"),
        ("192.0.2.106", "", "alice@example.org"),
    ],
    ids=["ordinary mail", "almost postmaster", "nobody", "relaying", "role address", "trusted client"],
)
def test_the_block_list_is_not_asked(edge: Deployed, client: str, sender: str, recipient: str) -> None:
    before = edge.lab.queries()
    play(edge, Scenario("no question", client=client, sender=sender, recipients=(recipient,)))
    assert edge.lab.queries() == before


@pytest.mark.parametrize(
    ("client", "sender"), [("198.51.100.111", ""), ("198.51.100.112", "postmaster@partner.example"), ("3fff::113", "")]
)
def test_the_block_list_is_asked_for_bounces(edge: Deployed, client: str, sender: str) -> None:
    before = edge.lab.queries()
    play(edge, Scenario("a question", client=client, sender=sender, recipients=("alice@example.org",)))
    asked = set(edge.lab.queries()[len(before) :])
    assert Query(question(ZONE, client), "A") in asked
    assert {query.name for query in asked} == {question(ZONE, client)}


def test_bare_postmaster_is_reached(edge: Deployed) -> None:
    message = compose(Scenario("to the bare postmaster", sender="joe@partner.example"))
    attempt = edge.lab.attempt("joe@partner.example", ["postmaster"], message.as_bytes())
    assert attempt.accepted, attempt.last
    mail = edge.lab.sink.wait(lambda mail: mail.id == message["Message-ID"])
    assert [recipient.partition("@")[0] for recipient in mail.recipients] == ["postmaster"]


def send_undeliverable(edge: Deployed, scenario: Scenario) -> Callable[[Received], bool]:
    """Send a message that nobody takes, and return what tells the messages that speak of it."""
    edge.lab.sink.clear()
    for recipient in scenario.recipients:
        edge.lab.sink.replies[recipient] = "550 5.1.1 gone"
    message = compose(scenario)
    attempt = edge.lab.attempt(scenario.sender, scenario.recipients, message.as_bytes(), client=scenario.client)
    assert attempt.accepted, attempt.last
    return lambda mail: str(message["Message-ID"]).encode() in mail.octets


def returns_headers_only(mail: Received, subject: str) -> bool:
    text = mail.octets.decode(errors="replace")
    return f"Subject: {subject}" in text and "Hello." not in text


def test_a_trusted_sender_gets_an_ndr_with_headers_only(edge: Deployed) -> None:
    sent = Scenario("trusted", client="192.0.2.10", sender="alice@example.org", recipients=("gone@partner.example",))
    speaks_of_it = send_undeliverable(edge, sent)
    ndr = edge.lab.sink.wait(lambda mail: speaks_of_it(mail) and mail.recipients == ("alice@example.org",))
    assert (ndr.protocol, ndr.sender) == ("lmtp", "")
    assert ndr.message.get_content_type() == "multipart/report"
    assert returns_headers_only(ndr, "trusted"), ndr.octets.decode()


def test_a_stranger_gets_no_ndr_and_postmaster_a_copy_with_headers_only(edge: Deployed) -> None:
    speaks_of_it = send_undeliverable(
        edge, Scenario("stranger", sender="joe@partner.example", recipients=("bob@example.org",))
    )
    copy = edge.lab.sink.wait(speaks_of_it)
    assert [recipient.partition("@")[0] for recipient in copy.recipients] == ["postmaster"]
    assert returns_headers_only(copy, "stranger"), copy.octets.decode()
    assert not edge.lab.sink.comes(lambda mail: speaks_of_it(mail) and mail.protocol == "smtp", seconds=1)


def test_an_undeliverable_bounce_is_answered_to_nobody_outside(edge: Deployed) -> None:
    speaks_of_it = send_undeliverable(edge, Scenario("double", sender="", recipients=("bob@example.org",)))
    assert not edge.lab.sink.comes(lambda mail: speaks_of_it(mail) and mail.protocol == "smtp", seconds=2)
