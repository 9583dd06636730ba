"""See whom a real Exim takes mail for: relaying, existence from every source, classes of recipients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender.lab.replies import Reply
from nullsender.session import STRANGER
from tests.live.deployment import Deployed
from tests.live.lab import Lab
from tests.targets.exim.site import TRUSTED, message, send, site

pytestmark = pytest.mark.live

LIVE = Path("/etc/mail/people")
ODD = "198.51.100.9"
STATEMENTS = """
domains   wide   = *.wide.example
domains   theirs = theirs.example, more.theirs.example
domains   read   = live.example
domains   both   = both.example
networks  odd    = 198.51.100.0/24
addresses strict = alice@example.org, bob@example.org
deliver wide, theirs, read, both to lmtp 127.0.0.1:24
recipients of wide are anyone
recipients of theirs from file "more.txt"
recipients of read from live file "/etc/mail/people"
recipients of both from file "more.txt", live file "/etc/mail/people"
defer nonexistent recipients to theirs  with 450 4.1.9 "ask again"
reject nonexistent recipients when client in odd  with 553 5.1.3 "not here"  as odd-client
split mail by strict
"""


def prepare() -> None:
    LIVE.parent.mkdir(exist_ok=True)
    LIVE.write_text("emil@live.example -\nemil@both.example -\n")


@pytest.fixture(scope="module")
def server(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("recipients")
    more = ("abuse@both.example", "abuse@more.theirs.example", "abuse@theirs.example", "ann@both.example")
    (folder / "more.txt").write_text("\n".join((*more, "ann@theirs.example", "zoe@live.example")))
    with site(lab, folder, STATEMENTS, prepare=prepare) as running:
        yield running


def asked(
    server: Deployed, *recipients: str, sender: str = "joe@partner.example", client: str = STRANGER
) -> list[Reply]:
    attempt = send(server, message(sender, "x@example.org"), sender, *recipients, client=client)
    return [reply for _, reply in attempt.recipients]


def verdicts(replies: list[Reply]) -> list[tuple[int, str | None]]:
    return [(reply.code, reply.rule) for reply in replies]


UNKNOWN = (550, "reject-nonexistent-recipients")


@pytest.mark.parametrize(
    ("recipient", "verdict"),
    [
        ("alice@example.org", (250, None)),
        ("ALICE+x@EXAMPLE.ORG", (250, None)),
        ("ghost@example.org", UNKNOWN),
        ("alice@sub.example.org", (554, "relaying")),
        ("someone@elsewhere.example", (554, "relaying")),
        ("postmaster@elsewhere.example", (554, "relaying")),
        ("abuse@elsewhere.example", (554, "relaying")),
        ("postmaster@mx1.example.org", (554, "relaying")),
        ("postmaster", (250, None)),
        ("Postmaster@example.org", (250, None)),
        ("postmaster+x@theirs.example", (250, None)),
        ("postmaster@a.wide.example", (250, None)),
        ("anyone@a.b.wide.example", (250, None)),
        ("anyone@wide.example", (554, "relaying")),
        ("ann@theirs.example", (250, None)),
        ("ann@both.example", (250, None)),
        ("emil@both.example", (250, None)),
        ("ghost@both.example", UNKNOWN),
        ("emil@live.example", (250, None)),
        ("zoe@live.example", UNKNOWN),
        ("ghost@theirs.example", (450, "defer-nonexistent-recipients-to-theirs")),
    ],
)
def test_a_recipient_is_known_to_the_sources_of_its_domain(
    server: Deployed, recipient: str, verdict: tuple[int, str | None]
) -> None:
    assert verdicts(asked(server, recipient)) == [verdict]


def test_existence_holds_for_trusted_clients_too(server: Deployed) -> None:
    replies = asked(server, "ghost@example.org", "someone@elsewhere.example", "alice@example.org", client=TRUSTED)
    assert verdicts(replies) == [UNKNOWN, (250, None), (250, None)]


def test_a_narrower_rule_has_its_own_code(server: Deployed) -> None:
    (reply,) = asked(server, "ghost@example.org", client=ODD)
    assert (reply.code, reply.enhanced, reply.text) == (553, "5.1.3", "not here [odd-client]")
    (reply,) = asked(server, "ghost@theirs.example", client=ODD)
    assert (reply.code, reply.enhanced) == (450, "4.1.9")


def test_a_missing_live_file_defers_what_nothing_else_knows(server: Deployed) -> None:
    LIVE.rename(LIVE.with_suffix(".away"))
    try:
        replies = asked(server, "emil@live.example", "emil@both.example", "ann@both.example", "ghost@example.org")
    finally:
        LIVE.with_suffix(".away").rename(LIVE)
    assert [reply.code for reply in replies] == [451, 451, 250, 550]
    assert replies[0].enhanced == "4.3.0"


def test_a_message_has_recipients_of_one_class(server: Deployed) -> None:
    replies = asked(server, "alice@example.org", "silent@example.org", "bob+x@example.org", "postmaster@example.org")
    assert [reply.code for reply in replies] == [250, 452, 250, 452]
    assert replies[1].enhanced == "4.5.3"
    replies = asked(server, "silent@example.org", "alice@example.org", "postmaster")
    assert [reply.code for reply in replies] == [250, 452, 250]


@pytest.mark.parametrize(("sender", "client"), [("", STRANGER), ("joe@partner.example", TRUSTED)])
def test_bounces_and_trusted_clients_are_not_split(server: Deployed, sender: str, client: str) -> None:
    replies = asked(server, "alice@example.org", "silent@example.org", sender=sender, client=client)
    assert [reply.code for reply in replies] == [250, 250]
