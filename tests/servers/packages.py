"""Which of Debian's packages the live tests need, and where their programs are found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

LAB = Path(__file__).parents[2] / ".lab"

# Package -> a file of it that the tests use.
INSTALLED: Mapping[str, str] = {
    "git": "/usr/bin/git",
    "iproute2": "/sbin/ip",
    "libfaketime": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "postfix": "/usr/sbin/postfix",
    "postfix-lmdb": "/usr/lib/postfix/postfix-lmdb.so",
    "postfix-pcre": "/usr/lib/postfix/postfix-pcre.so",
    "rbldnsd": "/usr/sbin/rbldnsd",
    "redis-server": "/usr/bin/redis-server",
    "rspamd": "/usr/bin/rspamd",
}
SERVICES = ("postfix", "rbldnsd", "redis-server", "rspamd")

# Packages that conflict with those above are unpacked below `.lab/NAME` and never installed.
UNPACKED: Mapping[str, tuple[str, ...]] = {"exim": ("exim4-base", "exim4-config", "exim4-daemon-heavy")}
UNPACKED_PROGRAMS: Mapping[str, tuple[str, ...]] = {"exim": ("usr/sbin/exim4", "usr/sbin/exim_dbmbuild")}


def unpacked_trees() -> tuple[Path, ...]:
    """Return the folders below which packages are unpacked."""
    return tuple(LAB / name for name in UNPACKED)


def missing() -> tuple[str, ...]:
    """Return the packages whose programs are not there, in either way."""
    installed = [name for name, file in INSTALLED.items() if not Path(file).exists()]
    unpacked = [
        name for name, programs in UNPACKED_PROGRAMS.items() if not all((LAB / name / p).is_file() for p in programs)
    ]
    return (*installed, *unpacked)
