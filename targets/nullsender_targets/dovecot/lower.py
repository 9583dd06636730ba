"""Lower a part: of all statements, the one on autoreplies."""

from __future__ import annotations

from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.plan import Part
from nullsender_targets.dovecot import ir


def lower(part: Part) -> tuple[ir.Script, tuple[Diagnostic, ...]]:
    """Return the script of a part."""
    answers = None
    for statement in part.statements:
        if isinstance(setting := statement.setting, p.AnswerAutomatically):
            answers = ir.Answers(not setting.ordinary, statement.id)
    return ir.Script(answers, tuple(statement.id for statement in part.statements)), ()
