"""Show the message to a content filter and read its verdict.

The filter's report holds one line for each thing it has to say: `nullsender: reject 550 5.7.1 text [id]`, `defer`,
`quarantine [id]`, `discard [id]` or `accept`, `tag Header: value [id]`, `remove Header` and `score MILLIPOINTS`.
A report without a verdict means that the filter did not look.
"""

from __future__ import annotations

from collections.abc import Iterator

from nullsender_targets.exim import ir


def scan(helper: str) -> Iterator[ir.Statement]:
    """Yield the statements that ask the filter; without an answer the message is deferred."""
    yield ir.Statement(
        ir.Verb.WARN, (), (ir.Set(ir.Var.REPORT, ir.Word("")),), f"{helper} sees every message; it has to answer"
    )
    yield ir.Statement(ir.Verb.WARN, (ir.Scan(),), (ir.Set(ir.Var.REPORT, ir.Reading.REPORT),))
    yield ir.Statement(
        ir.Verb.DEFER,
        (ir.When(ir.Without(ir.Known.FILTER_ANSWERED)),),
        (ir.Answer(451, "4.3.0", "the content filter does not answer, try again later", helper),),
    )
    yield ir.Statement(
        ir.Verb.WARN,
        (),
        (ir.Set(ir.Var.SCORE, ir.Reading.FILTER_SCORE), ir.FilterHeaders.REMOVE, ir.FilterHeaders.ADD),
        "its score, in thousandths; headers of ours that come from outside, and those that it adds",
    )


def verdict() -> Iterator[ir.Statement]:
    """Yield the statements that do what the filter decided."""
    yield ir.Statement(
        ir.Verb.DENY, (ir.When(ir.Known.FILTER_REJECTS),), (ir.FilterAnswer.REJECT,), "what the filter decides"
    )
    yield ir.Statement(ir.Verb.DEFER, (ir.When(ir.Known.FILTER_DEFERS),), (ir.FilterAnswer.DEFER,))
    for asked, variable, what in (
        (ir.Known.FILTER_QUARANTINES, ir.Var.QUARANTINE, "quarantine"),
        (ir.Known.FILTER_DISCARDS, ir.Var.DISCARD, "discard"),
    ):
        yield ir.Statement(
            ir.Verb.ACCEPT,
            (ir.When(asked),),
            (ir.Set(variable, ir.Reading.FILTER_RULE), ir.Note(what, variable, ir.Moment.MESSAGE, once=False)),
        )
