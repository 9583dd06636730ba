"""Hold SMTP dialogues with `exim -bh`, which asks every ACL and delivers nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from nullsender.lab.replies import Reply, read_reply
from nullsender_targets.exim.verify import find


@dataclass(frozen=True, slots=True)
class Session:
    client: str = "203.0.113.9"
    helo: str = "client.example"
    sender: str = ""
    recipients: tuple[str, ...] = ("alice@example.org",)


def config(folder: Path) -> Path:
    """Return a configuration that reads the files below a folder instead of those of the host."""
    path = folder / "test.conf"
    path.write_text(f"NULLSENDER_DIR = {folder}/nullsender\n.include {folder}/exim4.conf\n")
    return path


def talk(config: Path, session: Session, *, data: bool = False) -> tuple[list[Reply], str]:
    """Return the replies from the first RCPT on, and what Exim said besides."""
    commands = [
        f"EHLO {session.helo}",
        f"MAIL FROM:<{session.sender}>",
        *(f"RCPT TO:<{recipient}>" for recipient in session.recipients),
        *(["DATA", "Subject: test", "", "Hello.", "."] if data else []),
        "QUIT",
    ]
    done = subprocess.run(
        [find("exim4") or "exim4", "-C", str(config), "-bh", session.client],
        input="".join(f"{command}\r\n" for command in commands).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    stream = BytesIO(done.stdout)
    while (line := stream.readline()) and not line.startswith(b"220"):
        pass  # what it says of itself
    replies = _replies(stream)
    return replies[2:-1], done.stderr.decode(errors="replace")


def _replies(stream: BytesIO) -> list[Reply]:
    replies: list[Reply] = []
    while True:
        try:
            replies.append(read_reply(stream.readline))
        except (ConnectionError, ValueError):
            return replies


def outcomes(replies: Sequence[Reply]) -> list[str]:
    """Return each reply as the rule that refused, or `accepted`."""
    return [reply.rule or str(reply) if reply.code >= 400 else "accepted" for reply in replies]
