"""Mail that Postfix, or the filter beside it, puts into quarantine reaches it, and makes no report whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullsender.lab.sink import Received
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

OFFICE, JOE, BOB, JAIL = "192.0.2.10", "joe@partner.example", "bob@example.org", '"odd $1 jail"@example.org'
POLICY = """\
policy "quarantine"
domains mine = example.org
recipients of mine from file "people.txt"
deliver mine to lmtp 127.0.0.1:24
trust clients in 192.0.2.0/24
quarantine into {into}
quarantine {mail} as odd
quarantine outgoing mail {odd} as ours
{ndrs}
deploy mx to postfix 3.7{helper}
"""
ALONE = {
    "helper": "",
    "mail": "ordinary mail from bulk@partner.example allow approximate",
    "odd": "from bulk@partner.example",
}
FILTERED = {
    "helper": " with rspamd 3.4",
    "mail": 'mail when header "X-Bulk" matches /yes/',
    "odd": 'when header "X-Bulk" matches /yes/',
}
SITES = {
    "alone": {**ALONE, "into": JAIL, "ndrs": "send ndrs to anyone"},
    "filtered": {**FILTERED, "into": "junk", "ndrs": "send ndrs only to senders passing spf or dmarc"},
}


@pytest.fixture(scope="module", params=SITES)
def running(
    request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployed, str]]:
    folder = tmp_path_factory.mktemp("quarantine")
    site = SITES[request.param]
    (folder / "people.txt").write_text(f"{BOB}\n")
    (folder / "site.ndr").write_text(POLICY.format(**site))
    with deployed(lab, folder / "site.ndr", "mx") as it:
        it.lab.resolver.texts = {"partner.example": f"v=spf1 ip4:{STRANGER} -all"}
        yield it, BOB if site["into"] == "junk" else JAIL


def send(it: Deployed, client: str, sender: str, *, bulk: bool, more: str = "", options: str = "") -> None:
    """Send a message for Bob, and wait until Postfix is done with it."""
    mark = it.mark()
    fields = f"From: {sender}\nSubject: odd\n{'X-Bulk: yes' if bulk else 'X-Bulk: no'}\n{more}"
    with it.lab.dialogue(client) as session:
        assert session.mail(sender).positive
        assert session.rcpt(BOB, options).positive
        assert session.say("DATA").code == 354
        assert session.message(f"{fields}\nHello.\n".encode().replace(b"\n", b"\r\n")).positive
    assert it.logged("status=", mark)


def about(mail: Received) -> bool:
    return str(mail.message["Subject"]) == "odd"


def test_it_arrives_with_its_sender_and_without_marks(running: tuple[Deployed, str]) -> None:
    it, place = running
    for client in (STRANGER, OFFICE):
        it.lab.sink.clear()
        send(it, client, "bulk@partner.example", bulk=True)
        mail = it.lab.sink.wait(about)
        assert (mail.sender, mail.recipients) == ("bulk@partner.example", (place,))
        assert mail.message["X-Spam"] == ("Yes" if place == BOB else None)
        assert not [name for name in mail.message if name.lower().startswith("x-nullsender")]


# As many as Postfix takes: on its way through another service the message gets one more.
HOPS = "".join(f"Received: from a by b{n}.example; Thu, 1 Jan 2026 00:00:00 +0000\n" for n in range(48))


def test_no_report_leaves_when_it_cannot_be_delivered(running: tuple[Deployed, str]) -> None:
    it, place = running
    it.lab.sink.clear()
    it.lab.sink.replies[place] = "550 5.1.1 gone"
    for client in (STRANGER, OFFICE):
        for more, options in (("", ""), (HOPS, ""), ("", "NOTIFY=FAILURE,DELAY,SUCCESS")):
            mark = it.mark()
            send(it, client, "bulk@partner.example", bulk=True, more=more, options=options)
            assert it.logged("said: 550 5.1.1 gone", mark)
    assert not it.lab.sink.comes(lambda mail: "bulk@partner.example" in mail.recipients, 0.5)


def test_other_mail_of_trusted_clients_has_its_reports(running: tuple[Deployed, str]) -> None:
    it, _ = running
    it.lab.sink.clear()
    it.lab.sink.replies[BOB] = "550 5.1.1 gone"
    send(it, OFFICE, JOE, bulk=False)
    assert it.lab.sink.comes(lambda mail: mail.sender == "" and JOE in mail.recipients, 5)


def test_senders_who_pass_have_reports_of_other_mail(running: tuple[Deployed, str]) -> None:
    it, _ = running
    it.lab.sink.clear()
    it.lab.sink.replies[BOB] = "550 5.1.1 gone"
    send(it, STRANGER, JOE, bulk=False)
    assert it.lab.sink.comes(lambda mail: mail.sender == "" and JOE in mail.recipients, 5)
