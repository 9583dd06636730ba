"""Diagnostics for people: message, source line, caret, labels, note and help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nullsender.diagnostic import Diagnostic
from nullsender.report import summary
from nullsender.report.display import more_lines, on_line, safe, window
from nullsender.source import Source, Span

_RED, _YELLOW, _BLUE, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class _Mark:
    """A span to underline and the words behind the underline."""

    span: Span
    sign: str
    text: str
    style: str


def render(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Return all diagnostics and a line that counts them; empty for none."""
    return "\n".join([*(page(d, colour) for d in diagnostics), summary(diagnostics) + "\n"]) if diagnostics else ""


def page(diagnostic: Diagnostic, colour: bool = False) -> str:
    """Return one diagnostic with the lines it speaks of."""
    return "\n".join(_page(diagnostic, colour)) + "\n"


def _page(diagnostic: Diagnostic, colour: bool) -> Iterator[str]:
    style = _RED if diagnostic.is_error else _YELLOW
    head = _paint(f"{diagnostic.severity.value}[{diagnostic.code}]", style, colour)
    yield head + _paint(f": {safe(diagnostic.message)}", _BOLD, colour)
    marks = [_Mark(label.span, "-", label.text, _BLUE) for label in diagnostic.labels]
    if diagnostic.span:
        marks.insert(0, _Mark(diagnostic.span, "^", "", style))
    gutter = max((len(str(mark.span.first.line)) for mark in marks), default=1)
    margin = " " * gutter
    for arrow, source in _sources(marks):
        here = [mark for mark in marks if mark.span.source.name == source.name]
        place = here[0].span.first
        yield _paint(f"{margin}{arrow} ", _BLUE, colour) + f"{safe(source.name)}:{place.line}:{place.column}"
        yield _paint(f"{margin} |", _BLUE, colour)
        yield from _excerpt(here, gutter, colour)
    remarks = (("note", diagnostic.note), ("help", diagnostic.help))
    for what, text in remarks:
        if text:
            lead = _paint(f"{margin} = ", _BLUE, colour) + _paint(f"{what}:", _BOLD, colour)
            indent = "\n" + " " * (gutter + len(what) + 5)
            yield f"{lead} {indent.join(safe(text).split(chr(10)))}"


def _sources(marks: Sequence[_Mark]) -> Iterator[tuple[str, Source]]:
    """Yield each file of the marks once, the first with the arrow of the place itself."""
    named = {mark.span.source.name: mark.span.source for mark in reversed(marks)}
    for index, name in enumerate(dict.fromkeys(mark.span.source.name for mark in marks)):
        yield ("-->" if index == 0 else ":::"), named[name]


def _excerpt(marks: Sequence[_Mark], gutter: int, colour: bool) -> Iterator[str]:
    """Yield each marked line once, in the order of the file, with its marks below it."""
    last: int | None = None
    for number in sorted({mark.span.first.line for mark in marks}):
        if last is not None and number > last + 1:
            yield _paint("...", _BLUE, colour)
        last = number
        here = sorted((m for m in marks if m.span.first.line == number), key=lambda mark: mark.span.start)
        long = _is_cut(here)
        for index, mark in enumerate(here):
            line, start, end = window(mark.span.source.line(number), *on_line(mark.span))
            if index == 0 or long:
                yield f"{_paint(f'{number:>{gutter}} |', _BLUE, colour)} {line}".rstrip()
            rest = more_lines(mark.span)
            words = " ".join(filter(None, (f"… and {_lines(rest)}" if rest else "", safe(mark.text))))
            under = f"{mark.sign * (end - start)} {words}".rstrip()
            yield _paint(" " * gutter + " |", _BLUE, colour) + " " * (start + 1) + _paint(under, mark.style, colour)


def _is_cut(marks: Sequence[_Mark]) -> bool:
    """Tell whether the marks of one line see different parts of it."""
    lines = {window(mark.span.source.line(mark.span.first.line), *on_line(mark.span))[0] for mark in marks}
    return len(lines) > 1


def _lines(count: int) -> str:
    return f"{count} more line{'' if count == 1 else 's'}"


def _paint(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_PLAIN}" if colour else text
