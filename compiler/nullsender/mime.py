"""Take a message apart as RFC 5322 and RFC 2045 have it: in linear time, and whatever the octets are.

The standard library's parser goes down into parts by recursion and looks at every line once for each level, so what
nests deeply ends it or lasts for hours. Parts below `DEEPEST` levels are not looked into here.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import whitespace

from nullsender.session import Fields

DEEPEST = 20
_FIELD = re.compile(r"([!-9;-~]++)[ \t]*+:(.*)", re.DOTALL)
LIKELY = re.compile(r"([A-Za-z][\w.-]*+)[ \t]*+:(.*)", re.DOTALL | re.ASCII)  # no part of a line that was wrapped
_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;"]++))', re.DOTALL)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has no parts: its header, its content as it stands there, and its content type in lower case."""

    fields: Fields
    content: str
    type: str

    @property
    def text(self) -> str:
        """The content with its content-transfer-encoding undone; what is broken in it is left out."""
        match first(self.fields, "content-transfer-encoding").lower():
            case "base64":
                digits = _NOT_BASE64.sub("", self.content.partition("=")[0])
                whole = digits[: len(digits) - (len(digits) % 4 == 1)]
                return decoded(binascii.a2b_base64(whole + "=" * (-len(whole) % 4)))
            case "quoted-printable":
                return decoded(binascii.a2b_qp(self.content.encode("utf-8", "surrogateescape")))
        return self.content


def decoded(octets: bytes) -> str:
    """Decode octets with LF for CRLF.

    Octets that are not UTF-8 become surrogates: unlike Latin-1 that leaves the text of RFC 6532 readable, and gives the
    octets back as they were.
    """
    return octets.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def first(fields: Fields, name: str) -> str:
    """Return the value of the first field of that name, which is in lower case; empty where there is none."""
    return next((value for other, value in fields if other.lower() == name), "")


def header(text: str, *, loose: bool = False) -> tuple[Fields, str]:
    """Part a header, unfolded (RFC 5322 §2.2.3), from the body.

    A line of mbox (`From ` or `>From `) is passed over. The first other line that cannot be in a header begins a body,
    as servers see it; in a loose header, which went through programs that wrap lines, it continues the field above.
    """
    pattern = LIKELY if loose else _FIELD
    fields: list[tuple[str, list[str]]] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].removesuffix("\n")
        if line[:1] in (" ", "\t") and fields:
            fields[-1][1].append(line)
        elif field := pattern.fullmatch(line):
            fields.append((field[1], [field[2]]))
        elif loose and fields and not line.isspace() and line:
            fields[-1][1].append(f" {line}")
        elif not line.startswith(("From ", ">From ")):
            at = end if not line else at
            break
        at = end
    return tuple((name, "".join(lines).strip(whitespace)) for name, lines in fields), text[at:]


def content_type(fields: Fields) -> tuple[str, dict[str, str]]:
    """Return the content type in lower case, and its parameters with their names in lower case."""
    value = first(fields, "content-type")
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(value):
        parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
    return value.partition(";")[0].strip().lower() or "text/plain", parameters


def parts(fields: Fields, body: str, depth: int = 0) -> Iterator[Part]:
    """Yield the parts of a message in order; a multipart in which no boundary stands is text."""
    kind, parameters = content_type(fields)
    if not kind.startswith("multipart/"):
        yield Part(fields, body, kind)
    elif pieces := _pieces(body, parameters.get("boundary", "")):
        if depth < DEEPEST:
            default: Fields = (("Content-Type", "message/rfc822"),) if kind == "multipart/digest" else ()
            for piece in pieces:
                inner, content = header(piece, loose=True)
                yield from parts((*inner, *default), content, depth + 1)
    else:
        yield Part(fields, body, "text/plain")


def _pieces(body: str, boundary: str) -> list[str]:
    if not boundary:
        return []
    delimiter = re.compile(rf"\n--{re.escape(boundary)}(--)?[ \t\r]*+(?=\n|\Z)")
    _, *rest = delimiter.split(f"\n{body}")
    last = next((number for number, end in enumerate(rest[::2]) if end), len(rest))
    return [piece[1:] for piece in rest[1::2][:last]]
