"""What Postfix must bear: deep conditions, every quarantine, machines in front, internationalised names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

MESSAGE = b"Message-ID: <1@x.example>\r\nSubject: x\r\n\r\nHello.\r\n"
GATE = "198.51.100.130"
DEPTH = 42  # beside trusted, kept and the null sender
BASE = """policy "limits"
domains  mine = example.org, bücher.example
networks gate = 198.51.100.128/25
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
trust clients in 192.0.2.0/24
upstream clients in gate
reject bounces to several recipients
defer bounces to bob@example.org until 2027-06-30 allow approximate
deploy mx to postfix 3.7
"""


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    policy = tmp_path_factory.mktemp("limits") / "limits.ndr"
    policy.write_text(BASE + request.param)
    with deployed(lab, policy, "mx", verify=True) as it:
        yield it


def quarantined(into: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("running", [f"quarantine into {into}\n"], indirect=True, ids=[into])


_NESTED = " and ".join(f"sender in d{n}" for n in range(DEPTH))
_SETS = "".join(f"domains d{n} = partner.example, x{n}.example\n" for n in range(DEPTH))
deep = pytest.mark.parametrize(
    "running", [f"{_SETS}reject ordinary mail when {_NESTED} as deep\n"], indirect=True, ids=["deep"]
)


@deep
def test_the_deepest_condition_that_is_compiled_is_followed(running: Deployed) -> None:
    assert running.lab.attempt("joe@partner.example", ["alice@example.org"], MESSAGE).last.rule == "deep"
    assert running.lab.attempt("joe@x1.example", ["alice@example.org"], MESSAGE).accepted
    assert "unreasonable recursion" not in running.log()


@deep
def test_a_domain_is_served_in_either_spelling(running: Deployed) -> None:
    assert running.lab.attempt("joe@x.example", ["alice@xn--bcher-kva.example"], MESSAGE).accepted
    with running.lab.dialogue() as session:
        assert session.say("MAIL FROM:<joe@x.example> SMTPUTF8").positive
        assert session.rcpt("alice@bücher.example").positive
        assert session.rcpt("alice@büche.example").rule == "relaying"


@deep
def test_a_stranger_is_refused_what_a_machine_in_front_is_not(running: Deployed) -> None:
    two = ["alice@example.org", "carol@example.org"]
    assert running.lab.attempt("", two, MESSAGE).last.rule == "reject-bounces-to-several-recipients"
    assert running.lab.attempt("", ["bob@example.org"], MESSAGE).last.code == 451
    assert running.lab.attempt("", ["bob@example.org"], MESSAGE, client=GATE).last.code == 451


def send(running: Deployed) -> None:
    running.lab.sink.clear()
    mark = running.mark()
    attempt = running.lab.attempt("", ["alice@example.org", "carol@example.org"], MESSAGE, client=GATE)
    assert attempt.accepted, attempt.last
    assert running.logged("[reject-bounces-to-several-recipients]", mark)


@quarantined("junk")
def test_junk_is_delivered_and_marked(running: Deployed) -> None:
    send(running)
    mail = running.lab.sink.wait(lambda mail: "alice@example.org" in mail.recipients)
    assert mail.message.get_all("X-Spam") == ["Yes"]


@quarantined("hold")
def test_what_is_held_stays_in_the_queue(running: Deployed) -> None:
    send(running)
    assert not running.lab.sink.comes(lambda _: True, seconds=1.5)
    assert len([path for path in Path("/var/spool/postfix/hold").rglob("*") if path.is_file()]) == 1


@quarantined("spam@example.org")
def test_what_goes_to_an_address_goes_nowhere_else(running: Deployed) -> None:
    send(running)
    mail = running.lab.sink.wait(lambda mail: "spam@example.org" in mail.recipients)
    assert mail.recipients == ("spam@example.org",)
    assert not running.lab.sink.comes(lambda mail: "alice@example.org" in mail.recipients, seconds=1)
