"""The service that says which mailboxes are over quota, where mail servers ask for it (policy protocol)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterable
from contextlib import suppress

from nullsender.quota import HOST, PORT


class Mailboxes:
    """Runs as soon as somebody is full or could be, until it is stopped."""

    def __init__(self) -> None:
        self.full: frozenset[str] = frozenset()
        self._server: _Server | None = None

    def serve(self, full: Iterable[str]) -> None:
        """Say that these are full, and nobody else."""
        self.full = frozenset(full)
        if self._server is None:
            self._server = _Server((HOST, PORT), _Session)
            self._server.mailboxes = self
            threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mailboxes: Mailboxes


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever has read an answer may be gone at once
            self._answer()

    def _answer(self) -> None:
        recipient = ""
        while line := self.rfile.readline():
            name, _, value = line.decode("utf-8", "surrogateescape").rstrip("\r\n").partition("=")
            if name == "recipient":
                recipient = value.lower()
            elif not name:
                full = recipient in self.server.mailboxes.full
                self.wfile.write(b"action=552 5.2.2 Mailbox is full\n\n" if full else b"action=DUNNO\n\n")
