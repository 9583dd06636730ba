"""Read the query of a directory: literal text, and the places where the address that is looked up stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum


class Slot(Enum):
    """What is put into a query, escaped as its directory wants it."""

    ADDRESS = "%s"
    LOCAL = "%u"
    DOMAIN = "%d"


Piece = str | Slot
_PIECE = re.compile(r"%(.)?|[^%]+", re.DOTALL)


def pieces(query: str) -> Iterator[Piece]:
    """Yield a query as text and slots, `%%` as one `%`. Raises ValueError for what stands behind another `%`."""
    for found in _PIECE.finditer(query):
        match found[0]:
            case "%%":
                yield "%"
            case "%s" | "%u" | "%d" as slot:
                yield Slot(slot)
            case text if text.startswith("%"):
                raise ValueError(text)
            case text:
                yield text


def unquoted(query: str) -> Slot | None:
    """Return a slot of an SQL query that stands outside of single quotes, where escaping would not hold it."""
    inside = False
    for piece in pieces(query):
        if isinstance(piece, Slot):
            if not inside:
                return piece
        elif piece.count("'") % 2:
            inside = not inside
    return None
