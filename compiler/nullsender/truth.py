"""Three-valued logic (Kleene): what is true, false, or unknown because a lookup failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nullsender import condition as c

Truth = bool | None  # None is unknown


def negation(truth: Truth) -> Truth:
    return None if truth is None else not truth


def conjunction(truths: Iterable[Truth]) -> Truth:
    """Return true when all are, false when one is, else unknown; what comes after a false one is not asked."""
    found: Truth = True
    for truth in truths:
        if truth is False:
            return False
        found = truth if truth is None else found
    return found


def disjunction(truths: Iterable[Truth]) -> Truth:
    """Return true when one is, false when all are, else unknown."""
    return negation(conjunction(map(negation, truths)))


def answer(condition: c.Condition, ask: Callable[[c.Atom], Truth]) -> Truth:
    """Answer a condition, given what answers its atoms."""
    match condition:
        case c.AllOf(parts):
            return conjunction(answer(part, ask) for part in parts)
        case c.AnyOf(parts):
            return disjunction(answer(part, ask) for part in parts)
        case c.Not(part):
            return negation(answer(part, ask))
        case _:
            return ask(condition)
