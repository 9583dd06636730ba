"""The lab does what the live tests believe of it."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from nullsender import discover
from nullsender.lab.listing import Listed, Query, question
from nullsender.lab.network import IPV4, IPV6
from tests.live.lab import Lab

pytestmark = pytest.mark.live
HOSTED = [name for name in discover.names() if discover.load(name).placements]
WITHOUT_LAB = ("dovecot",)  # its scripts run for mailboxes, of which no session tells


@pytest.mark.parametrize("name", [name for name in HOSTED if name not in WITHOUT_LAB])
def test_every_target_that_runs_on_a_host_finds_its_program(lab: Lab, name: str) -> None:
    lab.fresh()
    target_lab = discover.load(name).lab
    assert target_lab is not None
    assert target_lab.missing() is None


def ask(name: str, kind: str) -> dns.message.Message:
    return dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", timeout=3)


def answers(name: str, kind: str) -> set[str]:
    return {str(record) for rrset in ask(name, kind).answer for record in rrset}


def test_a_fresh_machine_has_forgotten_files_and_programs(lab: Lab) -> None:
    lab.fresh()
    before = Path("/etc/hostname").read_bytes()
    Path("/etc/hostname").write_text("changed\n")
    Path("/var/lib/left-behind").mkdir()
    program = subprocess.Popen(["sh", "-c", "sleep 600 & exec sleep 600"])
    lab.fresh()
    assert Path("/etc/hostname").read_bytes() == before
    assert not Path("/var/lib/left-behind").exists()
    assert program.wait(5) != 600


@pytest.mark.parametrize(
    ("server", "client"), [(IPV4, "198.51.100.7"), (IPV4, "192.0.2.44"), (IPV6, "2001:db8::7"), (IPV6, "fd77::1")]
)
def test_a_client_comes_from_any_address_of_the_internet(lab: Lab, server: str, client: str) -> None:
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.create_server(("", 2525), family=family) as listening:
        with lab.machine.world():
            connection = socket.create_connection((server, 2525), 5, source_address=(client, 0))
        accepted, peer = listening.accept()
        accepted.close()
        connection.close()
    assert peer[0] == client


def test_mail_to_any_address_of_the_internet_ends_in_the_sink(lab: Lab) -> None:
    lab.fresh()
    lab.sink.replies["bob@partner.example"] = "550 5.1.1 gone"
    with socket.create_connection(("198.51.100.200", 25), 5) as connection, connection.makefile("rb") as replies:
        commands = [
            "EHLO mx1.example.org",
            "MAIL FROM:<alice@example.org> SIZE=9",
            "RCPT TO:<bob@partner.example>",
            "RCPT TO:<joe@partner.example>",
            "DATA",
            "Message-ID: <1@example.org>\r\n\r\n..dot\r\n.",
        ]
        said = [replies.readline()]
        for command in commands:
            connection.sendall(command.encode() + b"\r\n")
            said.append(replies.readline())
            while said[-1][3:4] == b"-":
                said[-1] = replies.readline()
    assert [reply[:3] for reply in said] == [b"220", b"250", b"250", b"550", b"250", b"354", b"250"]
    mail = lab.sink.wait(lambda mail: mail.id == "<1@example.org>")
    assert (mail.protocol, mail.helo, mail.sender, mail.options) == (
        "smtp",
        "mx1.example.org",
        "alice@example.org",
        "SIZE=9",
    )
    assert mail.recipients == ("joe@partner.example",)
    assert mail.octets.endswith(b"\r\n.dot\r\n")


def test_a_name_leads_to_an_address_and_back(lab: Lab) -> None:
    lab.fresh()
    for client, reverse in [("198.51.100.7", "7.100.51.198.in-addr.arpa"), ("2001:db8::7", None)]:
        reverse = reverse or "7" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa"
        (name,) = answers(reverse, "PTR")
        assert answers(name, "AAAA" if ":" in client else "A") == {client}
        lab.resolver.nameless.add(client)
        assert ask(reverse, "PTR").rcode() == dns.rcode.NXDOMAIN
        assert ask(name, "A").rcode() == dns.rcode.NXDOMAIN


def test_domains_of_the_internet_have_exchangers_and_others_do_not_exist(lab: Lab) -> None:
    lab.fresh()
    assert answers("partner.example", "MX") == {"10 partner.example."}
    assert answers("partner.example", "A") == {"198.51.100.250"}
    assert ask("partner.example", "TXT").rcode() == dns.rcode.NOERROR
    assert ask("example.museum", "A").rcode() == dns.rcode.NXDOMAIN


def test_block_lists_answer_with_their_codes_and_keep_a_log(lab: Lab) -> None:
    zone = "bl.example"
    clients = ("198.51.100.7", "2001:db8::7", "198.51.100.8")
    lab.fresh([zone], [Listed(zone, clients[0]), Listed(zone, clients[1], "127.0.0.9")])
    assert [answers(question(zone, client), "A") for client in clients] == [{"127.0.0.2"}, {"127.0.0.9"}, set()]
    assert lab.queries() == tuple(Query(question(zone, client), "A") for client in clients)
    lab.resolver.silent.add(zone)
    assert ask(question(zone, clients[0]), "A").rcode() == dns.rcode.SERVFAIL
    lab.fresh()
    assert lab.queries() == ()
