"""Which of Debian's packages the live tests need, and where their programs are found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

LAB = Path(__file__).parents[2] / ".lab"

# Package -> a file of it that the tests use.
INSTALLED: Mapping[str, str] = {
    "dovecot-core": "/usr/sbin/dovecot",
    "dovecot-sieve": "/usr/bin/sieve-test",
    "git": "/usr/bin/git",
    "iproute2": "/sbin/ip",
    "libfaketime": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "mariadb-server-core": "/usr/sbin/mariadbd",
    "postfix": "/usr/sbin/postfix",
    **{f"postfix-{kind}": f"/usr/lib/postfix/postfix-{kind}.so" for kind in ("ldap", "lmdb", "mysql")},
    **{f"postfix-{kind}": f"/usr/lib/postfix/postfix-{kind}.so" for kind in ("pcre", "pgsql", "sqlite")},
    "postsrsd": "/usr/sbin/postsrsd",
    "rbldnsd": "/usr/sbin/rbldnsd",
    "redis-server": "/usr/bin/redis-server",
    "rspamd": "/usr/bin/rspamd",
    "sqlite3": "/usr/bin/sqlite3",
}
SERVICES: Mapping[str, str] = {  # package -> the service that it brings
    "dovecot-core": "dovecot",
    "postfix": "postfix",
    "postsrsd": "postsrsd",
    "rbldnsd": "rbldnsd",
    "redis-server": "redis-server",
    "rspamd": "rspamd",
}

# Packages that conflict with those above, or would set up services, are unpacked below `.lab/NAME`, not installed.
UNPACKED: Mapping[str, tuple[str, ...]] = {
    "exim": ("exim4-base", "exim4-config", "exim4-daemon-heavy"),
    "postgresql": ("postgresql-15",),
    "slapd": ("slapd",),
}
UNPACKED_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "exim": ("usr/sbin/exim4", "usr/sbin/exim_dbmbuild"),
    "postgresql": ("usr/lib/postgresql/15/bin/postgres", "usr/lib/postgresql/15/bin/initdb"),
    "slapd": ("usr/sbin/slapd",),
}
UNWANTED = frozenset({"libllvm14"})  # libraries of theirs that no test comes to


def unpacked_trees() -> tuple[Path, ...]:
    """Return the folders below which packages are unpacked."""
    return tuple(LAB / name for name in UNPACKED)


def libraries_of(tree: Path) -> tuple[str, ...]:
    """Return the folders of libraries that an unpacked tree brings with it."""
    return tuple(str(folder) for folder in sorted(tree.glob("usr/lib/*-linux-gnu")))


def missing() -> tuple[str, ...]:
    """Return the packages whose programs are not there, in either way."""
    installed = [name for name, file in INSTALLED.items() if not Path(file).exists()]
    unpacked = [
        name for name, programs in UNPACKED_PROGRAMS.items() if not all((LAB / name / p).is_file() for p in programs)
    ]
    return (*installed, *unpacked)
