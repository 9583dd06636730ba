"""Header fields that rules add and tests expect: `Name: text` in printable ASCII (RFC 5322 §2.2)."""

from __future__ import annotations

import re

LONGEST = 900  # characters; a line has 998 (RFC 5322 §2.1.1)
_FIELD = re.compile(r"([!-9;-~]+): ?([ -~]*)")
_OF_SERVERS = ("authentication-results", "delivered-to", "dkim-signature", "mime-version", "received", "return-path")
_OF_AUTHORS = ("bcc", "cc", "date", "from", "message-id", "reply-to", "sender", "subject", "to")
_STRUCTURAL = re.compile(
    "|".join((*_OF_SERVERS, *_OF_AUTHORS, "in-reply-to|references|(?:arc|content|list|resent)-.*"))
)


def field(text: str) -> tuple[str, str] | None:
    """Return name and text of a header field, None where it is none."""
    found = _FIELD.fullmatch(text)
    if found is None or len(text) > LONGEST or not found[2].strip():
        return None
    return found[1], found[2].strip()


def is_structural(name: str) -> bool:
    """Tell whether a field belongs to the message itself: a tag's field is removed from what comes in."""
    return _STRUCTURAL.fullmatch(name.lower()) is not None
