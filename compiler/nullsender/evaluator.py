"""The reference evaluator: what a policy means for a session. Every server is held to it.

Read it beside DESIGN §2. Relaying comes first, existence second, then the rules in order, at each of three stages; the
first that decides ends its stage. A rule applies only when its condition is true: what a failed lookup leaves open is
not. Three things are no rules and stand here by themselves: a lookup of existence that fails, recipients that `split
mail` sends apart, and the reports of mail that could not be delivered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from nullsender import condition as c
from nullsender import policy as p
from nullsender.asking import View, ask, served
from nullsender.features import full_condition
from nullsender.membership import has_address
from nullsender.policy import Policy, Reply, Rule
from nullsender.scope import rules_of, statements_of
from nullsender.session import Session, Stage
from nullsender.truth import Truth, answer
from nullsender.verdict import ACCEPTED, Decision, Effect, Outcome, Tried, Verdict

SPLIT = "split-mail"
_SPLIT_REPLY = Reply(452, "4.5.3")
_LOOKUP_FAILED = Reply(451, "4.3.0")
_OUTCOMES: dict[type[p.Action], Outcome] = {
    p.Reject: Outcome.REJECT,
    p.Defer: Outcome.DEFER,
    p.Greylist: Outcome.DEFER,
    p.Quarantine: Outcome.QUARANTINE,
    p.Discard: Outcome.DISCARD,
}
Counted = tuple[str, str]  # a rule's id, and what it counts for


def evaluate(policy: Policy, session: Session, deployment: str) -> Verdict:
    """Return what becomes of a session at a deployment. The lists of the policy must have been read (`lists`)."""
    counters: Counter[Counted] = Counter()
    rules = rules_of(policy, deployment)
    for _ in range(session.before):
        before = counters.copy()
        _Evaluation(policy, deployment, rules, session, counters).run()
        if counters == before:
            break  # so it would be for all the others
    return _Evaluation(policy, deployment, rules, session, counters).run()


@dataclass(slots=True)
class _Evaluation:
    """One session while it is evaluated; `counters` are those of limits, and go on from session to session."""

    policy: Policy
    deployment: str
    rules: tuple[Rule, ...]
    session: Session
    counters: Counter[Counted]
    score: float = 0.0
    tags: list[tuple[str, str]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    trace: list[Tried] = field(default_factory=list)

    def run(self) -> Verdict:
        self.score = self.session.score
        decisions = tuple((recipient, decision) for recipient, decision in self._recipients())
        verdict = Verdict(decisions, None, reported=(), trace=())
        accepted = verdict.accepted
        message = self._message(accepted) if accepted else None
        goes_on = message is not None and message.outcome in (Outcome.ACCEPT, Outcome.QUARANTINE)
        if message is not None and not message.outcome.refuses:
            for key in self.counted:
                self.counters[key] += 1
        verdict = replace(
            verdict, message=message, reported=tuple(dict.fromkeys(self.reported)), trace=tuple(self.trace)
        )
        if not goes_on:
            return verdict
        return replace(
            verdict,
            tags=tuple(self.tags),
            score=self.score,
            added=tuple(self.added),
            ndrs=tuple(self._ndrs(accepted)) if message == ACCEPTED else (),
            sender=self.session.sender,
            signed=self._signs(accepted),
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
                    decision = Decision(Outcome.DEFER, Stage.RCPT, SPLIT, _SPLIT_REPLY)
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
            decision = self._try(rule, View(self.policy, self.deployment, self.session, recipients, self.score))
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
        if rule.limit and not self._is_over(rule, rule.limit, view):
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

    def _is_over(self, rule: Rule, limit: p.Limit, view: View) -> bool:
        """Count the message, and tell whether one of those it counts for has had as many as it may."""
        keys = [(rule.id, key) for key in dict.fromkeys(_keys(limit, view))]
        self.counted += [key for key in keys if self.counters[key] < limit.count]
        return any(self.counters[key] >= limit.count for key in keys)

    def _tried(self, rule: str, stage: Stage, recipient: str | None, truth: Truth, effect: Effect) -> None:
        self.trace.append(Tried(rule, stage, recipient, truth, effect))

    # --- what is no rule ----------------------------------------------------------------------------------------------
    def _class(self, recipient: str) -> tuple[bool, ...]:
        """Return which of the sets that split mail a recipient is in."""
        forms = self._view((recipient,)).forms(recipient)
        return tuple(has_address(entries, forms) is True for entries in self.policy.split)

    def _splits(self) -> bool:
        return self.session.sender != "" and ask(self._view(()), c.Trusted()) is not True

    def _ndrs(self, accepted: tuple[str, ...]) -> Iterator[str]:
        """Yield to whom a report leaves: the sender, where some recipient is refused in the end and the policy lets it.

        The null sender never gets one (RFC 5321 §4.5.5).
        """
        view, sender = self._view(accepted), self.session.sender
        lost = any(not self.session.absent.isdisjoint(view.forms(recipient)) for recipient in accepted)
        if not lost or sender == "":
            return
        trusted = ask(view, c.Trusted()) is True
        passing = "pass" in (self.session.spf, self.session.dmarc)
        settings = (statement.setting for statement in statements_of(self.policy, self.deployment))
        to = next((setting.to for setting in settings if isinstance(setting, p.SendNdrs)), p.NdrTo.ANYONE)
        allowed = {p.NdrTo.ANYONE: True, p.NdrTo.TRUSTED: trusted, p.NdrTo.PASSING: trusted or passing}
        if allowed.get(to, False):
            yield sender

    def _signs(self, accepted: tuple[str, ...]) -> bool:
        """Tell whether the reverse-path gets a tag: mail of trusted clients to somewhere else, from a set's senders."""
        view = self._view(accepted)
        forms = view.forms(self.session.sender)
        settings = (statement.setting for statement in statements_of(self.policy, self.deployment))
        return any(
            has_address(setting.senders, forms) is True
            and ask(view, c.Trusted()) is True
            and any(served(view, recipient) is False for recipient in accepted)
            for setting in settings
            if isinstance(setting, p.SignBatv)
        )

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


def _keys(limit: p.Limit, view: View) -> Iterator[str]:
    """Yield for whom a message counts; addresses without their subaddress."""

    def whole(address: str) -> str:
        return (view.forms(address) or (address.lower(),))[-1]

    session = view.session
    match limit.per:
        case "recipient":
            yield from map(whole, view.recipients)
        case "client":
            yield session.client
        case "sender":
            yield whole(session.sender)
        case "login":
            yield session.login or ""
        case _:
            of = (session.sender,) if session.sender else view.recipients
            yield from (whole(address).rpartition("@")[2] for address in of)
