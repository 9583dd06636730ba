"""A login service as Dovecot speaks it, that lets two users in with any password (its authentication protocol)."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USERS = ("alice", "bob")
GREETING = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n"


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(GREETING.encode())
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] != "AUTH":
                continue
            given = next(word for word in words if word.startswith("resp=")).removeprefix("resp=")
            _, user, _ = base64.b64decode(given).decode().split("\0")
            self.wfile.write(f"{'OK' if user in USERS else 'FAIL'}\t{words[1]}\tuser={user}\n".encode())


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def login_service(path: Path) -> Iterator[None]:
    """Serve on a socket that every program may connect to."""
    path.unlink(missing_ok=True)
    with _Server(str(path), _Session) as server:
        path.chmod(0o666)
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        yield
        server.shutdown()


def plain(user: str) -> str:
    """Return the command that logs a user in (RFC 4616)."""
    return "AUTH PLAIN " + base64.b64encode(f"\0{user}\0secret".encode()).decode()
