"""Ask rspamd as Exim does, and read what its engine says."""

from __future__ import annotations

import socket

from tests.targets.rspamd.milter import Mail


def report(port: int, mail: Mail) -> list[str]:
    """Ask as Exim does and return the lines of the answer."""
    message = "".join(f"{name}: {value}\r\n" for name, value in mail.all_headers) + "\r\n" + mail.body
    lines = [
        "CHECK RSPAMC/1.3",
        f"Content-length: {len(message)}",
        "Queue-Id: 1abcde-000000-00",
        f"From: <{mail.sender}>",
        f"Recipient-Number: {len(mail.recipients)}",
        *(f"Rcpt: <{recipient}>" for recipient in mail.recipients),
        f"Helo: {mail.helo}",
        f"IP: {mail.client}",
        *([f"User: {mail.login}"] if mail.login else []),
        "",
        message,
    ]
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode().split("\r\n")


def said(port: int, mail: Mail) -> list[str]:
    """Return what the engine says but for the score, in order."""
    start = "Message: nullsender: "
    lines = [line.removeprefix(start) for line in report(port, mail) if line.startswith(start)]
    return [line for line in lines if not line.startswith("score ")]
