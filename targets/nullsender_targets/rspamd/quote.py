"""Escape text for rspamd's files: UCL values, UCL comments and lines of a map; nothing else may print a user's text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nullsender.layout import Quoted

Value = None | bool | int | float | str | tuple["Value", ...] | Mapping[str, "Value"]

_PLAIN_KEY = re.compile(r"[a-z_]+")
_WIDE = 96  # characters from which a list or an object is broken into lines
# `$` would be a variable and `{=`, `{%`, `{#` a template even inside quotes; as \u they are read after both.
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\u0024", "{": "\\u007b", "\x7f": "\\u007f"})
_ESCAPES |= {code: f"\\u{code:04x}" for code in range(1, 32)}


def text(value: str) -> Quoted:
    """Return a string in double quotes in which rspamd expands neither variables nor templates."""
    return Quoted(f'"{value.translate(_ESCAPES)}"')


def number(value: float) -> Quoted:
    """Return a number without exponent and suffix."""
    return Quoted(f"{value:.6f}".rstrip("0").rstrip("."))


def value(of: Value, indent: int = 0) -> Quoted:
    """Print a value as UCL, on one line where it is short."""
    match of:
        case None:
            return Quoted("null")
        case bool():
            return Quoted("true" if of else "false")
        case int() | float():
            return number(of)
        case str():
            return text(of)
        case tuple():
            return _enclosed("[", [value(item, indent + 2) for item in of], ",", "]", indent)
        case _:
            items = [assignment(key, item, indent + 2) for key, item in of.items()]
            return _enclosed("{", items, ";", "}", indent)


def assignment(key: str, of: Value, indent: int = 0) -> Quoted:
    """Print `key = value`."""
    name = key if _PLAIN_KEY.fullmatch(key) else text(key)
    return Quoted(f"{name} = {value(of, indent)}")


def comment(value: str) -> Quoted:
    """Return text for one line after `#`; templates are evaluated in comments too, so braces stand apart."""
    plain = "".join(c if c.isprintable() else " " for c in value)
    return Quoted(plain.replace("{", "{ "))


def map_key(entry: str) -> Quoted:
    """Return a line's key in a map: in quotes where it holds what ends a key; the engine asks with the same escapes."""
    if any(c in entry for c in '"#\\ ') or entry.startswith("/"):
        return Quoted('"' + entry.replace("\\", "\\\\").replace('"', '\\"') + '"')
    return Quoted(entry)


def _enclosed(opening: str, items: list[Quoted], between: str, closing: str, indent: int) -> Quoted:
    if not items:
        return Quoted(opening + closing)
    line = f"{opening} {f'{between} '.join(items)} {closing}"
    if len(line) + indent <= _WIDE and "\n" not in line:
        return Quoted(line)
    pad = " " * (indent + 2)
    return Quoted(f"{opening}\n" + "".join(f"{pad}{item}{between}\n" for item in items) + " " * indent + closing)
