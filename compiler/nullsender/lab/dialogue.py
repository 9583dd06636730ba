"""Speak SMTP as a client would, one command after the other, from any address of the internet."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from nullsender.lab.machine import Machine
from nullsender.lab.network import IPV4, IPV6
from nullsender.lab.replies import Reply, read_reply

PATIENCE = 30.0  # seconds for one reply
_MOST_LINES = 20  # of a message, as far as it is told


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one message: a reply to each recipient, then one to DATA and one to the end of the data.

    `data` is None when no recipient was accepted, `end` when DATA was refused.
    """

    sender: Reply
    recipients: tuple[tuple[str, Reply], ...]
    data: Reply | None
    end: Reply | None

    @property
    def last(self) -> Reply:
        """The reply that settled it."""
        replies = (self.sender, *(reply for _, reply in self.recipients), self.data, self.end)
        return [reply for reply in replies if reply is not None][-1]

    @property
    def accepted(self) -> bool:
        return self.end is not None and self.end.positive

    def of(self, recipient: str) -> Reply:
        """Return the reply to one recipient."""
        return dict(self.recipients)[recipient]


class Dialogue:
    """One SMTP session. Use it in `with`: it opens with the greeting and ends without waiting for the reply to QUIT.

    What client (`C:`) and server (`S:`) say is added to `spoken`, of the message no more than its first lines.
    """

    def __init__(
        self, machine: Machine, client: str, helo: str, port: int = 25, spoken: list[str] | None = None
    ) -> None:
        server = IPV6 if ":" in client else IPV4
        self.spoken = [] if spoken is None else spoken
        with machine.world():
            self._socket = socket.create_connection((server, port), PATIENCE, source_address=(client, 0))
        self._file = self._socket.makefile("rb")
        try:
            self.greeting = self._reply()
            self.welcome = self.say(f"EHLO {helo}")
        except BaseException:
            self._file.close()
            self._socket.close()
            raise

    def say(self, command: str) -> Reply:
        """Send one command and return the reply."""
        self.spoken.append(f"C: {command}")
        return self._send(command.encode() + b"\r\n")

    def mail(self, sender: str, parameters: str = "") -> Reply:
        return self.say(f"MAIL FROM:<{sender}>{parameters and ' ' + parameters}")

    def rcpt(self, recipient: str, parameters: str = "") -> Reply:
        return self.say(f"RCPT TO:<{recipient}>{parameters and ' ' + parameters}")

    def message(self, octets: bytes) -> Reply:
        """Send the message itself, after a positive reply to DATA."""
        first = octets.decode("utf-8", "replace").splitlines()[:_MOST_LINES]
        self.spoken += (*(f"C: {line}" for line in first), "C: .")
        stuffed = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r?\n", b"\r\n", octets))
        return self._send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")

    def attempt(self, sender: str, recipients: Sequence[str], message: bytes) -> Attempt:
        """Try to send one message; what is refused is not tried again."""
        welcome = self.mail(sender)
        if not welcome.positive:
            return Attempt(welcome, (), None, None)
        replies = tuple((recipient, self.rcpt(recipient)) for recipient in recipients)
        if not any(reply.positive for _, reply in replies):
            return Attempt(welcome, replies, None, None)
        data = self.say("DATA")
        return Attempt(welcome, replies, data, self.message(message) if data.positive else None)

    def _send(self, octets: bytes) -> Reply:
        self._socket.sendall(octets)
        return self._reply()

    def _reply(self) -> Reply:
        reply = read_reply(self._file.readline)
        self.spoken.append(f"S: {reply}")
        return reply

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._socket:  # some servers keep one waiting for the 221
            if error is None:
                self._socket.sendall(b"QUIT\r\n")
            self._file.close()
