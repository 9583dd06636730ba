"""Whom an autoresponder leaves without an answer: mail that is not ordinary, RFC 3834, sections 2 and 5.

Besides there are no answers to the null sender, nor where `Auto-Submitted` says anything but `no`. Patterns are of
local parts; `*` stands for any run of characters.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from nullsender import canonical

LIST_FIELDS = (
    *("List-Archive", "List-Help", "List-Id", "List-Owner", "List-Post", "List-Subscribe", "List-Unsubscribe"),
)
PRECEDENCES = ("auto_reply", "bulk", "junk", "list")  # words of `Precedence`
SUPPRESSED = ("All", "AutoReply", "OOF")  # words of `X-Auto-Response-Suppress`
SENDERS = (
    *("mailer-daemon", "listserv", "majordomo", "owner-*", "*-owner", "*-request"),
    *("*-bounce", "*-bounces", "*-bounce+*", "*-bounces+*", "bounce-*", "bounces-*"),
    *("noreply", "no-reply", "donotreply", "do-not-reply"),
)
# A person's mail, in `Auto-Submitted`: a pattern for the beginning of the value, in any case.
BY_A_PERSON = r"\s*no\s*([;(]|$)"


def is_ordinary(sender: str, fields: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether an autoresponder may answer a message with this reverse-path and these header fields."""
    whole = next(iter(canonical.forms(sender, "")), sender.lower())
    local = whole.rpartition("@")[0] or whole
    plain = re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local
    robot = any(fnmatchcase(plain, pattern) for pattern in SENDERS)
    return bool(sender) and not robot and not any(_tells(name.lower(), value) for name, value in fields)


def _tells(name: str, value: str) -> bool:
    """Tell whether a field says that nobody wrote the message, or that nobody wants an answer."""
    if name == "auto-submitted":
        return re.match(BY_A_PERSON, value, re.IGNORECASE) is None
    words = {"precedence": PRECEDENCES, "x-auto-response-suppress": SUPPRESSED}.get(name, ())
    return name in map(str.lower, LIST_FIELDS) or any(word.lower() in value.lower() for word in words)
