"""Speak the milter protocol to a filter as a mail server does, and tell what it wants done with a message."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field

_NO_REPLY = {b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"T": 0x10000, b"L": 0x80, b"N": 0x40000}
_NO_BODY_REPLY = 0x80000
_FINAL = b"acdrty"
PLAIN_HEADERS = (
    ("From", "Joe <joe@partner.example>"),
    ("To", "alice@example.org"),
    ("Subject", "Lunch"),
    ("Date", "Thu, 01 Jan 2026 00:00:00 +0000"),
    ("Message-ID", "<1@partner.example>"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the filter answered to the end of the message."""

    accepted: bool = False
    discarded: bool = False
    held: bool = False
    reply: str = ""
    added: tuple[tuple[str, str], ...] = ()
    removed: frozenset[str] = frozenset()
    recipients_added: tuple[str, ...] = ()
    recipients_removed: tuple[str, ...] = ()
    sender: str | None = None  # None: as it came


@dataclass(frozen=True, slots=True)
class Mail:
    """One message and the session in which it comes."""

    sender: str = "joe@partner.example"
    recipients: tuple[str, ...] = ("alice@example.org",)
    client: str = "203.0.113.9"
    helo: str = "client.example"
    login: str | None = None
    headers: tuple[tuple[str, str], ...] = PLAIN_HEADERS
    body: str = "Hello.\r\n"
    score: float | None = None

    @property
    def all_headers(self) -> tuple[tuple[str, str], ...]:
        return self.headers if self.score is None else (*self.headers, ("X-Lab-Score", f"{self.score!r}"))


@dataclass
class _Session:
    connection: socket.socket
    quiet: int = 0
    answers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def send(self, command: bytes, data: bytes = b"") -> None:
        self.connection.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def receive(self) -> tuple[bytes, bytes]:
        (length,) = struct.unpack(">I", self._exactly(4))
        packet = self._exactly(length)
        return packet[:1], packet[1:]

    def step(self, command: bytes, *fields: str) -> None:
        self.send(command, b"".join(text.encode() + b"\0" for text in fields))
        self.skip(_NO_REPLY[command])

    def skip(self, bit: int) -> None:
        if not self.quiet & bit:
            answer, data = self.receive()
            if answer != b"c":
                raise ValueError(f"the filter answered {answer!r} {data!r} before the end")

    def macros(self, command: bytes, **values: str) -> None:
        fields = [text for name, value in values.items() for text in ("{" + name + "}", value)]
        self.send(b"D", command + b"".join(text.encode() + b"\0" for text in fields))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.connection.recv(count - len(data))
            if not piece:
                raise EOFError("the filter closed the connection")
            data += piece
        return data


def filtered(mail: Mail, address: tuple[str, int] = ("127.0.0.1", 11332)) -> Outcome:
    """Show a message to the filter."""
    with socket.create_connection(address, 30) as connection:
        session = _Session(connection)
        session.send(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
        session.quiet = struct.unpack(">III", session.receive()[1][:12])[2]
        family = b"6" if ":" in mail.client else b"4"
        session.send(b"C", b"unknown\0" + family + struct.pack(">H", 50_000) + mail.client.encode() + b"\0")
        session.skip(_NO_REPLY[b"C"])
        session.step(b"H", mail.helo)
        session.macros(b"M", **({"auth_authen": mail.login} if mail.login else {}))
        session.step(b"M", f"<{mail.sender}>")
        for recipient in mail.recipients:
            session.step(b"R", f"<{recipient}>")
        session.step(b"T")
        for name, value in mail.all_headers:
            session.step(b"L", name, value)
        session.step(b"N")
        session.send(b"B", mail.body.encode())
        session.skip(_NO_BODY_REPLY)
        session.send(b"E")
        answers = [session.receive()]
        while answers[-1][0] not in _FINAL:
            answers.append(session.receive())
        return _outcome(answers)


def _outcome(answers: list[tuple[bytes, bytes]]) -> Outcome:
    texts = [(command, data.rstrip(b"\0").decode()) for command, data in answers if command not in b"imh"]
    headers = [data[4:].decode().split("\0") for command, data in answers if command in b"im"]
    last = answers[-1][0]
    return Outcome(
        accepted=last == b"a",
        discarded=last == b"d",
        held=any(command == b"q" for command, _ in texts),
        reply=next((text for command, text in texts if command == b"y"), "").replace("%%", "%"),  # as servers do
        added=tuple((name, value) for name, value, *_ in headers if value),
        removed=frozenset(name for name, value, *_ in headers if not value),
        recipients_added=tuple(text for command, text in texts if command == b"+"),
        sender=next((text.strip("<>") for command, text in texts if command == b"e"), None),
        recipients_removed=tuple(text for command, text in texts if command == b"-"),
    )
