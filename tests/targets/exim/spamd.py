"""A content filter that answers as rspamd 3.4 does over the protocol of spamd, with a report that the test chooses."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ADDRESS = "127.0.0.1:11444"


@dataclass
class Spamd:
    """What it says: a score, and lines of its own. `asked` holds what it was asked."""

    score: float = 0.0
    says: tuple[str, ...] = ("accept",)
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)

    def answer(self) -> str:
        return "\r\n".join(
            (
                "RSPAMD/1.3 0 EX_OK",
                f"Metric: default; False; {self.score:.2f} / nan / 0.0",
                "Action: no action",
                "Symbol: LAB_SCORE(0.00)",
                *(f"Message: nullsender: {line}" for line in self.says),
                "Message-ID: undef",
                "",
            )
        )


@contextmanager
def spamd() -> Iterator[Spamd]:
    """Run the filter at its address."""
    filter_ = Spamd()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b"".join(iter(self.rfile.readline, b"\r\n")).decode()
            length = int(head.partition("Content-length: ")[2].split("\r\n")[0])
            filter_.asked.append(head + self.rfile.read(length).decode())
            time.sleep(filter_.seconds)
            self.wfile.write(filter_.answer().encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    host, _, port = ADDRESS.rpartition(":")
    with Server((host, int(port)), Session) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield filter_
        server.shutdown()
