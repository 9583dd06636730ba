"""Which rules the tests of a policy decide, and which none does."""

from __future__ import annotations

from dataclasses import dataclass

from nullsender.policy import Rule
from nullsender.testing.running import Run
from nullsender.verdict import Effect

_DOES_SOMETHING = (Effect.DECIDES, Effect.REPORTS, Effect.ADDS)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rules of a policy on all days of its tests, by id; `missed` are those that no test decides."""

    rules: tuple[str, ...]
    missed: tuple[Rule, ...]

    @property
    def percent(self) -> float:
        """The share of rules that some test decides; a policy always has the rules on relaying and existence."""
        return 100 * (1 - len(self.missed) / len(self.rules)) if self.rules else 100.0


def coverage(run: Run) -> Coverage:
    """Return which rules the tests of a run decide: a rule that only reports, tags or scores does so when it fires."""
    rules = {rule.id: rule for _, policy in reversed(run.policies) for rule in policy.rules}
    done = {tried.rule for r in run.results for tried in r.verdict.trace if tried.effect in _DOES_SOMETHING}
    in_order = dict.fromkeys(rule.id for _, policy in run.policies for rule in policy.rules)
    return Coverage(tuple(in_order), tuple(rules[id_] for id_ in in_order if id_ not in done))
