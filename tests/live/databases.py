"""Real directories on the machine: each starts with the same few mailboxes, stops, and falls silent when told."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nullsender.lab.machine import descendants
from tests.live.failing import halt
from tests.servers.packages import LAB, libraries_of

USER = "nobody"  # whom the servers run as
SECRET = "s3cret: it's; 100% x"  # noqa: S105  # of nothing but these servers
BOXES = (
    "alice@example.org",
    "o'brien@example.org",
    "dora@example.net",
    "star*@example.org",
    "p_c-t@example.org",
    "odd one@example.org",
)
_PASSWORD = Path("/etc/mail/password")
_BUILTIN = LAB / "postgresql/usr/lib/postgresql/15/bin"
_LDAP = LAB / "slapd"
_TABLES = Path("/usr/share/mysql")
_SECONDS = 20.0


@dataclass
class Server:
    """A server of one directory. Everything of it lies in `/run/NAME`, and it runs until it is stopped."""

    name: str
    port: int
    ready: str  # what it logs when it takes questions
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    user: str = USER
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, and wait until it takes questions."""
        log = Path("/run", self.name, "log")
        before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                user=self.user,
                group="nogroup" if self.user == USER else None,
                extra_groups=(),
                env={**os.environ, **dict(self.environment)},
            )
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if self.ready.encode() in log.read_bytes()[before:] and _listens(self.port):
                return
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not start:\n{log.read_text(errors='replace')}")

    def stop(self) -> None:
        """End it at once: connections are refused from now on."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        while _listens(self.port):
            time.sleep(0.01)

    def silence(self) -> None:
        """Let it answer nothing more, though its connections stay open and new ones are taken."""
        halt(self._processes())

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def _processes(self) -> tuple[int, ...]:
        assert self._process is not None
        return self._process.pid, *descendants(self._process.pid)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)


def postgres(boxes: Iterable[str] = BOXES) -> Server:
    """Make a PostgreSQL server with a table of mailboxes, and start it."""
    home = _home("postgres")
    (home / "password").write_text(SECRET)
    data = str(home / "data")
    options = ("--locale=C", "--encoding=UTF8", "--no-sync", "--auth=scram-sha-256", "--username=mail")
    _run(str(_BUILTIN / "initdb"), "-D", data, *options, f"--pwfile={home / 'password'}")
    rows = _inserted("boxes", boxes)
    _run(
        str(_BUILTIN / "postgres"),
        "--single",
        "-D",
        data,
        "postgres",
        said=f"CREATE TABLE boxes (address text);\n{rows}",
    )
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off")
    command = (str(_BUILTIN / "postgres"), "-D", data, *(word for one in settings for word in ("-c", one)))
    return _started(Server("postgres", 5432, "ready to accept connections", command))


def mysql(boxes: Iterable[str] = BOXES) -> Server:
    """Make a MariaDB server with a table of mailboxes, and start it."""
    home = _home("mysql")
    data = home / "data"
    data.mkdir()
    shutil.chown(data, USER, "nogroup")
    program = ("/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", "--innodb-flush-method=fsync")
    names = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
    tables = "".join((_TABLES / name).read_text() for name in names)
    _run(*program, "--bootstrap", said=f"CREATE DATABASE mysql;\nUSE mysql;\n{tables}")
    rows = _inserted("mail.boxes", boxes)
    (home / "init").write_text(
        "CREATE DATABASE IF NOT EXISTS mail;\nCREATE TABLE IF NOT EXISTS mail.boxes (address varchar(200));\n"
        f"DELETE FROM mail.boxes;\n{rows}"
        f"CREATE USER IF NOT EXISTS 'mail'@'%' IDENTIFIED BY '{_sql(SECRET)}';\nGRANT SELECT ON mail.* TO 'mail'@'%';\n"
    )
    listens = (
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        f"--socket={home / 'socket'}",
        f"--pid-file={home / 'pid'}",
    )
    return _started(
        Server("mysql", 3306, "ready for connections", (*program, f"--init-file={home / 'init'}", *listens))
    )


def ldap(boxes: Iterable[str] = BOXES) -> Server:
    """Make an LDAP server with an entry for each mailbox, and start it."""
    home = _home("ldap")
    (home / "data").mkdir()
    schema = _LDAP / "etc/ldap/schema"
    includes = "".join(f"include {schema / name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
    (home / "slapd.conf").write_text(
        f"{includes}modulepath {_LDAP / 'usr/lib/ldap'}\nmoduleload back_mdb\ndatabase mdb\nsuffix dc=example\n"
        f'rootdn cn=mail,dc=example\nrootpw "{SECRET}"\ndirectory {home / "data"}\nmaxsize 10485760\n'
        "access to * by * auth\n"
    )
    people = "".join(
        f"\ndn: cn=box{number},dc=example\nobjectClass: inetOrgPerson\ncn: box{number}\nsn: x\nmail: {box}\n"
        for number, box in enumerate(boxes)
    )
    (home / "people.ldif").write_text(
        f"dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\n{people}"
    )
    beside = {"LD_LIBRARY_PATH": ":".join(libraries_of(_LDAP))}
    program, conf = str(_LDAP / "usr/sbin/slapd"), str(home / "slapd.conf")
    for path in (home, *home.rglob("*")):
        shutil.chown(path, USER, "nogroup")
    _run(program, "-T", "add", "-f", conf, "-l", str(home / "people.ldif"), **beside)
    return _started(
        Server(
            "ldap",
            3389,
            "slapd starting",
            (program, "-f", conf, "-h", "ldap://127.0.0.1:3389", "-d", "stats"),
            tuple(beside.items()),
        )
    )


def sqlite(path: Path, boxes: Iterable[str] = BOXES) -> None:
    """Make an SQLite database with a table of mailboxes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE boxes (address text)")
        database.executemany("INSERT INTO boxes VALUES (?)", [(box,) for box in boxes])
    database.close()


def password() -> None:
    """Write down the password where policies say it is."""
    _PASSWORD.parent.mkdir(parents=True, exist_ok=True)
    _PASSWORD.write_text(f"{SECRET}\n")
    _PASSWORD.chmod(0o600)


def _started(server: Server) -> Server:
    server.start()
    return server


def _home(name: str) -> Path:
    home = Path("/run", name)
    home.mkdir()
    shutil.chown(home, USER, "nogroup")
    return home


def _inserted(table: str, boxes: Iterable[str]) -> str:
    return "".join(f"INSERT INTO {table} VALUES ('{_sql(box)}');\n" for box in boxes)  # noqa: S608  # of ours


def _sql(text: str) -> str:
    return text.replace("'", "''")


def _run(*command: str, said: str = "", **environment: str) -> None:
    done = subprocess.run(
        command,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        user=USER,
        group="nogroup",
        extra_groups=(),
        env={**os.environ, **environment},
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
