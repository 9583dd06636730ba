"""The reference evaluator: what a policy means for a session. Every server is held to it.

It is the documentation of the language. Relaying comes first, existence second, then the rules in order, at each of
three stages; the first that decides ends its stage. A rule applies only when its condition is true: what a failed
lookup leaves open is not. Two things are no rules and stand here by themselves: a lookup of existence that fails, and
recipients that `split mail` sends apart. What limits count stands in `counting`, what leaves after acceptance in
`leaving`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nullsender import condition as c
from nullsender import policy as p
from nullsender.asking import View, ask
from nullsender.counting import Counters
from nullsender.features import full_condition
from nullsender.leaving import is_signed, ndrs
from nullsender.membership import has_address
from nullsender.policy import Policy, Reply, Rule
from nullsender.scope import rules_of
from nullsender.session import Session, Stage
from nullsender.truth import Truth, answer
from nullsender.verdict import ACCEPTED, SPLIT, SPLIT_REPLY, Decision, Effect, Outcome, Tried, Verdict

_LOOKUP_FAILED = Reply(451, "4.3.0")
_OUTCOMES: dict[type[p.Action], Outcome] = {
    p.Reject: Outcome.REJECT,
    p.Defer: Outcome.DEFER,
    p.Greylist: Outcome.DEFER,
    p.Quarantine: Outcome.QUARANTINE,
    p.Discard: Outcome.DISCARD,
}


def evaluate(policy: Policy, session: Session, deployment: str) -> Verdict:
    """Return what becomes of a session at a deployment. The lists of the policy must have been read (`lists`)."""
    counters = Counters()
    rules = rules_of(policy, deployment)
    for _ in range(session.before):
        verdict = _Evaluation(policy, deployment, rules, session, counters).run()
        if not counters.settle(refused=verdict.message is None or verdict.message.outcome.refuses):
            break  # so it would be for all the others
    return _Evaluation(policy, deployment, rules, session, counters).run()


@dataclass(slots=True)
class _Evaluation:
    """One session while it is evaluated."""

    policy: Policy
    deployment: str
    rules: tuple[Rule, ...]
    session: Session
    counters: Counters
    score: float = 0.0
    tags: list[tuple[str, str]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    trace: list[Tried] = field(default_factory=list)

    def run(self) -> Verdict:
        self.score = self.session.score
        recipients = tuple(self._recipients())
        accepted = tuple(name for name, decision in recipients if not decision.outcome.refuses)
        message = self._message(accepted) if accepted else None
        goes_on = message is not None and message.outcome in (Outcome.ACCEPT, Outcome.QUARANTINE)
        view = self._view(accepted)
        return Verdict(
            recipients,
            message,
            tags=tuple(self.tags) if goes_on else (),
            score=self.score if goes_on else 0.0,
            reported=tuple(dict.fromkeys(self.reported)),
            added=tuple(self.added) if goes_on else (),
            ndrs=ndrs(view) if message == ACCEPTED else (),
            sender=self.session.sender if goes_on else "",
            signed=goes_on and is_signed(view),
            trace=tuple(self.trace),
        )

    # --- stages -------------------------------------------------------------------------------------------------------
    def _recipients(self) -> Iterator[tuple[str, Decision]]:
        """Decide each recipient by itself, in order."""
        first: tuple[bool, ...] | None = None
        for recipient in self.session.recipients:
            decision = self._stage(Stage.RCPT, (recipient,))
            if not decision.outcome.refuses:
                its_class = self._class(recipient)
                if first is not None and its_class != first and self._splits():
                    self._tried(SPLIT, Stage.RCPT, recipient, True, Effect.DECIDES)
                    decision = Decision(Outcome.DEFER, Stage.RCPT, SPLIT, SPLIT_REPLY)
                else:
                    first = first or its_class
            yield recipient, decision

    def _message(self, accepted: tuple[str, ...]) -> Decision:
        """Decide the message: what is kept for a person may be refused later, but is never dropped."""
        kept = ACCEPTED
        for stage in (Stage.DATA, Stage.CONTENT):
            decision = self._stage(stage, accepted)
            if decision.outcome.refuses or (decision.outcome is Outcome.DISCARD and kept is ACCEPTED):
                return decision
            if decision.outcome is Outcome.QUARANTINE and kept is ACCEPTED:
                kept = decision
        return kept

    def _stage(self, stage: Stage, recipients: tuple[str, ...]) -> Decision:
        """Try the rules of a stage: those that add to the message first, then the others, until one decides."""
        here = [rule for rule in self.rules if rule.stage is stage]
        for rule in (*filter(_adds, here), *(rule for rule in here if not _adds(rule))):
            decision = self._try(rule, self._view(recipients))
            if decision is not None:
                return decision
        return ACCEPTED

    # --- one rule -----------------------------------------------------------------------------------------------------
    def _try(self, rule: Rule, view: View) -> Decision | None:
        recipient = view.recipients[0] if rule.stage is Stage.RCPT else None
        truth = _answer(rule, view)
        effect, decision = Effect.NONE, None
        if truth is None:
            effect, decision = Effect.UNKNOWN, _lookup_failed(rule, view)
        elif truth:
            effect = self._apply(rule, view)
        if effect is Effect.DECIDES:
            decision = Decision(_OUTCOMES[type(rule.action)], rule.stage, rule.id, rule.reply)
        self._tried(rule.id, rule.stage, recipient, truth, effect)
        return decision

    def _apply(self, rule: Rule, view: View) -> Effect:
        """Do what a rule does whose condition is true, as far as it is no decision, and return what that is."""
        if rule.limit and not self.counters.is_over(rule.id, rule.limit, view):
            return Effect.COUNTS
        if isinstance(rule.action, p.Greylist) and not self.session.first_contact:
            return Effect.NONE
        if rule.report_only:
            self.reported.append(rule.id)
            return Effect.REPORTS
        match rule.action:
            case p.Tag(header, value):
                self.tags.append((header, value))
            case p.Score(points):
                self.score += points
            case _:
                return Effect.DECIDES
        self.added.append(rule.id)
        return Effect.ADDS

    def _tried(self, rule: str, stage: Stage, recipient: str | None, truth: Truth, effect: Effect) -> None:
        self.trace.append(Tried(rule, stage, recipient, truth, effect))

    # --- what is no rule ----------------------------------------------------------------------------------------------
    def _class(self, recipient: str) -> tuple[bool, ...]:
        """Return which of the sets that split mail a recipient is in."""
        forms = self._view((recipient,)).forms(recipient)
        return tuple(has_address(entries, forms) is True for entries in self.policy.split)

    def _splits(self) -> bool:
        return self.session.sender != "" and ask(self._view(()), c.Trusted()) is not True

    def _view(self, recipients: tuple[str, ...]) -> View:
        return View(self.policy, self.deployment, self.session, recipients, self.score)


def _adds(rule: Rule) -> bool:
    return isinstance(rule.action, p.Score | p.Tag)


def _answer(rule: Rule, view: View) -> Truth:
    return answer(full_condition(rule), lambda atom: ask(view, atom))


def _lookup_failed(rule: Rule, view: View) -> Decision | None:
    """Defer a recipient of whom it cannot be told whether he exists, or whether the client may relay to him."""
    if not (rule.existence or rule.relaying):
        return None
    failing = c.RecipientUnknown if rule.existence else c.Trusted
    as_if = {c.RecipientUnknown: True, c.Trusted: False}

    def supposed(atom: c.Atom) -> Truth:
        truth = ask(view, atom)
        return as_if[failing] if truth is None and isinstance(atom, failing) else truth

    if answer(full_condition(rule), supposed) is not True:
        return None
    return Decision(Outcome.DEFER, Stage.RCPT, rule.id, _LOOKUP_FAILED)
