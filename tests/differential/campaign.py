"""Draw policies and sessions from a seed, and choose the sessions worth playing: each is unlike all the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from nullsender.evaluator import evaluate
from nullsender.policy import Policy
from nullsender.session import Session
from nullsender.verdict import Effect, Verdict
from tests.differential.limits import is_beyond
from tests.differential.playing import DEPLOYMENT, Compiled, compiled
from tests.differential.policies import Draft, drafts
from tests.differential.sessions import sessions
from tests.differential.stacks import Stack
from tests.differential.world import furnished

DRAWN_FOR_ONE = 3  # sessions that are drawn for each that is played


@dataclass(frozen=True, slots=True)
class Round:
    """One policy, with its lists read, and the sessions to play with what they mean."""

    compiled: Compiled
    policy: Policy
    sessions: tuple[tuple[Session, Verdict], ...]


@dataclass(slots=True)
class Campaign:
    """What is drawn for a stack, None for the whole language. `drawn` and `refused` count policies."""

    stack: Stack | None
    policies: int
    sessions: int  # of each policy
    seed: int = 1
    drawn: int = 0
    refused: int = 0
    left_out: int = 0  # statements that were too much for the stack
    kept: int = 0
    _seen: set[object] = field(default_factory=set)

    def rounds(self) -> tuple[Round, ...]:
        """Return the rounds: each policy another one, and each session of it unlike the others."""
        found: dict[str, Round] = {}
        batch = 0
        while len(found) < self.policies:
            for one in self._batch(
                drafts(self.stack), self.seed * 1000 + batch, self.sessions, many=min(20, self.policies + 1)
            ):
                if len(found) < self.policies and len(one.sessions) == self.sessions:
                    found.setdefault(one.compiled.text, one)
            batch += 1
        return tuple(found.values())

    def directed(self, policies: tuple[Draft, ...], count: int) -> tuple[Round, ...]:
        """Return rounds of policies that are written, with so many sessions of each."""
        numbered = enumerate(policies)
        batches = (self._batch(st.just(draft), self.seed * 1000 + n, count, many=3) for n, draft in numbered)
        return tuple(tuple(batch)[-1] for batch in batches)  # what is drawn first is the plainest

    def _batch(self, policies: st.SearchStrategy[Draft], number: int, count: int, *, many: int) -> Iterator[Round]:
        """Draw so many: hypothesis varies what it has drawn, so that more in one go are too much alike."""
        drawn: list[Round] = []

        @seed(number)
        @settings(
            max_examples=many,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(policies, st.data())
        def draw(draft: Draft, data: st.DataObject) -> None:
            one = compiled(draft, self.stack)
            self.drawn += 1
            if one is None:
                self.refused += 1
                return
            self.left_out += one.left_out
            self.kept += len(one.draft.statements)
            drawn.append(self._round(one, data, count))

        draw()
        yield from drawn

    def _round(self, one: Compiled, data: st.DataObject, count: int) -> Round:
        stack = self.stack
        facts = {"login": not stack or stack.login, "scores": not stack or stack.scores, "whole": not stack}
        strategy = sessions(one.policy, **facts)
        many = tuple(data.draw(strategy) for _ in range(count * DRAWN_FOR_ONE))
        policy, many = furnished(one.policy, many)
        within = (session for session in many if not (stack and is_beyond(stack, policy, session)))
        meant = [(session, evaluate(policy, session, DEPLOYMENT)) for session in within]
        return Round(one, policy, tuple(_unlike(meant, count)))


def _unlike(meant: list[tuple[Session, Verdict]], count: int) -> list[tuple[Session, Verdict]]:
    """Return so many sessions, those first of which each shows something that none before it shows."""
    seen: Counter[object] = Counter()
    chosen: list[tuple[Session, Verdict]] = []
    left = list(meant)
    while left and len(chosen) < count:
        best = max(left, key=lambda one: sum(1 / (1 + seen[sign]) ** 2 for sign in signs(one[1])))
        seen.update(signs(best[1]))
        chosen.append(best)
        left.remove(best)
    return chosen


def signs(verdict: Verdict) -> set[object]:
    """Return what a verdict shows: who decided what, and which rules were how."""
    message = verdict.message
    return {
        (message.outcome, message.rule) if message else None,
        *((decision.outcome, decision.rule) for _, decision in verdict.recipients if decision.rule),
        *((tried.rule, tried.effect) for tried in verdict.trace if tried.effect is not Effect.NONE),
    }
