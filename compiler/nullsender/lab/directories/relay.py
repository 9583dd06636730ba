"""Take connections where a policy says that a directory is asked, and carry them to the real server."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import nullcontext, suppress
from pathlib import Path

from nullsender.lab.directories.place import Endpoint
from nullsender.lab.machine import Machine

_AT_ONCE = 65536


class Relay:
    """A place that is open until it is closed: then connections to it are refused, as by a server that is down."""

    def __init__(self, machine: Machine, at: Endpoint, to: Path) -> None:
        self._machine, self._at, self._to = machine, at, to
        self._listener: socket.socket | None = None

    def open(self) -> None:
        if not self._at.port:
            path = Path(self._at.host)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(self._to)
        elif self._listener is None:
            with nullcontext() if self._at.inside else self._machine.world():
                self._listener = _listen(self._at)
            threading.Thread(target=_accept, args=(self._listener, self._to), daemon=True).start()

    def close(self) -> None:
        if not self._at.port:
            Path(self._at.host).unlink(missing_ok=True)
        elif self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for connections
            self._listener.close()
            self._listener = None


def _listen(at: Endpoint) -> socket.socket:
    """Listen at an address; a name of the machine is its every address, one of its internet any that the DNS says."""
    literal = at.host.replace(".", "").isdigit() or ":" in at.host
    family = socket.AF_INET if literal and ":" not in at.host else socket.AF_INET6
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if not literal:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((at.host if literal else "::", at.port))
    listener.listen(64)
    return listener


def _accept(listener: socket.socket, to: Path) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_carry, args=(client, to), daemon=True).start()


def _carry(client: socket.socket, to: Path) -> None:
    """Carry what either side says to the other, until one of them is gone."""
    with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
        server.connect(str(to))
        others = {client: server, server: client}
        while True:
            for one in select.select(list(others), (), ())[0]:
                octets = one.recv(_AT_ONCE)
                if not octets:
                    return
                others[one].sendall(octets)
