"""MariaDB in the lab, spoken to by MySQL's protocol (version 10, plain queries)."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import BinaryIO

from nullsender.lab.directories.server import ADMIN, SECONDS, Found, Held, Server, run, users
from nullsender.lab.directories.tables import tables, text

_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
_SETTINGS = ("--innodb-flush-method=fsync", "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M")
_PROTOCOL_41, _SECURE, _PLUGINS = 0x200, 0x8000, 0x80000
_UTF8, _LARGEST = 45, 1 << 24
_QUERY, _OK = b"\x03", 0


class MySql:
    """Everybody comes over one socket: the lab itself, and whoever it is that asks."""

    name = "MariaDB"

    def __init__(self, found: Found, home: Path) -> None:
        self.environment, self._home = found.environment, home
        self._shared = found.root / "usr/share/mysql"
        data = home / "data"
        self._program = (str(found.path), "--no-defaults", f"--datadir={data}", f"--lc-messages-dir={self._shared}")

    @property
    def socket(self) -> Path:
        return self._home / "socket"

    @property
    def command(self) -> tuple[str, ...]:
        files = (f"--socket={self.socket}", f"--pid-file={self._home / 'pid'}", f"--init-file={self._home / 'init'}")
        return (*self._program, *_SETTINGS, "--skip-networking", *files)

    def ask(self) -> None:
        self._say()

    def make(self) -> None:
        run(("mkdir", str(self._home / "data")))
        scripts = "".join((self._shared / name).read_text() for name in _TABLES)
        said = f"CREATE DATABASE mysql;\nUSE mysql;\n{scripts}"
        run((*self._program, *_SETTINGS, "--bootstrap"), said, self.environment)
        (self._home / "init").write_text(
            f"CREATE USER IF NOT EXISTS '{ADMIN}'@'localhost';\n"
            f"GRANT ALL ON *.* TO '{ADMIN}'@'localhost' WITH GRANT OPTION;\n"
        )

    def fill(self, held: Held, server: Server) -> None:
        server.start()
        statements = ["SET sql_mode = 'NO_BACKSLASH_ESCAPES'"]
        for table in tables(held):
            database = _name(table.database)
            statements += [f"CREATE DATABASE IF NOT EXISTS {database}", *table.statements(f"{database}.")]
        for user, secret in users(held):
            statements += [f"CREATE OR REPLACE USER {text(user)}@'%' IDENTIFIED BY {text(secret)}"]
            statements += [f"GRANT SELECT ON *.* TO {text(user)}@'%'"]
        self._say(*statements)

    def _say(self, *statements: str) -> None:
        """Have statements carried out, one after the other. Raises RuntimeError where one of them is refused."""
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as stream:
            connection.settimeout(SECONDS)
            connection.connect(str(self.socket))
            _packet(stream)
            can = struct.pack("<IIB23x", _PROTOCOL_41 | _SECURE | _PLUGINS, _LARGEST, _UTF8)
            sent, number = can + ADMIN.encode() + b"\0\0mysql_native_password\0", 1
            for following in (*statements, "DO 0"):
                connection.sendall(struct.pack("<I", len(sent))[:3] + bytes([number]) + sent)
                said = _packet(stream)
                if said[0] != _OK:
                    raise RuntimeError(f"{self.name}: {said[9:].decode(errors='replace')}: {sent!r}")
                sent, number = _QUERY + following.encode(), 0


def _packet(stream: BinaryIO) -> bytes:
    size, _ = struct.unpack("<HxB", stream.read(4))
    return stream.read(size)


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
