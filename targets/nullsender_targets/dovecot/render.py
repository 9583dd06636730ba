"""Lay out the script; without a statement on autoreplies there is none."""

from __future__ import annotations

from nullsender import answering
from nullsender.layout import artifact, render
from nullsender.target import Artifact
from nullsender_targets.dovecot import ir, quote

PACKAGE = "nullsender_targets.dovecot"
SCRIPT = "nullsender/answers.sieve"
_TAG = "prvs=*="  # of BATV; with ten `?` for the digits, Pigeonhole 0.5.19 also takes what only begins so


def artifacts(script: ir.Script) -> tuple[Artifact, ...]:
    """Return the files of one Dovecot."""
    if script.answers is None:
        return ()
    page = render(
        PACKAGE,
        "answers.sieve.j2",
        nobody=script.answers.nobody,
        origin=script.answers.made_for,
        lists=quote.strings(answering.LIST_FIELDS),
        precedences=quote.strings(answering.PRECEDENCES),
        suppressed=quote.strings(answering.SUPPRESSED),
        senders=quote.strings(answering.SENDERS),
        tagged=quote.strings(f"{_TAG}{pattern}" for pattern in answering.SENDERS),
    )
    return (artifact(SCRIPT, page),)
