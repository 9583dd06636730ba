"""A file of keys on the lab's machine, and a clock that is wrong there."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

from nullsender.batv import SECONDS_A_DAY
from nullsender.keyfile import Key
from tests.servers.packages import INSTALLED

KEYS = Path("/etc/nullsender/batv.keys")
FIRST = Key(4, "s3cr3ts3cr1t", date(2026, 1, 1))
SECOND = Key(3, "an-older-one", date(2025, 1, 1))
_EPOCH = date(1970, 1, 1)


def put(*keys: Key, path: Path = KEYS) -> None:
    """Write a file of keys that every server may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text("# made by hand\n" + "".join(f"{key.line}\n" for key in keys))


def days(day: str) -> int:
    """Return the days since 1970-01-01."""
    return (date.fromisoformat(day) - _EPOCH).days


def set_clock(day: str) -> None:
    """Have programs that are started on the lab's machine believe that it is that day, at the time that it is."""
    ahead = days(day) - int(time.time()) // SECONDS_A_DAY
    Path("/etc/faketimerc").write_text(f"{ahead:+}d\n")
    Path("/etc/ld.so.preload").write_text(INSTALLED["libfaketime"] + "\n")
