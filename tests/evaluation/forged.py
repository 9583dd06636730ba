"""How well forged bounces are told from our own in real mail.

`python -m tests.evaluation.forged` prints a table: of each kind of message, how many return a Message-ID, how many of
those are taken with its domain as ours, and how many are caught with another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nullsender import canonical, mime
from nullsender import condition as c
from nullsender.asking import View, ask
from nullsender.names import Entries, Kind
from nullsender.session import Session
from tests.evaluation.corpora import Row, rows
from tests.evaluation.policies import policy

ELSEWHERE = "elsewhere.invalid"  # named by no message
_DOMAIN = re.compile(r"@\[?([\w.-]+)", re.ASCII)
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """What was decided of a message: whether it was taken with its own domain as ours, and refused with another."""

    row: Row
    taken: bool
    caught: bool

    @property
    def kind(self) -> tuple[str, str]:
        return self.row.said["label"], self.row.said["kind"]


def own_domain(row: Row) -> str | None:
    """Return the domain of the Message-ID that a message returns, None where it returns none with a domain."""
    found = _DOMAIN.search(mime.first(row.message.returned or (), "message-id"))
    name = found[1].lower().strip(".") if found else ""
    return name if is_host(name) else None


def own_host(row: Row) -> str:
    """Return a host that sent what a message returns: its Message-ID's domain, else the first in a Received line."""
    lines = (value for name, value in row.message.returned or () if name.lower() == "received")
    names = (name.lower() for line in lines for name in _NAME.findall(line) if is_host(name.lower()))
    return own_domain(row) or next(names, ELSEWHERE)


def is_host(name: str) -> bool:
    try:
        return canonical.domain(name) == name and "." in name and not name[-1].isdigit()
    except ValueError:
        return False


def told() -> tuple[Told, ...]:
    """Return what the meaning of the language says of all messages."""
    return tuple(Told(row, not is_forged(row, own_host(row)), is_forged(row, ELSEWHERE)) for row in rows())


def is_forged(row: Row, ours: str) -> bool:
    session = Session(("alice@example.org",), row.sender, message=row.message)
    view = View(policy(""), "mx1", session, session.recipients)
    return ask(view, c.ForgedBounce(Entries("ours", Kind.HOSTS, (ours,)))) is True


def share(of: Iterable[Told], label: str) -> tuple[float, float]:
    """Return how many of the messages with that label that return a Message-ID were taken, and how many caught."""
    these = [one for one in of if one.row.said["label"] == label and own_domain(one.row)]
    return sum(one.taken for one in these) / len(these), sum(one.caught for one in these) / len(these)


def lost(of: Iterable[Told]) -> set[str]:
    """Return the messages that must not be lost and were not taken, though what they return is ours."""
    return {one.row.name for one in of if one.row.said["label"] == "keep" and not one.taken}


def table(of: Iterable[Told]) -> Iterator[str]:
    """Yield the lines of a table by label and kind."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for one in of:
        count = counts.setdefault(one.kind, Counter())
        with_id = int(own_domain(one.row) is not None)
        count.update(rows=1, returns=with_id, taken=with_id * one.taken, caught=with_id * one.caught)
    yield "| label | kind | messages | return a Message-ID | taken as ours | caught as another's |"
    yield "|---|---|---:|---:|---:|---:|"
    for (label, kind), count in sorted(counts.items()):
        yield f"| {label} | {kind} | {count['rows']} | {count['returns']} | {count['taken']} | {count['caught']} |"


if __name__ == "__main__":
    print("\n".join(table(told())))
