"""Change what a target is given: mistakes that a planner or a lowering could make with whole rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from nullsender import condition as c
from nullsender import policy as p
from nullsender.lists import sets_of, with_sets
from nullsender.names import Entries
from nullsender.plan import Part, Step
from nullsender.session import Stage

Steps = tuple[Step | None, ...]  # one that was dropped is None, so that the others keep their numbers


def of_one_rule(change: Callable[[p.Rule], Iterator[p.Rule]]) -> Callable[[tuple[Step, ...]], Iterator[Steps]]:
    """Make of a change of rules one of steps; relaying and existence are left alone."""

    def steps_of(steps: tuple[Step, ...]) -> Iterator[Steps]:
        for number, step in enumerate(steps):
            for rule in change(step.rule) if not (step.rule.relaying or step.rule.existence) else ():
                yield _with(steps, number, replace(step, rule=rule))

    return steps_of


def _with(steps: tuple[Step, ...], number: int, step: Step | None) -> Steps:
    return (*steps[:number], step, *steps[number + 1 :])


def _swapped(steps: tuple[Step, ...]) -> Iterator[Steps]:
    for number, (one, other) in enumerate(pairwise(steps)):
        rules = one.rule, other.rule
        if one.stage == other.stage and not any(rule.existence or rule.relaying for rule in rules):
            yield (*steps[:number], other, one, *steps[number + 2 :])


def _without_step(steps: tuple[Step, ...]) -> Iterator[Steps]:
    return (_with(steps, number, None) for number in range(len(steps)))


def _at_another_stage(steps: tuple[Step, ...]) -> Iterator[Steps]:
    for number, step in enumerate(steps):
        if step.stage is Stage.RCPT and not (step.rule.relaying or step.rule.existence):
            yield _with(steps, number, replace(step, stage=Stage.DATA, rule=replace(step.rule, stage=Stage.DATA)))


def _without_exception(rule: p.Rule) -> Iterator[p.Rule]:
    for number in range(len(rule.unless)):
        yield replace(rule, unless=rule.unless[:number] + rule.unless[number + 1 :])


def _off_by_one(rule: p.Rule) -> Iterator[p.Rule]:
    yield from _atoms(rule, lambda a: replace(a, count=a.count + 1) if isinstance(a, c.RecipientsOver) else a)


def _negated(rule: p.Rule) -> Iterator[p.Rule]:
    for _, atom in c.literals(rule.when):
        yield replace(rule, when=_rewritten(rule.when, lambda a, of=atom: c.Not(a) if a == of else a))  # type: ignore[misc]


def _joined_otherwise(rule: p.Rule) -> Iterator[p.Rule]:
    match rule.when:
        case c.AllOf(parts):
            yield replace(rule, when=c.AnyOf(parts))
        case c.AnyOf(parts):
            yield replace(rule, when=c.AllOf(parts))
        case _:
            return


def _other_reports(rule: p.Rule) -> Iterator[p.Rule]:
    yield replace(rule, report_only=not rule.report_only)


def _another_action(rule: p.Rule) -> Iterator[p.Rule]:
    other: dict[type[p.Action], p.Action] = {
        p.Reject: p.Defer(),
        p.Defer: p.Reject(),
        p.Quarantine: p.Discard(),
        p.Discard: p.Quarantine(),
    }
    if type(rule.action) in other:
        action = other[type(rule.action)]
        code = {p.Defer: 451, p.Reject: 550}.get(type(action), rule.reply.code)
        yield replace(rule, action=action, reply=replace(rule.reply, code=code, enhanced=f"{code // 100}.7.1"))


def _another_code(rule: p.Rule) -> Iterator[p.Rule]:
    if rule.reply.code_written and isinstance(rule.action, p.Reject | p.Defer):
        yield replace(rule, reply=replace(rule.reply, enhanced=f"{rule.reply.code // 100}.9.9"))


def _fewer_members(rule: p.Rule) -> Iterator[p.Rule]:
    def fewer(of: Entries) -> Entries:
        return replace(of, members=of.members[1:]) if len(of.members) > 1 else of

    if any(len(of.members) > 1 for of in sets_of(rule)):
        yield with_sets(rule, fewer)


def _atoms(rule: p.Rule, change: Callable[[c.Atom], c.Condition]) -> Iterator[p.Rule]:
    changed = replace(
        rule, when=_rewritten(rule.when, change), unless=tuple(_rewritten(part, change) for part in rule.unless)
    )
    if changed != rule:
        yield changed


def _rewritten(condition: c.Condition, change: Callable[[c.Atom], c.Condition]) -> c.Condition:
    match condition:
        case c.AllOf(parts):
            return c.AllOf(tuple(_rewritten(part, change) for part in parts))
        case c.AnyOf(parts):
            return c.AnyOf(tuple(_rewritten(part, change) for part in parts))
        case c.Not(part):
            return c.Not(_rewritten(part, change))
        case _:
            return change(condition)


OPERATORS: Mapping[str, Callable[[tuple[Step, ...]], Iterator[Steps]]] = {
    "two steps swapped": _swapped,
    "a step dropped": _without_step,
    "another stage": _at_another_stage,
    "an exception dropped": of_one_rule(_without_exception),
    "recipients off by one": of_one_rule(_off_by_one),
    "a literal negated": of_one_rule(_negated),
    "and for or": of_one_rule(_joined_otherwise),
    "report only for deciding": of_one_rule(_other_reports),
    "another action": of_one_rule(_another_action),
    "another code": of_one_rule(_another_code),
    "a member less": of_one_rule(_fewer_members),
}


def changed(part: Part, operator: str, choice: int) -> tuple[Part, Steps] | None:
    """Return the part with one mistake, by the number of those that are possible, None where there is none."""
    possible = list(OPERATORS[operator](part.steps))
    if not possible:
        return None
    steps = possible[choice * 7919 % len(possible)]
    return replace(part, steps=tuple(step for step in steps if step)), steps


def meaning(policy: p.Policy, part: Part, steps: Steps) -> p.Policy:
    """Return what the policy would mean if the mistake stood in it."""
    instead = {
        old.rule.id: (new.rule if new else None) for old, new in zip(part.steps, steps, strict=True) if old != new
    }
    rules = (instead.get(rule.id, rule) for rule in policy.rules)
    return replace(policy, rules=tuple(rule for rule in rules if rule))
