"""Spell out which mail an autoresponder may answer, as a condition of routers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nullsender import answering
from nullsender.layout import Quoted
from nullsender_targets.exim import ir
from nullsender_targets.exim.spelling import SENDERS_LOCAL_PART

MACRO = "NULLSENDER_ANSWERS"
MARK = "nullsender-answers"  # by which apply.sh knows the macro again in what Exim has read


def condition(ndrs: ir.Ndrs) -> Quoted | None:
    """Return the condition under which the routers of autoresponders may run, where the policy says something of it."""
    if ndrs.answers is None:
        return None
    if not ndrs.answers.ordinary:
        return Quoted(f"${{if eq{{{MARK}}}{{nobody}}}}")
    parts = (
        f"eq{{{MARK}}}{{{MARK}}}",
        "def:sender_address",
        *(f"!def:h_{field}:" for field in answering.LIST_FIELDS),
        f"!match{{$h_Precedence:}}{{(?i){_either(answering.PRECEDENCES)}}}",
        f"!match{{$h_X-Auto-Response-Suppress:}}{{(?i){_either(answering.SUPPRESSED)}}}",
        rf"or{{ {{!def:h_Auto-Submitted:}} {{match{{$h_Auto-Submitted:}}{{\N(?i)^{answering.BY_A_PERSON}\N}}}} }}",
        rf"!match{{{SENDERS_LOCAL_PART}}}{{\N^({_either(map(_pattern, answering.SENDERS))})$\N}}",
    )
    return Quoted(f"${{if and{{ {' '.join(f'{{{part}}}' for part in parts)} }}}}")


def _either(words: Iterable[str]) -> str:
    return "|".join(words)


def _pattern(glob: str) -> str:
    return ".*".join(map(re.escape, glob.split("*")))
