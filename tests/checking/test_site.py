from __future__ import annotations

from pathlib import Path

import pytest

from nullsender import policy as p
from nullsender.names import Entries, Kind
from tests.checking.conftest import Check
from tests.checking.policies import check_text


def test_where_mail_goes(check: Check) -> None:
    found = check(
        """deliver example.org to lmtp 127.0.0.1
        deliver example.net to smtp [2001:DB8::0:1]:2525 on mx1
        deliver example.net to smtp Mail.Example.COM on mx2"""
    ).good.deliveries
    assert [(d.protocol, d.host, d.port, d.on) for d in found] == [
        ("lmtp", "127.0.0.1", 24, ()),
        ("smtp", "2001:db8::1", 2525, ("mx1",)),
        ("smtp", "mail.example.com", 25, ("mx2",)),
    ]


def test_postmaster_is_kept_first_and_always(check: Check) -> None:
    assert check("").good.kept == ("postmaster",)
    kept = check("keep Abuse, hostmaster@example.org, postmaster reachable").good.kept
    assert kept == ("postmaster", "abuse", "hostmaster@example.org")


@pytest.mark.parametrize("entry", ["abuse@example.org", "ABUSE@Example.ORG", "*@example.org", "a*e@*"])
def test_a_kept_address_may_stand_in_a_list_in_any_spelling(tmp_path: Path, entry: str) -> None:
    (tmp_path / "list").write_text(entry + "\n")
    top = 'policy "p"\nrecipients of example.org from file "list"\ndeploy mx1 to postfix\n'
    assert check_text(tmp_path, "keep abuse reachable", top=top).says == []


def test_a_source_that_only_the_server_can_ask_may_hold_any_kept_address(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("alice@example.org\n")
    top = 'policy "p"\nrecipients of example.org from file "list", live file "/l"\ndeploy mx1 to postfix\n'
    assert check_text(tmp_path, "keep abuse reachable", top=top).says == []


def test_a_role_that_begins_like_postmaster_is_not_postmaster(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("alice@example.org\n")
    top = 'policy "p"\nrecipients of example.org from file "list"\ndeploy mx1 to postfix\n'
    assert check_text(tmp_path, "keep postmaster-2 reachable", top=top).codes == {"NS224"}


def test_recipients_come_from_many_kinds_of_source(check: Check) -> None:
    served = check(
        """recipients of a.example from sqlite { database "/var/db" query "SELECT 1" }, the server
        recipients of b.example from callout to 2001:db8::1, callout to mail.example:26
        recipients of c.example from ldap { server "ldap://l" base "o=x" filter "(mail=%s)"
          password file "/etc/pw" timeout 5s }"""
    ).good.served[1:]
    sqlite, server = served[0].sources
    assert isinstance(server, p.TheServer)
    assert isinstance(sqlite, p.Directory)
    assert sqlite.settings == (("database", "/var/db"), ("query", "SELECT 1"))
    assert [source.endpoint for source in served[1].sources if isinstance(source, p.Callout)] == [
        "[2001:db8::1]:25",
        "mail.example:26",
    ]
    (ldap,) = served[2].sources
    assert isinstance(ldap, p.Directory)
    assert dict(ldap.settings)["password"] == Path("/etc/pw")
    assert dict(ldap.settings)["timeout"] == 5


def test_signed_senders_and_classes_keep_their_kind(check: Check) -> None:
    policy = check('sign mail from mine with batv keys "/k"\nsplit mail by mine, joe@example.com').good
    (signed,) = (s.setting for s in policy.statements if isinstance(s.setting, p.SignBatv))
    assert signed == p.SignBatv(Entries("signed", Kind.DOMAINS, ("example.net", "example.org")), "/k", 604800)
    assert [entries.kind for entries in policy.split] == [Kind.DOMAINS, Kind.ADDRESSES]


def test_domains_beside_addresses_become_addresses(check: Check) -> None:
    policy = check('sign mail from example.org, *.example.org, joe@example.com with batv keys "/k" for 2d').good
    (signed,) = (s.setting for s in policy.statements if isinstance(s.setting, p.SignBatv))
    assert signed.senders.members == ("*@*.example.org", "*@example.org", "joe@example.com")


def test_a_domain_below_a_served_pattern_is_served(check: Check) -> None:
    assert check("recipients of *.x.example are anyone\ndeliver a.x.example to smtp 192.0.2.9").says == []
    assert check("recipients of *.x.example are anyone\nrecipients of a.x.example are anyone").codes == {"NS221"}
    assert check("recipients of *.x.example are anyone\ndeliver x.example to smtp 192.0.2.9").codes == {"NS222"}


def test_a_domain_may_be_delivered_elsewhere_on_each_deployment(check: Check) -> None:
    everywhere, here, there = (f"deliver mine to smtp 192.0.2.{n}" for n in (1, 2, 3))
    assert check(f"{everywhere}\n{here} on mx1\n{there} on mx2").says == []
    assert check(f"{here} on mx1, mx2\n{there} on mx2").codes == {"NS223"}
