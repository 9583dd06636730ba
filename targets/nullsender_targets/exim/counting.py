"""Turn limits and greylisting into ACL statements. Where Exim cannot remember, the message is deferred.

A limit asks at its place among the rules how many there were; the message itself is written down when it is accepted,
after everything else that could refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nullsender import policy as p
from nullsender_targets.exim import ir
from nullsender_targets.exim.conditions import Conditions
from nullsender_targets.exim.rules import about, answer

COUNT = "count"
_YES, _NO, _UNKNOWN = "yes", "no", "unknown"
_FAILED = "cannot count this message now, try again later"
_ID = "limits"  # for what no single rule decides


@dataclass(slots=True)
class Counting:
    """The limits and greylists of one deployment so far."""

    to: Conditions
    limits: dict[ir.Flag, ir.Reached] = field(default_factory=dict)
    greylists: int = 0

    def of_limit(self, rule: p.Rule, alternatives: Iterable[tuple[ir.Test, ...]]) -> Iterator[ir.Statement]:
        """Yield the statements of a limit, which counts when the tests of one alternative hold."""
        assert rule.limit  # noqa: S101
        flag = ir.Flag(f"limit_{len(self.limits) + 1}")
        sender = self._sender() if rule.limit.per == "sender" else ir.Var.SENDER
        self.limits[flag] = reached = ir.Reached(rule.id, rule.limit, sender, rule.report_only)
        yield from _ask(rule, flag, alternatives, reached)
        yield from _decide(rule, flag, _FAILED, ir.Moment.MESSAGE)

    def of_greylist(self, rule: p.Rule, alternatives: Iterable[tuple[ir.Test, ...]]) -> Iterator[ir.Statement]:
        """Yield the statements of a greylist for one recipient; the variable still holds what the last one left."""
        assert isinstance(rule.action, p.Greylist)  # noqa: S101
        self.greylists += 1
        flag = ir.Flag(f"greylist_{self.greylists}")
        yield ir.Statement(ir.Verb.WARN, (), (ir.Set(flag, ir.Word(_NO)),), about(rule))
        first_try = ir.FirstTry(rule.action.seconds, self._sender(), self._recipient())
        yield from _ask(rule, flag, alternatives, first_try, described=True)
        failed = "cannot look up whether you were here before, try again later"
        yield from _decide(rule, flag, failed, ir.Moment.RCPT)

    def recipients(self) -> Iterator[ir.Effect]:
        """Yield what an accepted recipient leaves behind for limits that count recipients, or their domains."""
        if any(reached.limit.per in ("recipient", "domain") for reached in self.limits.values()):
            yield ir.Set(ir.Var.RECIPIENTS, ir.Also(self._recipient()))

    def _recipient(self) -> ir.Var:
        return ir.Var.RCPT_BASE if self.to.site.delimiters else ir.Var.RCPT

    def _sender(self) -> ir.Var:
        self.to.senders()
        return ir.Var.SENDER_BASE if self.to.site.delimiters else ir.Var.SENDER

    def block(self) -> Iterator[ir.AclBlock]:
        """Yield the ACL that writes an accepted message down, where there are limits."""
        if not self.limits:
            return
        asked = tuple(ir.Defined(flag) for flag in self.limits)
        counted = ir.Counted(tuple(self.limits.items()))
        statements = [
            ir.Statement(ir.Verb.ACCEPT, (ir.When(ir.Without(ir.Any(asked))),)),
            ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.COUNTED, ir.Word(_UNKNOWN)),)),
            ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.COUNTED, counted),)),
        ]
        enforced = tuple(ir.Defined(flag) for flag, reached in self.limits.items() if not reached.reports)
        if enforced:
            over = ir.Answer(451, "4.7.1", "too many messages at once, try again later", _ID)
            failed = ir.Answer(451, "4.3.0", _FAILED, _ID)
            statements += [
                ir.Statement(ir.Verb.DEFER, (ir.When(ir.Is(ir.Var.COUNTED, "over")),), (over,)),
                ir.Statement(
                    ir.Verb.DEFER, (ir.When(ir.Is(ir.Var.COUNTED, _UNKNOWN)), ir.When(ir.Any(enforced))), (failed,)
                ),
            ]
        yield ir.AclBlock(
            COUNT, (*statements, ir.Statement(ir.Verb.ACCEPT)), "the message is accepted: limits count it"
        )


def _ask(
    rule: p.Rule,
    flag: ir.Flag,
    alternatives: Iterable[tuple[ir.Test, ...]],
    question: ir.Value,
    *,
    described: bool = False,
) -> Iterator[ir.Statement]:
    """Yield statements after which the variable has the answer; a `warn` whose lookup fails is skipped."""
    for number, tests in enumerate(alternatives):
        words = about(rule) if not (number or described) else ""
        yield ir.Statement(ir.Verb.WARN, tests, (ir.Set(flag, ir.Word(_UNKNOWN)),), words, rule.id)
    asked = ir.When(ir.Is(flag, _UNKNOWN))
    yield ir.Statement(ir.Verb.WARN, (asked,), (ir.Set(flag, question),), origin=rule.id)


def _decide(rule: p.Rule, flag: ir.Flag, failed: str, moment: ir.Moment) -> Iterator[ir.Statement]:
    over = (ir.When(ir.Is(flag, _YES)),)
    if rule.report_only:
        yield ir.Statement(ir.Verb.WARN, over, (ir.Note("would defer", rule.id, moment),), origin=rule.id)
        return
    unknown = (ir.When(ir.Is(flag, _UNKNOWN)),)
    yield ir.Statement(ir.Verb.DEFER, unknown, (ir.Answer(451, "4.3.0", failed, rule.id),), origin=rule.id)
    yield ir.Statement(ir.Verb.DEFER, over, (answer(rule),), origin=rule.id)
