"""Directories that drawn policies ask: one of each system that knows a few, and one that is down."""

from __future__ import annotations

from collections.abc import Mapping

_SQL = 'user "mail" password file "/etc/mail/password" query "SELECT 1 FROM boxes WHERE address = \'%s\'"'
_PARTS = "user \"mail\" query \"SELECT owner FROM boxes WHERE name = '%u' AND domain = '%d' AND active = 1\""
_BINDS = 'bind "cn=mail,dc=example" password file "/etc/mail/password"'
_FILTER = 'filter "(&(objectClass=mailbox)(mail=%s))"'
KNOWING: Mapping[str, str] = {
    "sqlite": """sqlite { database "/var/lib/mail/people.db" query "SELECT 1 FROM boxes WHERE address = '%s'" }""",
    "postgres": f'postgres {{ host "198.51.100.240" database "mail" {_SQL} }}',
    "mysql": f'mysql {{ host "db.elsewhere.example" port 3310 database "mail" {_PARTS} }}',
    "ldap": f'ldap {{ server "127.0.0.1:3389" base "ou=people,dc=example" {_BINDS} {_FILTER} }}',
}
DOWN: Mapping[str, str] = {
    "sqlite": """sqlite { database "/var/lib/mail/vanished.db" query "SELECT 1 FROM boxes WHERE address = '%s'" }""",
    "postgres": f'postgres {{ host "/run/vanished" database "mail" {_SQL} }}',
    "mysql": f'mysql {{ host "127.0.0.1" database "mail" {_PARTS} }}',
    "ldap": f'ldap {{ server "198.51.100.241" base "ou=people,dc=example" {_BINDS} {_FILTER} }}',
}
PLACES = ("/var/lib/mail/people.db", "198.51.100.240:5432", "db.elsewhere.example:3310", "127.0.0.1:3389")  # of KNOWING
