"""Text as a terminal shows it: nothing in it acts on the terminal, and its width is known."""

from __future__ import annotations

from unicodedata import category, east_asian_width

from nullsender.source import Span

MOST_COLUMNS = 100  # of a source line; what is longer is cut around the span
_BEFORE = 40  # of these, at least so many are kept before the span
_TAB = "    "
_CUT = "…"


def safe(text: str) -> str:
    """Return text in which control, format and lone surrogate characters are spelt out; line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char == "\n" else _safe(char) for char in text)


def width(text: str) -> int:
    """Return the columns that safe text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Return a source line made safe and cut around characters `start` to `end`, and the columns that they take.

    Columns count from 0; the span is at least one column wide.
    """
    fits = len(line) <= MOST_COLUMNS or end <= MOST_COLUMNS
    first = 0 if fits else max(0, start - _BEFORE)
    last = min(len(line), first + MOST_COLUMNS)
    lead = _CUT if first else ""
    before = lead + "".join(map(_safe, line[first:start]))
    marked = "".join(map(_safe, line[start : min(end, last)]))
    after = "".join(map(_safe, line[min(end, last) : last])) + (_CUT if last < len(line) else "")
    column = width(before)
    return before + marked + after, column, column + max(1, width(marked))


def on_line(span: Span) -> tuple[int, int]:
    """Return the characters that a span covers on its first line, counted from 0."""
    start = span.first.column - 1
    line = span.source.line(span.first.line)
    end = start + span.end - span.start
    return start, max(start, min(end, len(line)))


def more_lines(span: Span) -> int:
    """Return how many lines a span goes on after its first."""
    return span.source.text.count("\n", span.start, max(span.start, span.end - 1))


def spelt(char: str) -> str:
    """Return a character as an escape that a reader can look up."""
    return f"\\u{{{ord(char):x}}}"


def _safe(char: str) -> str:
    if char == "\t":
        return _TAB
    if char.isprintable() or char == "\u3000":
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else spelt(char)


def _columns(char: str) -> int:
    if category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
