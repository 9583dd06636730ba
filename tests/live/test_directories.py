"""Real servers ask real directories who exists: SQLite, PostgreSQL, MariaDB and LDAP, running, stopped and silent."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullsender import discover
from nullsender.lab.directories.asked import directories
from nullsender.lab.directories.server import SECRET
from nullsender.lab.directories.serving import Directories
from nullsender.lab.network import IPV4
from nullsender.lab.playing import write_file
from nullsender.lab.replies import Reply, read_reply
from nullsender.names import Kind, LiveFile
from nullsender.source import Source, Span
from tests.live.deployment import Deployed, compiled, deployed
from tests.live.failing import halt, wake
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = Path(__file__).parent / "directories/asked.ndr"
BOXES = (
    "alice@example.org",
    "o'brien@example.org",
    "star*@example.org",
    "p_c-t@example.org",
    "odd one@example.org",
)
FILE = Path("/var/lib/mail/boxes.db")
PEOPLE = Path("/etc/mail/people")
DOMAINS = {"postgres": "example.org", "mysql": "mysql.example", "ldap": "ldap.example"}
LONGEST = 15.0  # seconds that a silent directory may cost
UNKNOWN, FAILED = (550, "5.1.1"), (451, "4.3.0")


@dataclass(frozen=True)
class Site:
    """A mail server and the directories that it asks."""

    running: Deployed

    @property
    def directories(self) -> Directories:
        return self.running.lab.directories

    def ask(self, *recipients: str) -> list[Reply]:
        """Name recipients in a session of their own, and return what is said of each."""
        with self.running.lab.dialogue() as session:
            session.mail("joe@partner.example")
            return [session.rcpt(recipient) for recipient in recipients]

    def codes(self, *recipients: str) -> list[tuple[int, str | None]]:
        return [(reply.code, reply.enhanced) for reply in self.ask(*recipients)]


def people(addresses: tuple[str, ...] | None) -> None:
    """Write the file that servers read, or take it away, as its owner does."""
    file = LiveFile(str(PEOPLE), Kind.ADDRESSES, Span(Source("", ""), 0, 0))
    write_file(PEOPLE, addresses)
    for name in ("postfix", "exim"):
        target_lab = discover.load(name).lab
        assert target_lab is not None
        target_lab.changed(file)


@pytest.fixture(scope="module", params=["asked:pf", "asked:ex"])
def site(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Site]:
    name = request.param.partition(":")[2]
    policy = compiled(POLICY, name).policy
    assert policy is not None

    def prepare() -> None:
        people(("emil@several.example",))
        lab.directories.hold(dict.fromkeys(directories(policy), BOXES))

    with deployed(lab, POLICY, name, prepare=prepare) as running:
        yield Site(running)


@pytest.mark.parametrize("domain", [*DOMAINS.values(), "sqlite.example"])
def test_a_directory_knows_its_own_and_nobody_else(site: Site, domain: str) -> None:
    known = (f"alice@{domain}", f"ALICE+list@{domain.upper()}", f"prvs=1234abcdef=alice@{domain}", f"o'brien@{domain}")
    replies = site.ask(*known, f"postmaster@{domain}")
    assert [reply.code for reply in replies] == [250] * 5, site.running.log()[-3000:]
    strangers = (f"ghost@{domain}", f"prvs=1234abcdef=ghost@{domain}", f"+alice@{domain}")
    assert site.codes(*strangers) == [UNKNOWN] * 3


# --- what clients may write -------------------------------------------------------------------------------------------
ATTACKS = (
    *(
        "x' OR '1'='1",
        "x' OR 1=1 -- ",
        "\\' OR 1=1 -- ",
        "x'; DROP TABLE boxes; --",
        "alice' --",
        "' UNION SELECT 1 -- ",
    ),
    *("*", "a*", "*)(objectClass=*", "alice)(|(mail=*", "alice)(cn=*)(mail=alice", "\\2a", "alic\\65"),
    *("%", "al%", "_lice", "%s", "%u", "%25", "pxc-t", "starx", "$(id)", "`id`", "${readfile{/etc/passwd}}", "$1"),
    *(
        "alice\\",
        'ali"ce',
        "alice'",
        "''",
        "\\'",
        "alice -",
        "=alice",
        "+alice",
        "alice\tx",
        "alice#",
        "alice;",
        "\x7f",
    ),
)


@pytest.mark.parametrize("domain", [*DOMAINS.values(), "sqlite.example"])
def test_what_a_client_writes_never_leaves_its_place_in_a_query(site: Site, domain: str) -> None:
    quoted = ["".join(f"\\{c}" if c in '"\\' else c for c in attack) for attack in ATTACKS]
    addresses = [
        *(f'"{local}"@{domain}' for local in quoted),
        *(f"{attack}@{domain}" for attack in ATTACKS if "\\" not in attack),
    ]
    wrong = [
        (address, reply.code, reply.text)
        for address in addresses
        for reply in site.ask(address)
        if not 500 <= reply.code < 600
    ]
    assert not wrong, wrong
    odd = ("star*", "p_c-t", "alice", '"o\'brien"', '"alice"', '"odd one"', "p_c-t+x")
    assert [reply.code for reply in site.ask(*(f"{local}@{domain}" for local in odd))] == [250] * len(odd)
    assert site.codes(f'"odd one+x"@{domain}') == [UNKNOWN]  # what is quoted has no subaddress


@pytest.mark.parametrize("domain", [*DOMAINS.values(), "sqlite.example"])
def test_bytes_that_are_no_text_are_nobodys_address(site: Site, domain: str) -> None:
    for local in (b"alice\x00", b"\x00alice", b"alice\xff", b"\xc3\x28", b"\xbf\x27 OR 1=1 -- ", b"'\xe5\x5c"):
        with site.running.lab.machine.world():
            connection = socket.create_connection((IPV4, 25), 60)
        with connection, connection.makefile("rb") as lines, suppress(ConnectionError):  # or it hangs up
            read_reply(lines.readline)
            for command in (b"EHLO client.example", b"MAIL FROM:<joe@partner.example>"):
                connection.sendall(command + b"\r\n")
                assert read_reply(lines.readline).positive
            connection.sendall(b"RCPT TO:<" + local + b"@" + domain.encode() + b">\r\n")
            assert not read_reply(lines.readline).positive, local


# --- directories that do not answer -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", list(DOMAINS))
def test_a_directory_that_is_stopped_defers_its_recipients_until_it_is_back(site: Site, name: str) -> None:
    domain = DOMAINS[name]
    with site.running.lab.dialogue() as session:
        session.mail("joe@partner.example")
        assert session.rcpt(f"alice@{domain}").code == 250
        site.directories.end(name)
        try:
            replies = [session.rcpt(f"{local}@{domain}") for local in ("alice+x", "ghost", "postmaster")]
            assert [reply.code for reply in replies] == [451, 451, 250], site.running.log()[-2000:]
            assert site.codes(f"alice@{domain}", f"ghost@{domain}") == [FAILED] * 2
        finally:
            site.directories.resume(name)
    assert [reply.code for reply in site.ask(f"alice@{domain}", f"ghost@{domain}")] == [250, 550]


@pytest.mark.parametrize("name", list(DOMAINS))
def test_a_directory_that_falls_silent_costs_little_time_and_no_mail(site: Site, name: str) -> None:
    domain, processes = DOMAINS[name], site.directories.server(name).processes()
    halt(processes)
    try:
        for local in ("alice", "ghost"):
            began = time.monotonic()
            assert site.codes(f"{local}@{domain}") == [FAILED]
            assert time.monotonic() - began < LONGEST
        other = next(other for other in DOMAINS.values() if other != domain)
        assert site.ask(f"alice@{other}", f"postmaster@{domain}")[1].code == 250
    finally:
        wake(processes)
    assert [reply.code for reply in site.ask(f"alice@{domain}", f"ghost@{domain}")] == [250, 550]


def test_a_database_that_is_missing_empty_or_broken_defers_and_is_not_made(site: Site) -> None:
    kept = FILE.with_suffix(".kept")
    FILE.rename(kept)
    try:
        assert site.codes("alice@sqlite.example", "ghost@sqlite.example") == [FAILED] * 2
        assert not FILE.exists()
        for content in (b"", b"no database at all\n" * 100):
            FILE.write_bytes(content)
            assert site.codes("alice@sqlite.example", "ghost@sqlite.example") == [FAILED] * 2
    finally:
        kept.rename(FILE)
    assert [reply.code for reply in site.ask("alice@sqlite.example", "ghost@sqlite.example")] == [250, 550]


@pytest.mark.parametrize("site", ["asked:pf"], indirect=True)
def test_the_log_of_the_server_says_which_database_failed(site: Site) -> None:
    kept = FILE.with_suffix(".kept")
    FILE.rename(kept)
    try:
        assert site.codes("alice@sqlite.example") == [FAILED]
    finally:
        kept.rename(FILE)
    assert f"{FILE} cannot be read" in site.running.log()


def test_one_yes_is_yes_and_else_one_failure_defers(site: Site) -> None:
    everybody = [f"{local}@several.example" for local in ("ann", "emil", "alice", "ghost")]

    def codes() -> list[int]:
        return [reply.code for reply in site.ask(*everybody)]

    assert codes() == [250, 250, 250, 550]
    site.directories.end("postgres")
    assert codes() == [250, 250, 250, 451]
    site.directories.resume("postgres")
    FILE.rename(FILE.with_suffix(".away"))
    people(None)
    try:
        assert codes() == [250, 451, 250, 451]
    finally:
        FILE.with_suffix(".away").rename(FILE)
        people(("emil@several.example",))
    assert codes() == [250, 250, 250, 550]


@pytest.mark.usefixtures("site")
def test_no_password_is_in_what_everybody_may_read() -> None:
    readable = [
        file
        for home in ("/etc/postfix", "/etc/exim4")
        for file in Path(home).rglob("*")
        if file.is_file() and SECRET.encode() in file.read_bytes()
    ]
    assert all(file.stat().st_mode & 0o007 == 0 for file in readable)
    assert all("secrets" in file.parts for file in readable)
