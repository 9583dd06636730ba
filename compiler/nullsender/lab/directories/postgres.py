"""PostgreSQL in the lab, spoken to by its own protocol (version 3, simple queries)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nullsender.lab.directories.server import ADMIN, SECONDS, SECRET, Found, Held, Server, run, users
from nullsender.lab.directories.tables import tables, text

_DATABASE = "postgres"  # the one that is always there
_OPEN = "nullsender_open"  # a group: who is in it needs no password
_VERSION = 196608
_SETTINGS = ("listen_addresses=", "fsync=off", "dynamic_shared_memory_type=mmap", "shared_buffers=16MB")


class Postgres:
    """Everybody comes over one socket: the lab itself, and whoever it is that asks."""

    name = "PostgreSQL"

    def __init__(self, found: Found, home: Path) -> None:
        self._bin, self.environment, self._home = found.path.parent, found.environment, home
        self._data = home / "data"
        self._databases = {_DATABASE}

    @property
    def socket(self) -> Path:
        return self._home / ".s.PGSQL.5432"

    @property
    def command(self) -> tuple[str, ...]:
        settings = (*_SETTINGS, f"unix_socket_directories={self._home}")
        options = (word for setting in settings for word in ("-c", setting))
        return (str(self._bin / "postgres"), "-D", str(self._data), *options)

    def ask(self) -> None:
        try:
            self._say(_DATABASE)
        except RuntimeError as error:  # it is starting up
            raise ConnectionError(str(error)) from error

    def make(self) -> None:
        options = ("--locale=C", "--encoding=UTF8", "--no-sync", "--auth=trust", f"--username={ADMIN}")
        run((str(self._bin / "initdb"), "-D", str(self._data), *options, "--wal-segsize=1"), "", self.environment)
        (self._data / "pg_hba.conf").write_text(
            f"local all {ADMIN} trust\nlocal all +{_OPEN} trust\nlocal all all scram-sha-256\n"
        )

    def fill(self, held: Held, server: Server) -> None:
        server.start()
        with suppress(RuntimeError):  # it is there
            self._say(_DATABASE, f"CREATE ROLE {_OPEN}")
        for user, secret in users(held):
            with suppress(RuntimeError):
                self._say(_DATABASE, f"CREATE ROLE {_name(user)} LOGIN PASSWORD {text(SECRET)}")
            self._say(_DATABASE, f"{f'REVOKE {_OPEN} FROM' if secret else f'GRANT {_OPEN} TO'} {_name(user)}")
        for table in tables(held):
            if table.database not in self._databases:
                self._say(_DATABASE, f"CREATE DATABASE {_name(table.database)}")
                self._databases.add(table.database)
            self._say(table.database, *table.statements(), f"GRANT SELECT ON {table.name} TO PUBLIC")

    def _say(self, database: str, *statements: str) -> None:
        """Have statements carried out, all or none. Raises RuntimeError where one of them is refused."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS)
            connection.connect(str(self.socket))
            words = ("user", ADMIN, "database", database, "")
            connection.sendall(_sized(struct.pack(">i", _VERSION) + "\0".join((*words, "")).encode()))
            _until_ready(connection, ())
            connection.sendall(b"Q" + _sized("; ".join(statements).encode() + b"\0"))
            _until_ready(connection, statements)


def _until_ready(connection: socket.socket, statements: Iterable[str]) -> None:
    wrong = b""
    with connection.makefile("rb") as stream:
        while header := stream.read(5):
            kind, size = struct.unpack(">ci", header)
            said = stream.read(size - 4)
            wrong = said if kind == b"E" else wrong
            if kind == b"Z":
                break
    if wrong or not header:
        raise RuntimeError(f"PostgreSQL: {wrong.decode(errors='replace')}: {'; '.join(statements)}")


def _sized(octets: bytes) -> bytes:
    return struct.pack(">i", len(octets) + 4) + octets


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
