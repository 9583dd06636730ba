"""Read files of a policy: bytes to a source, or a clear word why not."""

from __future__ import annotations

import re
from pathlib import Path

from nullsender.diagnostic import Diagnostic
from nullsender.source import Source, Span

LARGEST = 16 * 1024 * 1024  # octets of a policy; lists belong into files of their own
LONGEST_LINE = 1024 * 1024
# Control characters, those that turn the direction of writing, line separators that only some programs know.
REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")


def read_source(path: Path) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Return the text of a file under the name given, or the error that stands in its way."""
    try:
        with path.open("rb") as stream:
            octets = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return None, (_unreadable(path, error),)
    return decode(str(path), octets)


def decode(name: str, octets: bytes) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """Return the octets as a source: UTF-8, without control characters other than tab and line ends."""
    if len(octets) > LARGEST:
        return None, (
            Diagnostic(
                "NS104",
                f"`{name}` is larger than {LARGEST // 1024 // 1024} MB",
                None,
                help='long lists stand in files of their own: `recipients of mine from file "recipients.txt"`',
            ),
        )
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, (_not_utf8(name, octets, error),)
    source = Source(name, text)
    found = [_refused(source, match) for match, _ in zip(REFUSED.finditer(text), range(20), strict=False)]
    found.extend(_long_lines(source))
    return (None if found else source), tuple(found)


def _unreadable(path: Path, error: OSError | ValueError) -> Diagnostic:
    if isinstance(error, IsADirectoryError):
        reason = "it is a directory"
    else:
        reason = ((isinstance(error, OSError) and error.strerror) or str(error)).lower()
    return Diagnostic("NS101", f"cannot read `{path}`: {reason}", None)


def _not_utf8(name: str, octets: bytes, error: UnicodeDecodeError) -> Diagnostic:
    before = octets[: error.start]
    line_start = before.rfind(b"\n") + 1
    line = octets[line_start : octets.find(b"\n", error.start) % (len(octets) + 1)][:400].decode("utf-8", "replace")
    column = len(before[line_start:].decode("utf-8", "replace"))
    source = Source(name, line, before.count(b"\n") + 1)
    span = Span(source, column, column + 1) if column < len(line) else Span(source, 0, len(line))
    return Diagnostic(
        "NS102", f"`{name}` is not UTF-8: octet 0x{octets[error.start]:02x}", span, help="save the file as UTF-8"
    )


def _refused(source: Source, match: re.Match[str]) -> Diagnostic:
    return Diagnostic(
        "NS103",
        f"control character U+{ord(match.group()):04X}",
        Span(source, match.start(), match.end()),
        help="take it away: it shows nowhere, and no server should ever see it",
    )


def _long_lines(source: Source) -> list[Diagnostic]:
    if len(source.text) <= LONGEST_LINE:
        return []
    starts = [*source.starts(), len(source.text)]
    longest = max(range(len(starts) - 1), key=lambda i: starts[i + 1] - starts[i])
    if starts[longest + 1] - starts[longest] <= LONGEST_LINE:
        return []
    return [
        Diagnostic(
            "NS104",
            f"a line of {starts[longest + 1] - starts[longest]} characters",
            Span(source, starts[longest], starts[longest] + 40),
            help=f"at most {LONGEST_LINE} are read",
        )
    ]
