"""Write the message of a session: the file that a test names, or one with the fields and the report it asks for."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from email.utils import localtime
from itertools import count

from nullsender import condition as c
from nullsender.features import full_condition
from nullsender.lab.publishing import author_of
from nullsender.lab.signing import signed
from nullsender.policy import Policy
from nullsender.session import Fields, Session

MARK = "X-Lab-Id"  # by which a message, and a report of it, are found again
SCORE = "X-Lab-Score"  # what the filter is to think of the message by itself
_numbers = count(1)
_BOUNDARY = "nullsender-lab"
_LINES_OF_MBOX = re.compile(rb"\A(?:>?From [^\n]*\n)+")  # they part messages in a file, and are of none


def compose(session: Session, asked: Container[str] = ()) -> tuple[str, bytes]:
    """Return an id that is seen once, and the message of a session with it; lines end with LF.

    `asked` are fields, in lower case, that rules ask for: where the session has none of them, neither has the message.
    """
    id_ = f"lab-{next(_numbers):09}"
    ours: list[tuple[str, str]] = [(MARK, id_), (SCORE, f"{session.score:g}")]
    message = session.message
    if message.octets is not None:
        return id_, _signed(session, _header(tuple(ours)) + _LINES_OF_MBOX.sub(b"", message.octets))
    given = {name.lower() for name, _ in message.fields}

    def usually(name: str) -> bool:
        return name.lower() not in given and name.lower() not in asked

    usual = (
        ("From", author_of(session)),
        ("To", ", ".join(session.recipients)),
        ("Subject", "a test"),
        ("Date", localtime().strftime("%a, %d %b %Y %H:%M:%S %z")),
        ("Message-ID", f"<{id_}@client.example>"),
    )
    fields = (*ours, *(field for field in usual if usually(field[0])), *message.fields)
    if message.report is None and message.returned is None:
        return id_, _signed(session, _header(fields) + b"\nHello.\n")
    report = _report(session).encode("utf-8", "surrogateescape")
    return id_, _signed(session, _header((*fields, *_kind(session))) + b"\n" + report)


def _signed(session: Session, octets: bytes) -> bytes:
    return signed(octets, author_of(session).rpartition("@")[2]) if session.dmarc == "pass" else octets


def asked_of(policy: Policy) -> frozenset[str]:
    """Return the names of header fields that rules ask for, in lower case."""
    return frozenset(_asked(policy))


def _asked(policy: Policy) -> Iterator[str]:
    for rule in policy.rules:
        for _, atom in c.literals(full_condition(rule)):
            if isinstance(atom, c.HeaderMatches):
                yield atom.name.lower()


def _header(fields: Fields) -> bytes:
    return "".join(f"{name}: {value}\n" for name, value in fields).encode("utf-8", "surrogateescape")


def _kind(session: Session) -> Fields:
    report = session.message.report
    kind = f'multipart/report; report-type="{report}"' if report else "multipart/mixed"
    return ("MIME-Version", "1.0"), ("Content-Type", f'{kind}; boundary="{_BOUNDARY}"')


def _report(session: Session) -> str:
    """Return the parts of a report: words, what happened, and the header that came back (RFC 6522 §3)."""
    message = session.message
    parts = ["Content-Type: text/plain\n\nHello.\n"]
    if message.report:
        action = "delayed" if message.delayed else "failed"
        parts.append(f"Content-Type: message/{message.report}\n\nReporting-MTA: dns; a.example\n\nAction: {action}\n")
    if message.returned is not None:
        header = "".join(f"{name}: {value}\n" for name, value in message.returned)
        parts.append(f"Content-Type: text/rfc822-headers\n\n{header}")
    return "".join(f"--{_BOUNDARY}\n{part}\n" for part in parts) + f"--{_BOUNDARY}--\n"
