"""Ids of rules: the names they chose, else their words, counted where two say the same."""

from __future__ import annotations

from collections.abc import Iterator

from nullsender import syntax as s
from nullsender import wording
from nullsender.checking.context import Context
from nullsender.source import Span

RELAYING = "relaying"
RuleLike = s.RuleStatement | s.UseDnsbl | s.LimitStatement


def rule_statements(context: Context) -> Iterator[RuleLike]:
    """Yield the statements that are rules, in order."""
    for statement in context.resolved.statements:
        if isinstance(statement, s.RuleStatement | s.UseDnsbl | s.LimitStatement):
            yield statement


class Ids:
    """Ids given so far: the names that rules chose come first, made ones count around them."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.chosen: dict[str, Span] = {}
        self.given: set[str] = {RELAYING}
        for statement in rule_statements(context):
            for modifier in statement.modifiers:
                if isinstance(modifier, s.Named):
                    self._choose(modifier.name)

    def _choose(self, name: s.Word) -> None:
        if name.text in self.chosen:
            self.context.twice("NS311", f"two rules are called `{name.text}`", name.span, self.chosen[name.text])
        elif not name.text.isascii():
            self.context.error("NS311", f"`{name.text}` stands in replies, which are ASCII", name.span)
        elif name.text == RELAYING:
            self.context.error("NS311", f"`{RELAYING}` is the name of the rule that nobody writes", name.span)
        else:
            self.chosen[name.text] = name.span
            self.given.add(name.text)

    def take(self, words: str, name: s.Word | None) -> str:
        if name is not None:
            return name.text
        base, number = wording.slug(words), 1
        made = base
        while made in self.given:
            number += 1
            made = f"{base}-{number}"
        self.given.add(made)
        return made
