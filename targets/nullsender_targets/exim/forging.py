"""Ask whether a bounce is forged: a script reads what it returned, and its names are looked up as those of any set."""

from __future__ import annotations

from collections.abc import Iterator

from nullsender.names import Entries
from nullsender_targets.exim import ir
from nullsender_targets.exim.sets import Sets, all_of, any_of

_NOTHING, _FAILED, _UNSURE = "nothing", "failed", "unsure"
_IS_BOUNCE = any_of((ir.Without(ir.Defined(ir.Fact.SENDER)), ir.Known.FROM_DAEMON, ir.Known.RETURNS_IN_REPORT))


def look_into() -> Iterator[ir.Statement]:
    """Yield the statements that find out what came back, for whatever may be a bounce; without an answer it waits."""
    returned = ir.Var.RETURNED
    failed = ir.When(ir.Is(returned, _FAILED))
    yield ir.Statement(ir.Verb.WARN, (), (ir.Set(returned, ir.Word(_NOTHING)),), "what a bounce returned")
    may = any_of((ir.Known.MAY_RETURN, ir.Without(ir.Known.WHOLE_HEADER)))
    yield ir.Statement(ir.Verb.WARN, (ir.When(may),), (ir.Set(returned, ir.Word(_FAILED)),))
    hidden = ir.When(ir.Without(ir.Known.WHOLE_HEADER))
    yield ir.Statement(ir.Verb.WARN, (hidden,), (ir.Set(returned, ir.Word(_UNSURE)),))
    yield ir.Statement(ir.Verb.WARN, (failed,), (ir.Set(returned, ir.Reading.RETURNED),))
    answer = ir.Answer(451, "4.3.0", "cannot look into this message now, try again later", "returned")
    yield ir.Statement(ir.Verb.DEFER, (failed,), (answer,))


def forget() -> ir.Statement:
    """Return the statement that keeps what came back out of the queue."""
    return ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.RETURNED, ir.Word("")),))


def is_forged(entries: Entries, sets: Sets, *, wanted: bool) -> ir.Expr:
    """Return what is true when it is surely forged, or surely not; a name below a member's is among those told."""
    ours = ir.SomeLine(ir.Var.RETURNED, sets.member(entries, (ir.Fact.ITEM,)))
    if wanted:
        there = (ir.Exists(file) for file in entries.live)
        return all_of((ir.Known.RETURNS, _IS_BOUNCE, *there, ir.Without(ours)))
    no_bounce = all_of((ir.Known.RETURNS, ir.Without(_IS_BOUNCE)))
    return any_of((ir.Is(ir.Var.RETURNED, _NOTHING), no_bounce, ours))
