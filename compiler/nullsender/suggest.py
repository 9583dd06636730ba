"""Guess what somebody meant to write."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 80  # comparing longer words costs time and helps nobody


def closest(written: str, possible: Iterable[str]) -> str | None:
    """Return the possible word that is nearest to what was written, None where none is near."""
    if not 1 < len(written) <= LONGEST:
        return None
    found = get_close_matches(written, list(possible), n=1, cutoff=0.7)
    return found[0] if found and found[0] != written else None


def did_you_mean(written: str, possible: Iterable[str]) -> str | None:
    """Return the help line for an unknown name."""
    guess = closest(written, possible)
    return f"did you mean `{guess}`?" if guess else None
