"""Work out what is left of a condition where some of it is known: at RCPT or DATA, for one or several recipients."""

from __future__ import annotations

from collections.abc import Callable

from nullsender import condition as c

ALWAYS = c.AllOf(())
NEVER = c.AnyOf(())

Known = Callable[[c.Atom], bool | None]


class UnanswerableError(Exception):
    """Raised by `Known` for an atom that cannot be answered here: it is unknown, and so is its negation."""


def specialise(condition: c.Condition, known: Known) -> c.Condition:
    """Return what remains of a condition in normal form; what cannot be answered never fires.

    `known` gives the truth of an atom, None where Postfix has to ask, and raises `UnanswerableError` where it cannot.
    """
    return _simple(c.negation_normal(condition), known)


def _simple(condition: c.Condition, known: Known) -> c.Condition:
    match condition:
        case c.AllOf(parts):
            return _join(c.AllOf, [_simple(part, known) for part in parts], NEVER)
        case c.AnyOf(parts):
            return _join(c.AnyOf, [_simple(part, known) for part in parts], ALWAYS)
        case c.Not(part):
            assert not isinstance(part, c.AllOf | c.AnyOf | c.Not)  # noqa: S101  # normal form
            return _literal(part, True, known)
        case _:
            return _literal(condition, False, known)


def _literal(atom: c.Atom, negated: bool, known: Known) -> c.Condition:
    try:
        truth = known(atom)
    except UnanswerableError:
        return NEVER
    if truth is None:
        return c.Not(atom) if negated else atom
    return ALWAYS if truth is not negated else NEVER


def _join(kind: type[c.AllOf] | type[c.AnyOf], parts: list[c.Condition], decisive: c.Condition) -> c.Condition:
    """Join parts flatly and each once; the decisive constant swallows the others."""
    flat: dict[c.Condition, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    if decisive in flat:
        return decisive
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))
