"""Write words as strings of Sieve (RFC 5228, section 2.4.2); no text of a policy comes here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nullsender.layout import Quoted


def strings(words: Iterable[str]) -> Quoted:
    """Return words as a list of strings."""
    return Quoted("[" + ", ".join(map(_string, words)) + "]")


def _string(word: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", word) + '"'
