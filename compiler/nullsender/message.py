"""Read a message from a file: what rules can ask about it, and the envelope that the file records."""

from __future__ import annotations

import re

from nullsender import mime
from nullsender.session import Fields, Message

_HEADERS = {
    "message/global",
    "message/global-headers",
    "message/partial",
    "message/rfc822",
    "message/rfc822-headers",  # no such type is registered, but it is used
    "text/rfc822-headers",
}
_STATUS = {"message/delivery-status", "message/global-delivery-status"}
_ACTION = re.compile(r"^action[ \t]*+:[ \t]*+([a-z-]*+)", re.IGNORECASE | re.MULTILINE)
_TELLING = re.compile(r"^([ \t>|]*+)(?:received|message-id)[ \t]*+:", re.IGNORECASE | re.MULTILINE)
_BLANK = re.compile(r"\n[ \t>|]*+(?=\n)")
_NULL = {"delivery-status", "disposition-notification"}  # reports that are sent with the null sender
_ACCEPTED = ("x-original-to", "envelope-to", "x-envelope-to", "delivered-to")
_MBOX = re.compile(r">?From +(\S+)")
_BRACKETS = str.maketrans("()<>", "    ")
_QUOTED = re.compile(r'"[^"]*"')
_ROUTE = re.compile(r"@[^:@]*+:")
_LEAST = 3  # fields that make a header


def read_message(octets: bytes) -> Message:
    """Read a message, whatever its octets are.

    `returned` is filled for any message that holds another one, a forwarded one too: whether it came back, the sender
    and the report say, which rules ask about anyway. It is the header of the first part that is a message or the
    header of one; where there is none, the first block in a text that has a header's shape and a Received or
    Message-ID line, which is how bounces older than RFC 3464 return it, in any language. `delayed` is never set without
    a message/delivery-status part: other warnings are told from bounces by their words only.
    """
    fields, body = mime.header(mime.decoded(octets))
    kind, parameters = mime.content_type(fields)
    parts = tuple(mime.parts(fields, body))
    actions = (_ACTION.search(part.text) for part in parts if part.type in _STATUS)
    action = next((found[1].lower() for found in actions if found), None)
    return Message(
        fields=fields,
        report=parameters.get("report-type", "").lower() or None if kind == "multipart/report" else None,
        returned=_returned(parts),
        delayed=action == "delayed",
        octets=octets,
    )


def envelope(octets: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the reverse-path and the recipients that the file of a message records, whatever its octets are.

    The reverse-path stands in Return-Path, else in mbox's first line; `<>` is the null sender, and so is a bare
    MAILER-DAEMON, which stands for it where a line needs a word. Where neither is recorded it is null for reports on
    delivery and disposition (RFC 3464 §2, RFC 8098 §3) and for mail from a MAILER-DAEMON, else the address in From.
    The recipients stand in X-Original-To, else Envelope-To, X-Envelope-To, Delivered-To: those that record RCPT TO as
    it was before aliases come first. Where none is there, they are those of To and Cc.
    """
    text = mime.decoded(octets)
    fields, _ = mime.header(text)
    recorded = next((first for name in _ACCEPTED if (first := _addresses(mime.first(fields, name)))), ())
    written = (a for name, value in fields if name.lower() in ("to", "cc") for a in _addresses(value))
    return _sender(text, fields), recorded or tuple(dict.fromkeys(written))


def _sender(text: str, fields: Fields) -> str:
    line = _MBOX.match(text)
    for recorded in (mime.first(fields, "return-path"), line[1] if line else ""):
        if recorded and recorded.strip("<> ").upper() in ("", "MAILER-DAEMON"):
            return ""
        if found := _addresses(recorded):
            return found[0]
    author = next(iter(_addresses(mime.first(fields, "from"))), "")
    kind, parameters = mime.content_type(fields)
    reports = kind == "multipart/report" and parameters.get("report-type", "").lower() in _NULL
    return "" if reports or author.upper().startswith("MAILER-DAEMON@") else author


def _addresses(value: str) -> tuple[str, ...]:
    """Return the addresses in a field's value; display names, comments with no address, and routes are left out."""
    found = []
    for item in _QUOTED.sub("", value).replace(";", ",").split(","):
        inner = item.partition("<")[2].partition(">")[0] if "<" in item else item
        words = _ROUTE.sub("", inner).translate(_BRACKETS).split()
        found += [word for word in words if "@" in word.strip("@")][:1]
    return tuple(found)


def _returned(parts: tuple[mime.Part, ...]) -> Fields | None:
    for part in parts:
        if part.type in _HEADERS and (fields := mime.header(part.text.lstrip("\n"), loose=True)[0]):
            return fields
    for part in parts:
        if (part.type.startswith("text/") or part.type in _STATUS) and (fields := _inlined(part.text)):
            return fields
    return None


def _inlined(text: str) -> Fields:
    """Return the first block of lines in a text that is a header by its shape, indented or quoted as it may be."""
    if not _TELLING.search(text):
        return ()
    for block in _BLANK.split(text):
        if margins := _TELLING.findall(block):
            margin = min(margins, key=len)
            lines = [line.removeprefix(margin) for line in block.split("\n") if line.startswith(margin)]
            start = next(number for number, line in enumerate(lines) if mime.LIKELY.fullmatch(line))
            fields, _ = mime.header("\n".join(lines[start:]), loose=True)
            if len({name.lower() for name, _ in fields}) >= _LEAST:
                return fields
    return ()
