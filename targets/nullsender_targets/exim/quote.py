"""Escape text for Exim: for expanded strings, lists, regular expressions, table keys and comments. Nothing else does.

A macro's name is replaced wherever it occurs in a line, also in the middle of a word and in quotes (spec, chapter 6),
and an existing configuration may define any; by custom they are written in capitals. So where one could begin, the
letter is written in hexadecimal, and so is a backslash, which at the end of a line would join the next one to it.
"""

from __future__ import annotations

import re
from urllib.parse import quote as percent_encoded

from nullsender.layout import Quoted
from nullsender.policy import Letter
from nullsender_targets.exim.ir import Form, Match

_BEGINS_MACRO = r"[A-Z](?=[A-Z0-9_])|_(?=[A-Z])"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f\\${}]|^[\s"!+<:]|\s$|' + _BEGINS_MACRO)
_PLAIN_ADDRESS = re.compile(r"(\*|[a-z0-9][a-z0-9._%=-]*)@(\*|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)")
_PLAIN_DOMAIN = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_PLAIN_NETWORK = re.compile(r"[0-9a-f.:]+/\d+")
_PLAIN_KEY = re.compile(r"[a-z0-9_*^+=/.@-][a-z0-9_*^$+=/.@\\()?-]*")
_WORD = re.compile(r"[A-Za-z0-9_]+")


def text(value: str) -> Quoted:
    """Return text as an expanded string, or a piece of one, that expands to just that text."""
    return Quoted(_UNSAFE.sub(_hex, value))


def comment(words: str) -> Quoted:
    """Return text for one line of comment; the line never ends in what would join the next one to it."""
    clean = "".join(c if c.isprintable() else " " for c in words).strip()
    return Quoted(clean + "." if clean.endswith("\\") else clean)


def word(name: str) -> Quoted:
    """Return a name of ours: letters, digits, underscores."""
    if not _WORD.fullmatch(name):
        raise ValueError(f"{name!r} is no name for Exim")
    return Quoted(name)


def zone(domain: str) -> Quoted:
    """Return the domain of a block list."""
    return Quoted(_checked(_PLAIN_DOMAIN, domain))


def ip(address: str) -> Quoted:
    return Quoted(_checked(re.compile(r"[0-9a-fA-F.:]+"), address))


def member(match: Match, entry: str) -> Quoted:
    """Return an entry as an item of a named list; the list is expanded before it is split at its colons."""
    if match is Match.IP:
        return Quoted(_checked(_PLAIN_NETWORK, entry))
    if match is Match.DOMAIN:
        return Quoted(_checked(_PLAIN_DOMAIN, entry))
    entry = dequoted(entry)
    if _PLAIN_ADDRESS.fullmatch(entry):
        return Quoted(entry)
    return Quoted(rf"\N{_address_regex(entry)}\N")


def key(form: Form, entry: str) -> str:
    """Return an entry as the key of a line in a table."""
    if form is Form.PATTERNS:
        entry = _address_regex(dequoted(entry))
    elif form is Form.ADDRESSES:
        entry = dequoted(entry)
    if _PLAIN_KEY.fullmatch(entry):
        return entry
    return '"' + re.sub(r'(["\\])', r"\\\1", entry) + '"'


def letter_subject(letter: Letter) -> Quoted:
    """Return a subject for a file that is expanded."""
    return _literally(letter.subject)


def letter_lines(letter: Letter) -> tuple[Quoted, ...]:
    """Return the lines of a text for a file that is expanded, and in which `****` ends a text."""
    return tuple(map(_literally, letter.lines))


def _literally(line: str) -> Quoted:
    return Quoted(re.sub(r"[\\${}*]", _hex, line))


def address(value: str) -> Quoted:
    """Return an address for the data of a redirect router, where a pipe, a file or a list may stand as well."""
    local, _, domain = dequoted(value).rpartition("@")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", local):
        local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return text(f"{local}@{domain}")


def dequoted(entry: str) -> str:
    """Return an address with its local part as Exim holds it: without quotes."""
    local, at, domain = entry.rpartition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return local + at + domain


def sql(value: str) -> Quoted:
    """Return text as a literal of SQL within an expanded string."""
    return Quoted("'" + text(value.replace("'", "''")) + "'")


def regex_set(characters: str) -> Quoted:
    """Return characters for the inside of a bracket expression within `\\N`."""
    return Quoted("".join(f"\\x{ord(c):02x}" for c in characters))


def url(value: str) -> Quoted:
    """Return text for a URL within an expanded string; what means something in an LDAP filter stays."""
    return text(percent_encoded(value, safe="()&|=!*,~@:<>"))


def setting(value: str) -> Quoted:
    """Return a value in a file of settings, where only the line ends it."""
    return Quoted(value.strip())


def lookup_option(value: str) -> Quoted:
    """Return the value of an option of a lookup: a path or a server without white space and braces."""
    return Quoted(_checked(re.compile(r"[A-Za-z0-9/_.+@%~:\[\]-]+"), value))


def _address_regex(entry: str) -> str:
    local, _, domain = entry.rpartition("@")
    host = "[^@]+" if domain == "*" else _regex(domain).replace("*", "[^@]+", 1)
    return f"^{'.*'.join(map(_regex, local.split('*')))}@{host}$"


def _regex(literal: str) -> str:
    """Return a regular expression for just that text, without any character that lists, files or `\\N` know."""
    return "".join(_regex_character(c) for c in literal)


def _regex_character(c: str) -> str:
    if (c.isalnum() and c.isascii()) or c in "_@*-":
        return c
    if c == ".":
        return r"\."
    return f"\\x{ord(c):02x}" if c.isascii() else c


def _hex(found: re.Match[str]) -> str:
    return "".join(f"\\x{ord(c):02x}" for c in found[0])


def _checked(plain: re.Pattern[str], value: str) -> str:
    if not plain.fullmatch(value):
        raise ValueError(f"{value!r} is not in canonical form")
    return value


def host(name: str) -> Quoted:
    """Return the name or address of a machine, without brackets."""
    return Quoted(_checked(re.compile(r"[A-Za-z0-9_.:-]+"), name.strip("[]")))
