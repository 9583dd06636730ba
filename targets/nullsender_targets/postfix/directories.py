"""Ask directories whether they know a recipient: by a service of ours, which bounds the time that each may take.

smtpd itself would end without a reply where an SQLite database lacks a table, would wait for hours for a database
server that falls silent, and would stop at the first table that fails where the next may know the recipient. The
service asks them all with postmap(1), and answers by the policy protocol (SMTPD_POLICY_README). It is of the group
postdrop, which postlog(1) has to be of where Postfix keeps its own log (maillog_file).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nullsender.policy import LOOKUP_SECONDS, Directory, LiveFile
from nullsender_targets.postfix import ir, services, sets
from nullsender_targets.postfix.draft import Draft, Purpose

SERVICE = services.service("directories", "daemon:postdrop", "/bin/sh")
_KINDS = {"sqlite": "sqlite", "postgres": "pgsql", "mysql": "mysql", "ldap": "ldap"}
_NAMES = {
    "sqlite": {"database": "dbpath", "query": "query"},
    "postgres": {"user": "user", "database": "dbname", "query": "query"},
    "mysql": {"user": "user", "database": "dbname", "query": "query"},
    "ldap": {"filter": "query_filter", "scope": "scope", "starttls": "start_tls", "bind": "bind_dn"},
}
_UNAVAILABLE = ir.Refuse(451, "4.3.0", "cannot look up this recipient now, try again later", "")


def asked(
    number: int, sources: Iterable[LiveFile | Directory], then: ir.Outcome, purpose: Purpose, draft: Draft
) -> ir.Restriction:
    """Return what leads to `then` whom no source knows, and defers whom one of them could have known."""
    name = str(number)
    if name not in draft.directories:
        tables = tuple(_tables(name, sources, draft))
        draft.directories[name] = ir.Directories(name, tables, purpose.ids)
    seconds = sum(table.seconds for table in draft.directories[name].tables)
    context = f"{name}:{_class(then, purpose, draft)}"
    failed = ir.Refuse(_UNAVAILABLE.code, _UNAVAILABLE.enhanced, _UNAVAILABLE.text, purpose.ids[0])
    return services.asking(SERVICE, context, seconds, failed)


def _class(then: ir.Outcome, purpose: Purpose, draft: Draft) -> str:
    if isinstance(then, ir.Enter):
        return then.name
    return draft.restriction_class((sets.table(ir.Subject.RECIPIENT, (), then, purpose, draft),), purpose)


def _tables(name: str, sources: Iterable[LiveFile | Directory], draft: Draft) -> Iterator[ir.Directory]:
    for place, source in enumerate(sources, 1):
        if isinstance(source, Directory):
            yield _directory(f"{name}-{place}.cf", source)
        elif sets.usable(source, draft):
            yield ir.Directory("lmdb", source.path, LOOKUP_SECONDS)


def _directory(name: str, source: Directory) -> ir.Directory:
    given = [(ours, source.text(theirs)) for theirs, ours in _NAMES[source.system].items() if source.text(theirs)]
    more = _LDAP if source.system == "ldap" else ()
    settings = (*_where(source), *given, *((key, value(source)) for key, value in more))
    secret = "bind_pw" if source.system == "ldap" else "password"
    return ir.Directory(
        _KINDS[source.system],
        name,
        source.seconds,
        settings,
        (secret, source.password) if source.password else None,
    )


def _where(source: Directory) -> Iterator[tuple[str, str]]:
    """Yield the machine and the port that are asked."""
    if source.system == "ldap":
        server = source.text("server")
        yield "server_host", server if "://" in server else f"ldap://{server}"
    elif host := source.text("host"):
        port = source.text("port")
        yield "hosts", f"unix:{host}" if host.startswith("/") else f"inet:{host}" + (f":{port}" if port else "")


_LDAP = (
    ("search_base", lambda source: source.text("base").replace("%", "%%")),
    ("result_attribute", lambda _: "objectClass"),
    ("bind", lambda source: "yes" if source.text("bind") else "no"),
    ("version", lambda _: "3"),
    ("timeout", lambda source: str(source.seconds)),
)
