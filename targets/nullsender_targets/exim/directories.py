"""Look recipients up in directories, and write down how each is reached.

PostgreSQL and MySQL are reached by settings that their libraries read from files of ours (a service of libpq, a group
of options), since a lookup has no place for a timeout, and its password would be shown to every user by `exim -bP`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nullsender.diagnostic import Diagnostic
from nullsender.names import Kind
from nullsender.policy import Directory
from nullsender_targets.exim import ir
from nullsender_targets.exim.conditions import Conditions

_PATH = re.compile(r"/[A-Za-z0-9/_.+@%~-]+")  # of a lookup's option, which nothing quotes
_HOST = re.compile(r"[A-Za-z0-9_.:-]+")
_PORTS = {"postgres": "5432", "mysql": "3306"}


def search(source: Directory, to: Conditions) -> ir.Search:
    """Return the question whether a directory knows the recipient."""
    number = 1 + len(to.directories)
    asked = ir.Search(source, f"nullsender_{number}", to.recipients(Kind.ADDRESSES))  # type: ignore[arg-type]
    to.directories.append(asked)
    to.found.extend(_unspeakable(asked))
    return asked


def encrypts(asked: tuple[ir.Search, ...]) -> bool:
    """Tell whether LDAP servers are to encrypt what was begun in the clear."""
    return any(one.directory.text("starttls") == "yes" for one in asked)


def misfits(asked: tuple[ir.Search, ...]) -> Iterator[Diagnostic]:
    """Yield what of several directories cannot be said together."""
    ldap = [one.directory for one in asked if one.directory.system == "ldap"]
    wanted = {directory.text("starttls", "no") for directory in ldap}
    if len(wanted) > 1:
        text = "Exim begins TLS with every LDAP server or with none"
        yield Diagnostic("NS526", text, ldap[-1].span, help="write the same `starttls` for each")


def _unspeakable(asked: ir.Search) -> Iterator[Diagnostic]:
    source = asked.directory
    path, host = source.text("database"), source.text("host")
    if source.system == "sqlite" and not _PATH.fullmatch(path):
        text = f"Exim cannot name `{path}` in a lookup"
        yield Diagnostic("NS526", text, source.span, help="give it an absolute path of letters, digits and `._+@%~-`")
    if source.system == "mysql" and not (_HOST.fullmatch(host) or host.startswith("/")):
        yield Diagnostic("NS526", f"Exim cannot name the host `{host}`", source.span, help="write its name or address")
    for name in ("database", "user") if source.system == "mysql" else ():
        if "/" in source.text(name):
            yield Diagnostic("NS526", f"in Exim's list of servers `/` ends `{name}`", source.span)


# --- settings, as files -----------------------------------------------------------------------------------------------
def service(of: ir.Search) -> tuple[tuple[str, str], ...]:
    """Return a service of libpq: where the server is, and how long it is waited for."""
    source = of.directory
    seconds = max(2, source.seconds)  # libpq takes no less
    return (
        ("host", source.text("host")),
        ("port", source.text("port", _PORTS["postgres"])),
        ("dbname", source.text("database")),
        *((("user", source.text("user")),) if source.text("user") else ()),
        ("connect_timeout", str(seconds)),
        ("tcp_user_timeout", str(seconds * 1000)),
        ("keepalives_idle", str(seconds)),
        ("keepalives_interval", "1"),
        ("keepalives_count", "2"),
    )


def options(of: ir.Search) -> tuple[tuple[str, str], ...]:
    """Return a group of options of MySQL's library."""
    host = of.directory.text("host")
    socket = (("socket", host),) if host.startswith("/") else ()
    return (("connect-timeout", str(of.directory.seconds)), *socket)


def server(of: ir.Search) -> str:
    """Return the name of a server in Exim's list of MySQL servers."""
    host = of.directory.text("host")
    if host.startswith("/"):
        return f"localhost[{of.server}]"
    return f"{host}:{of.directory.text('port', _PORTS['mysql'])}[{of.server}]"
