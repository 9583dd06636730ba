"""Replies of SMTP servers (RFC 5321 §4.2, RFC 2034)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_RULE = re.compile(r"\[([^\[\]]+)\]\s*$")


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, of one or more lines. `lines` are without the code."""

    code: int
    lines: tuple[str, ...]

    @property
    def positive(self) -> bool:
        return self.code < 400

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code, where the reply has one."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found else None

    @property
    def text(self) -> str:
        """The words of all lines, without the enhanced status code."""
        return " ".join(_ENHANCED.sub("", line, count=1) for line in self.lines)

    @property
    def rule(self) -> str | None:
        """The id in brackets at the end."""
        found = _RULE.search(self.lines[-1])
        return found[1] if found else None

    def __str__(self) -> str:
        return f"{self.code} {' / '.join(self.lines)}"


def read_reply(line: Callable[[], bytes]) -> Reply:
    """Read one reply, however many lines it has. Raises ConnectionError when the server hangs up."""
    lines: list[str] = []
    while True:
        octets = line()
        if not octets.endswith(b"\n"):
            raise ConnectionError(f"the server hung up after {' / '.join(lines)}" if lines else "the server hung up")
        text = octets.decode("utf-8", "surrogateescape").rstrip("\r\n")
        lines.append(text[4:])
        if text[3:4] != "-":
            return Reply(int(text[:3]), tuple(lines))
