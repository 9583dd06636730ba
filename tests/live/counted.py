"""What tests of limits send, and how they say what is said of it."""

from __future__ import annotations

from nullsender.lab.dialogue import Attempt, Dialogue
from nullsender.lab.replies import Reply

ALICE, BOB = "alice@example.org", "bob@example.org"
MESSAGE = b"From: <>\r\nSubject: a bounce\r\n\r\nHello.\r\n"


def said(attempt: Attempt) -> str:
    return f"{attempt.last.code} {attempt.last.enhanced}" if not attempt.accepted else "accepted"


def up_to_data(dialogue: Dialogue) -> list[Reply]:
    return [dialogue.say(line) for line in ("MAIL FROM:<>", f"RCPT TO:<{ALICE}>", "DATA")]
