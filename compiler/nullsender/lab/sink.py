"""Where all mail ends: final delivery by LMTP on the machine, and every host of the internet that takes mail."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address

from nullsender.lab.machine import Machine

DELIVERY = ("127.0.0.1", 24)
_PATH = re.compile(r"\w+ \w+:<([^>]*)> ?(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that arrived. `recipients` are those that were accepted, `options` what stood behind MAIL FROM."""

    protocol: str  # lmtp: final delivery; smtp: sent out into the internet
    peer: str
    helo: str
    sender: str
    options: str
    recipients: tuple[str, ...]
    octets: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.octets, policy=email.policy.default)

    @property
    def id(self) -> str:
        """The Message-ID."""
        return str(self.message["Message-ID"] or "").strip()


def nobody(recipient: str) -> str | None:  # noqa: ARG001  # the signature of `Sink.refuse`
    """Refuse no recipient."""
    return None


@dataclass
class Sink:
    """Both servers. `replies` maps a recipient to the reply that it is refused with, `550 5.1.1 gone`.

    `refuse` gives such a reply, or None, for every recipient that `replies` does not name; `spurn` gives it for one
    whose message has come (by SMTP, for all its recipients at once). `turned_away` are those who were refused.
    """

    replies: dict[str, str] = field(default_factory=dict)
    refuse: Callable[[str], str | None] = nobody
    spurn: Callable[[str], str | None] = nobody
    received: list[Received] = field(default_factory=list)
    turned_away: list[str] = field(default_factory=list)
    _arrival: threading.Condition = field(default_factory=threading.Condition)
    _servers: list[_Server] = field(default_factory=list)
    _usual: int = 0  # so many servers there are as long as the sink is

    def start(self, machine: Machine) -> None:
        self.serve("lmtp", DELIVERY)
        with machine.world():
            self.serve("smtp", ("", 25))
        self._usual = len(self._servers)

    def serve_also(self, machine: Machine, protocol: str, host: str, port: int) -> None:
        """Take mail where a deployment delivers: on the machine itself, or at any host of the internet."""
        inside = _is_loopback(host)
        address = (host if inside else "::" if ":" in host else "", port)
        if any(server.server_address[:2] in (address, ("0.0.0.0", port)) for server in self._servers):  # noqa: S104
            return
        if inside:
            self.serve(protocol, address)
        else:
            with machine.world():
                self.serve(protocol, address)

    def serve_only_usual(self) -> None:
        """Close what `serve_also` opened."""
        while len(self._servers) > self._usual:
            self._end(self._servers.pop())

    def serve(self, protocol: str, address: tuple[str, int]) -> tuple[str, int]:
        """Take mail at an address and return it, with the port that was found where none was wanted."""
        server = (_Server6 if ":" in address[0] else _Server)(address, _Session)
        server.sink, server.protocol = self, protocol
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        host, port = server.server_address[:2]
        return str(host), port

    def stop(self) -> None:
        while self._servers:
            self._end(self._servers.pop())

    def _end(self, server: _Server) -> None:
        server.shutdown()
        server.server_close()

    def clear(self) -> None:
        with self._arrival:
            self.replies.clear()
            self.refuse = self.spurn = nobody
            self.received.clear()
            self.turned_away.clear()

    def wait(self, wanted: Callable[[Received], bool], seconds: float = 10) -> Received:
        """Return the first message of a kind, as soon as it is there."""

        def found() -> Received | None:
            return next((mail for mail in self.received if wanted(mail)), None)

        with self._arrival:
            mail = self._arrival.wait_for(found, seconds)
            if mail is None:
                there = [(m.protocol, m.sender, m.recipients, m.message["Subject"]) for m in self.received]
                raise TimeoutError(f"no such message within {seconds} s; there are {there}")
            return mail

    def comes(self, wanted: Callable[[Received], bool], seconds: float) -> bool:
        """Tell whether such a message comes within that time."""
        with self._arrival:
            return self._arrival.wait_for(lambda: any(map(wanted, self.received)), seconds)

    def arrive(self, mail: Received) -> None:
        with self._arrival:
            self.received.append(mail)
            self._arrival.notify_all()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256  # a client beyond these believes to be connected, and waits for a greeting for minutes
    sink: Sink
    protocol: str

    def handle_error(self, request: object, client_address: object) -> None:
        """Be silent about clients that were killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True  # else the replies after DATA wait 40 ms for the client's kernel
    server: _Server

    def handle(self) -> None:
        self.helo, self.sender, self.options, self.recipients = "", "", "", list[str]()
        self._say("220 sink.example ready")
        while line := self.rfile.readline():
            text = line.decode("utf-8", "surrogateescape").strip()
            match text[:4].upper():
                case "EHLO" | "HELO" | "LHLO":
                    self.helo = text.partition(" ")[2]
                    self._say(
                        "250-sink.example", "250-ENHANCEDSTATUSCODES", "250-PIPELINING", "250-SIZE", "250 8BITMIME"
                    )
                case "MAIL":
                    self.sender, self.options = _path(text)
                    self.recipients = []
                    self._say("250 2.1.0 ok")
                case "RCPT":
                    self._recipient(_path(text)[0])
                case "DATA":
                    self._take()
                case "RSET" | "NOOP" as verb:
                    self.recipients = [] if verb == "RSET" else self.recipients
                    self._say("250 2.0.0 ok")
                case "QUIT":
                    self._say("221 2.0.0 bye")
                    return
                case _:
                    self._say("502 5.5.2 not known here")

    def _recipient(self, recipient: str) -> None:
        sink = self.server.sink
        refusal = sink.replies.get(recipient) or sink.refuse(recipient)
        (self.recipients if refusal is None else sink.turned_away).append(recipient)
        self._say(refusal or "250 2.1.5 ok")

    def _take(self) -> None:
        if not self.recipients:
            self._say("503 5.5.1 no recipients")
            return
        self._say("354 go ahead")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        replies = self._replies()
        taken = tuple(recipient for recipient, refusal in replies if refusal is None)
        self.server.sink.turned_away.extend(recipient for recipient, refusal in replies if refusal)
        mail = Received(
            protocol=self.server.protocol,
            peer=self.client_address[0],
            helo=self.helo,
            sender=self.sender,
            options=self.options,
            recipients=taken,
            octets=b"".join(lines),
        )
        if taken:
            self.server.sink.arrive(mail)
        for _, refusal in replies if self.server.protocol == "lmtp" else replies[:1]:
            self._say(refusal or "250 2.0.0 taken")
        self.recipients = []

    def _replies(self) -> list[tuple[str, str | None]]:
        """Return how each recipient's message is refused, None where it is taken; by SMTP all have one reply."""
        refusals = [self.server.sink.spurn(recipient) for recipient in self.recipients]
        if self.server.protocol == "smtp":
            refusals = [next(filter(None, refusals), None)] * len(refusals)
        return list(zip(self.recipients, refusals, strict=True))

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _path(text: str) -> tuple[str, str]:
    found = _PATH.match(text)
    return (found[1], found[2]) if found else ("", "")
