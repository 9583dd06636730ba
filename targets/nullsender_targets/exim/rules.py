"""Turn one rule into ACL statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from nullsender import policy as p
from nullsender.excuses import words_of
from nullsender.features import full_condition
from nullsender.policy import Stage
from nullsender_targets.exim import ir
from nullsender_targets.exim.conditions import Conditions, thousandths

UNKNOWN = ir.When(ir.Is(ir.Var.KNOWN, "no"))
CANNOT_TELL = ir.When(ir.Is(ir.Var.KNOWN, "unknown"))


def of_rule(rule: p.Rule, stage: Stage, to: Conditions) -> tuple[ir.Statement, ...]:
    """Return the statements that decide `rule` at `stage`, which is its own."""
    alternatives = to.alternatives(full_condition(rule), stage)
    return tuple(
        replace(done, about=about(rule) if not number else "")
        for number, tests in enumerate(alternatives)
        for done in _decided(rule, stage, tests)
    )


def of_flag(rule: p.Rule, stage: Stage, spared: ir.Flag) -> tuple[ir.Statement, ...]:
    """Return the statement that decides a rule of single recipients for the message: none of them was spared."""
    tests = (ir.When(ir.Without(ir.Defined(spared))),)
    return tuple(replace(done, about=about(rule)) for done in _decided(rule, stage, tests))


def of_existence(rule: p.Rule, to: Conditions, *, may_fail: bool) -> Iterator[ir.Statement]:
    """Yield the statements for nonexistent recipients: a lookup that failed defers whatever the rule says."""
    for number, done in enumerate(of_rule(rule, Stage.RCPT, to)):
        if may_fail:
            tests = tuple(CANNOT_TELL if test == UNKNOWN else test for test in done.tests)
            failed = ir.Answer(451, "4.3.0", "cannot look up this recipient now, try again later", rule.id)
            about = done.about if not number else ""
            yield ir.Statement(ir.Verb.DEFER, tests, (failed,), about, rule.id)
            done = replace(done, about="")
        yield done


def _decided(rule: p.Rule, stage: Stage, tests: tuple[ir.Test, ...]) -> Iterator[ir.Statement]:
    moment = ir.Moment.RCPT if stage is Stage.RCPT else ir.Moment.MESSAGE
    if rule.report_only:
        what = f"would {_DONE[type(rule.action)]}"
        yield ir.Statement(ir.Verb.WARN, tests, (ir.Note(what, rule.id, moment),), origin=rule.id)
        return
    verb, effects = _ACTIONS[type(rule.action)](rule, moment)
    yield ir.Statement(verb, tests, effects, origin=rule.id)


def answer(rule: p.Rule) -> ir.Answer:
    """Return what the rule tells the client."""
    return ir.Answer(rule.reply.code, rule.reply.enhanced, words_of(rule), rule.id)


Done = tuple[ir.Verb, tuple[ir.Effect, ...]]


def _put_aside(rule: p.Rule, variable: ir.Var, moment: ir.Moment) -> Done:
    note = ir.Note(_DONE[type(rule.action)], rule.id, moment, once=False)
    return ir.Verb.ACCEPT, (ir.Set(variable, ir.Word(rule.id)), note)


def _tag(rule: p.Rule, _: ir.Moment) -> Done:
    assert isinstance(rule.action, p.Tag)  # noqa: S101
    return ir.Verb.WARN, (ir.AddHeader(rule.action.header, rule.action.value),)


def _score(rule: p.Rule, _: ir.Moment) -> Done:
    assert isinstance(rule.action, p.Score)  # noqa: S101
    return ir.Verb.WARN, (ir.Set(ir.Var.SCORE, ir.Plus(thousandths(rule.action.points))),)


_ACTIONS: Mapping[type, Callable[[p.Rule, ir.Moment], Done]] = {
    p.Reject: lambda rule, _: (ir.Verb.DENY, (answer(rule),)),
    p.Defer: lambda rule, _: (ir.Verb.DEFER, (answer(rule),)),
    p.Quarantine: lambda rule, moment: _put_aside(rule, ir.Var.QUARANTINE, moment),
    p.Discard: lambda rule, moment: _put_aside(rule, ir.Var.DISCARD, moment),
    p.Tag: _tag,
    p.Score: _score,
}
_DONE: Mapping[type, str] = {
    p.Reject: "reject",
    p.Defer: "defer",
    p.Quarantine: "quarantine",
    p.Discard: "discard",
    p.Tag: "tag",
    p.Score: "score",
}


def about(rule: p.Rule) -> str:
    return rule.words or rule.id
