"""Escape text for PowerShell: single-quoted strings, numbers and comments. Nothing else prints a policy's text.

A single-quoted string expands nothing and ends at its quote alone. PowerShell takes U+2018 to U+201B for that quote as
well: each is doubled, as `'` is. Double quotes, in which `$` and backticks mean something, are never used.
"""

from __future__ import annotations

from datetime import timedelta

from nullsender.layout import Quoted
from nullsender_targets.exchange.cmdlets import Value

QUOTES = "'\u2018\u2019\u201a\u201b"
_DOUBLED = str.maketrans({quote: quote * 2 for quote in QUOTES})


def text(value: str) -> Quoted:
    """Return a string of one line; raises ValueError for control characters, which no name or text of a policy has."""
    if any(c < " " or c == "\x7f" or c in "\x85\u2028\u2029" for c in value):
        raise ValueError(f"{value!r} has a control character or a second line")
    return Quoted(f"'{value.translate(_DOUBLED)}'")


def time(value: timedelta) -> Quoted:
    """Return a time span in the one form that is the same in every culture: `d.hh:mm:ss`, without days where none."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{value.days}." if value.days else ""
    return Quoted(f"'{days}{hours:02}:{minutes:02}:{seconds:02}'")


def value(of: Value) -> Quoted:
    match of:
        case bool():
            return Quoted("$true" if of else "$false")
        case int():
            return Quoted(of)
        case timedelta():
            return time(of)
        case str():
            return text(of)
        case tuple():
            return Quoted(f"@({', '.join(map(text, of))})")


def comment(words: str) -> Quoted:
    """Return text for one line after `#`."""
    return Quoted("".join(c if c.isprintable() else " " for c in words).strip())


def word(name: str) -> Quoted:
    """Return the name of a parameter or noun, from the table of cmdlets."""
    if not (name.isascii() and name.isalnum()):
        raise ValueError(f"{name!r} is no name of a cmdlet's parameter")
    return Quoted(name)
