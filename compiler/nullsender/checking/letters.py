"""Read the wording of NDRs: what is said of mail that failed and, if the file says so, of mail that is late."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header
from pathlib import Path

from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.reading import read_source
from nullsender.source import Source, Span
from nullsender.suggest import did_you_mean

_SECTIONS = ("failed", "delayed")
_SECTION = re.compile(r"\[([A-Za-z][A-Za-z ]*)\][ \t]*")
_SUBJECT = re.compile(r"subject:[ \t]*(\S.*?)[ \t]*", re.IGNORECASE)
_LONGEST = 900  # octets of a line; RFC 5322, section 2.1.1, has 998
_MOST = 500  # lines


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    span: Span


class _WordingError(Exception):
    def __init__(self, text: str, span: Span, help_: str | None = None) -> None:
        super().__init__(text)
        self.diagnostic = Diagnostic("NS406", text, span, help=help_)


def letters(path: Path) -> tuple[dict[str, p.Letter], tuple[Diagnostic, ...]]:
    """Return the letters of a file by their section, and what is wrong with it."""
    source, found = read_source(path)
    if source is None:
        return {}, found
    try:
        return _sections(source), found
    except _WordingError as error:
        return {}, (*found, error.diagnostic)


def _sections(source: Source) -> dict[str, p.Letter]:
    written: dict[str, list[_Line]] = {}
    current: list[_Line] | None = None
    for line in _lines(source):
        if head := _SECTION.fullmatch(line.text):
            name = head[1].lower()
            if name not in _SECTIONS:
                guess = did_you_mean(name, _SECTIONS) or "sections are `[failed]` and `[delayed]`"
                raise _WordingError(f"there is no section `[{name}]`", line.span, guess)
            if name in written:
                raise _WordingError(f"`[{name}]` stands twice", line.span)
            current = written.setdefault(name, [])
        elif current is not None:
            current.append(line)
        elif line.text.strip():
            raise _WordingError("text before the first section", line.span, "begin with a line `[failed]`")
    if "failed" not in written:
        end = len(source.text)
        raise _WordingError("nothing is said of mail that failed", Span(source, end, end), "write a section `[failed]`")
    return {name: _letter(lines, source) for name, lines in written.items()}


def _lines(source: Source) -> Iterator[_Line]:
    start = 0
    lines = source.text.split("\n")
    for text in lines[: _MOST + 1]:
        clean = text.rstrip("\r")
        span = Span(source, start, start + len(clean))
        if len(clean.encode()) > _LONGEST:
            raise _WordingError(f"a line of more than {_LONGEST} octets", Span(source, start, start + 40))
        yield _Line(clean, span)
        start += len(text) + 1
    if len(lines) > _MOST + 1:
        raise _WordingError(f"more than {_MOST} lines", Span(source, start, start))


def _letter(lines: list[_Line], source: Source) -> p.Letter:
    end = len(source.text)
    first = lines[0] if lines else _Line("", Span(source, end, end))
    subject = _SUBJECT.fullmatch(first.text)
    if subject is None:
        raise _WordingError("a section begins with its subject", first.span, "write `Subject: …` below its name")
    text = "\n".join(line.text for line in lines[1:]).strip("\n")
    if not text.strip():
        raise _WordingError("a section without a text", first.span, "write the text below an empty line")
    if lines[1].text.strip():
        raise _WordingError("the subject is the only header", lines[1].span, "leave a line empty above the text")
    return p.Letter(_in_ascii(subject[1]), tuple(text.split("\n")))


def _in_ascii(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8").encode().replace("\n", "")
