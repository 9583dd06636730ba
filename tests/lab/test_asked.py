"""What directories are asked is understood as far as one table or one base can answer it, and else said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nullsender.lab.directories.asked import Asked, understood
from nullsender.lab.directories.place import endpoints, place_of
from nullsender.lab.directories.server import find
from nullsender.lab.directories.serving import lacks
from nullsender.lab.directories.tables import tables
from nullsender.lab.playing import cannot_play
from nullsender.policy import Directory, Policy
from nullsender.session import Session
from nullsender.source import Source, Span
from tests.evaluation.policies import policy

NOWHERE = Span(Source("", ""), 0, 0)
SQL = {"host": "127.0.0.1", "database": "mail", "user": "mail"}
LDAP = {"server": "127.0.0.1", "base": "dc=example"}


def directory(system: str, **settings: str) -> Directory:
    return Directory(system, tuple(settings.items()), NOWHERE)


def understanding(system: str, **settings: str) -> Asked:
    found = understood(directory(system, **settings))
    assert isinstance(found, Asked), found
    return found


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("SELECT 1 FROM boxes WHERE address = '%s'", {"address": "al.o'x@example.org"}),
        ("select address from Boxes where Address='%u@example.net';", {"address": "al.o'x@example.net"}),
        (
            "SELECT * FROM b WHERE name = '%u' AND domain = '%d' AND active = 1 LIMIT 1",
            {"name": "al.o'x", "active": "1"},
        ),
        ("SELECT maildir, 'x' FROM b WHERE a = '%s'", {"maildir": "shown", "a": "al.o'x@example.org"}),
    ],
)
def test_a_query_of_one_table_is_understood(query: str, row: dict[str, str]) -> None:
    asked = understanding("postgres", **SQL, query=query)
    (table,) = tables({asked: ("al.o'x@example.org",)})
    (found,) = table.rows
    assert row.items() <= dict(found).items()
    assert set(dict(found)) == {name for name, _ in table.columns}


def test_a_table_has_the_columns_of_all_who_ask_it() -> None:
    one = understanding("mysql", **SQL, query="SELECT 1 FROM boxes WHERE address = '%s'")
    other = understanding("mysql", **SQL, query="SELECT 1 FROM boxes WHERE name = '%u' AND active = 1")
    (table,) = tables({one: ("a@example.org",), other: ("it's@example.net",)})
    assert list(table.statements()) == [
        "DROP TABLE IF EXISTS boxes",
        "CREATE TABLE boxes (address varchar(255), name varchar(255), active integer)",
        "INSERT INTO boxes (address) VALUES ('a@example.org')",
        "INSERT INTO boxes (name, active) VALUES ('it''s', '1')",
    ]


@pytest.mark.parametrize(
    ("filter_", "equal"),
    [
        ("(mail=%s)", {"mail": "%s"}),
        ("mail=%s", {"mail": "%s"}),
        ("(&(objectClass=person)(mail=%s))", {"objectclass": "person", "mail": "%s"}),
        ("(|(proxyAddresses=smtp:%s)(mail=%s))", {"proxyaddresses": "smtp:%s"}),
        ("(&(uid=%u)(mail=*)(|(o=%d)(o=all)))", {"uid": "%u", "mail": "x", "o": "%d"}),
    ],
)
def test_a_filter_of_equal_attributes_is_understood(filter_: str, equal: dict[str, str]) -> None:
    assert dict(understanding("ldap", **LDAP, filter=filter_).equal) == equal


@pytest.mark.parametrize(
    ("system", "settings", "why"),
    [
        ("sqlite", {"query": "SELECT 1 FROM a JOIN b USING (x) WHERE a.y = '%s'"}, "it understands one table"),
        ("postgres", {**SQL, "query": "SELECT 1 FROM a WHERE x = '%s' OR y = '%s'"}, "it understands one table"),
        ("postgres", {**SQL, "query": "SELECT 1 FROM a WHERE x = 'all'"}, "it understands one table"),
        ("mysql", {**SQL, "query": "SELECT 1 FROM a WHERE x = '%s' AND x = '%u'"}, "it understands one table"),
        ("mysql", {"host": "h", "query": "SELECT 1 FROM a WHERE x = '%s'"}, "it knows users of databases"),
        ("ldap", {**LDAP, "filter": "(!(mail=%s))"}, "it understands filters"),
        ("ldap", {**LDAP, "filter": "(mail=*%s*)"}, "it understands filters"),
        ("ldap", {**LDAP, "filter": "(mail=all)"}, "it understands filters"),
        ("ldap", {**LDAP, "filter": "(mail=%s)", "starttls": "yes"}, "it has no certificates"),
    ],
)
def test_what_is_not_understood_is_said(system: str, settings: dict[str, str], why: str) -> None:
    said = understood(directory(system, **settings))
    assert isinstance(said, str)
    assert said.startswith(f"the lab has no such directory: {why}")


@pytest.mark.parametrize(
    ("system", "settings", "places"),
    [
        ("postgres", {"host": "/run/pg", "port": "5433"}, ["/run/pg/.s.PGSQL.5433"]),
        ("postgres", {"host": "db.example"}, ["db.example:5432"]),
        ("mysql", {"host": "localhost"}, ["localhost:3306", "/run/mysqld/mysqld.sock"]),
        ("mysql", {"host": "/run/my.sock"}, ["/run/my.sock"]),
        ("ldap", {"server": "ldap://[::1]:3389/"}, ["::1:3389"]),
        ("ldap", {"server": "ldap.example"}, ["ldap.example:389"]),
        ("ldap", {"server": "ldapi://%2Frun%2Fldapi"}, ["/run/ldapi"]),
    ],
)
def test_a_directory_is_asked_where_its_library_would_ask(
    system: str, settings: dict[str, str], places: list[str]
) -> None:
    source = directory(system, **settings)
    assert [f"{one.host}:{one.port}" if one.port else one.host for one in endpoints(source)] == places
    assert place_of(source) == places[0]


def asking(query: str) -> Policy:
    text = f'recipients of ask.example from postgres {{ host "h" database "d" user "u" query "{query}" }}\n'
    return policy(text + "deliver ask.example to lmtp 127.0.0.1:24\n")


def test_an_address_that_a_directory_knows_by_half_of_it_cannot_be_unknown() -> None:
    session = Session(("a@ask.example", "b@ask.example"), known=frozenset({"a@ask.example"}))
    assert cannot_play(session, asking("SELECT 1 FROM t WHERE a = '%s'"), lookups_fail=False) is None
    by_domain = asking("SELECT 1 FROM t WHERE a = '%d'")
    assert (cannot_play(session, by_domain, lookups_fail=False) or "").startswith("a directory knows this address")
    both = replace(session, known=frozenset(session.recipients))
    assert cannot_play(both, by_domain, lookups_fail=False) is None


def test_a_program_is_found_below_a_tree_before_the_host_and_named_where_it_is_nowhere(tmp_path: Path) -> None:
    program = tmp_path / "usr/lib/postgresql/15/bin/postgres"
    program.parent.mkdir(parents=True)
    program.touch()
    (tmp_path / "usr/lib/any-linux-gnu").mkdir(parents=True)
    found = find((tmp_path,), "usr/lib/postgresql/*/bin/postgres")
    assert found is not None
    assert (found.path, found.root) == (program, tmp_path)
    assert found.environment == {"LD_LIBRARY_PATH": str(tmp_path / "usr/lib/any-linux-gnu")}
    assert find((tmp_path,), "usr/sbin/no-such-program") is None
    assert lacks("sqlite", ()) is None
    assert lacks("postgres", (tmp_path,)) is None
