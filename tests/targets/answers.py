"""Mail that an autoresponder answers, and mail that it does not (RFC 3834)."""

from __future__ import annotations

from dataclasses import dataclass

_JOE = "joe@partner.example"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to somebody who is away: what is said of it, its sender, and header fields that tell."""

    name: str
    sender: str = _JOE
    fields: tuple[tuple[str, str], ...] = ()


def _from(sender: str) -> Mail:
    return Mail(f"from {sender or 'nobody'}", sender)


def _with(name: str, value: str) -> Mail:
    return Mail(f"{name} is {value}", fields=((name, value),))


ANSWERED = (
    _from(_JOE),
    _from("ann.owner@partner.example"),
    _from("bouncer@partner.example"),
    _with("Auto-Submitted", "no"),
    _with("Auto-Submitted", "No (a person)"),
    _with("Precedence", "first-class"),
    _with("X-Auto-Response-Suppress", "DR, RN"),
    _with("X-Loop", "yes"),
)
UNANSWERED = (
    *map(_from, ("", "MAILER-DAEMON@partner.example", "owner-list@partner.example", "list-owner@partner.example")),
    *map(_from, ("list-request@partner.example", "list-bounces@partner.example", "list-bounces+a=b@partner.example")),
    *map(_from, ("noreply@partner.example", "No-Reply@partner.example", "bounce-17@partner.example")),
    *(_with("Auto-Submitted", value) for value in ("auto-generated", "auto-replied (vacation)", "not said")),
    *(_with("Precedence", value) for value in ("bulk", "List", "junk", "auto_reply")),
    *(_with("X-Auto-Response-Suppress", value) for value in ("All", "OOF", "DR, AutoReply")),
    *(_with(f"List-{which}", "<https://list.example>") for which in ("Id", "Post", "Unsubscribe", "Help", "Archive")),
)
