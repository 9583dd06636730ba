"""Run Redis at its real paths, inside a namespace in which they are private."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nullsender.lab import program
from nullsender.plan import Part
from nullsender.target import Lab
from nullsender_targets.redis.placement import NAME, UNITS_FILE
from nullsender_targets.redis.table import LISTENS

_USER = "redis"
_FOLDERS = (Path(f"/run/redis-{NAME}"), Path("/var/lib/redis"), Path("/var/log/redis"))
_LOG = Path(f"/var/log/redis/redis-server-{NAME}.log")
_SECONDS = 20.0
# Times are all that is kept: in lists of messages that were counted, and by themselves for first tries.
_OLDER = """\
local by = tonumber(ARGV[1]) * 1000000
local function older(time) return string.format('%.0f', tonumber(time) - by) end
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TYPE', key).ok == 'list' then
    for place, time in ipairs(redis.call('LRANGE', key, 0, -1)) do redis.call('LSET', key, place - 1, older(time)) end
  else
    redis.call('SET', key, older(redis.call('GET', key)), 'KEEPTTL')
  end
end
return 'OK'
"""


@dataclass(frozen=True, slots=True)
class RedisLab(Lab):
    """Boot Redis on the file that was applied."""

    def missing(self) -> str | None:
        if shutil.which("redis-server") is None:
            return "Redis is not installed: apt-get install redis-server"
        return None

    def forget(self) -> None:
        _say("FLUSHALL")

    def let_pass(self, seconds: int) -> None:
        _say("EVAL", _OLDER, "0", str(seconds))

    @contextmanager
    def boot(self, part: Part, home: Path) -> Iterator[Callable[[], str]]:  # noqa: ARG002  # its file says where
        """Start it, wait until it answers, and stop it in the end."""
        for folder in _FOLDERS:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.chown(folder, _USER, _USER)
        process = subprocess.Popen(  # noqa: S603  # the program that PATH names
            [shutil.which("redis-server") or "redis-server", str(home / UNITS_FILE)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=_USER,
            group=_USER,
        )
        try:
            program.wait(process, "Redis", lambda: _say("PING"), _SECONDS, _log)
            yield _log
        finally:
            program.stop(process)


def _say(*words: str) -> None:
    """Send one command and see that it is taken."""
    host, _, port = LISTENS["redis"].rpartition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        parts = (f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        connection.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        answer = connection.recv(4096)
    if not answer.startswith((b"+", b"$")):
        raise OSError(f"Redis says {answer.decode(errors='replace').strip()}")


def _log() -> str:
    return _LOG.read_text(errors="replace") if _LOG.exists() else ""


lab = RedisLab()
