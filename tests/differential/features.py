"""Which features of the capability tables a session has exercised."""

from __future__ import annotations

from collections.abc import Iterator

from nullsender import condition as c
from nullsender.features import full_condition, of_rule, of_statement
from nullsender.policy import Policy
from nullsender.scope import rules_of, statements_of
from nullsender.verdict import SPLIT, Effect, Verdict

# Nothing that can be written leads to them: no rule is about the kept or about relaying, and no existence is denied.
UNSAYABLE = frozenset({"kept recipient", "not relaying", "not nonexistent recipients"})
# What is about reports that wait for SPF is said only where there are such reports.
IF_PASSING = frozenset({"quarantine without reports if passing"})
PASSING = "send ndrs only to senders passing spf or dmarc"
NO_LOGIN = frozenset({"authenticated"})  # a whole server as the lab boots it offers no login
_FIRED = (Effect.DECIDES, Effect.REPORTS, Effect.ADDS, Effect.COUNTS)


def exercised(policy: Policy, verdict: Verdict, deployment: str) -> frozenset[str]:
    """Return the features of the rules that did something, and of the settings in force."""
    return frozenset(_exercised(policy, verdict, deployment))


def _exercised(policy: Policy, verdict: Verdict, deployment: str) -> Iterator[str]:
    fired = {tried.rule for tried in verdict.trace if tried.effect in _FIRED}
    for rule in rules_of(policy, deployment):
        if rule.id in fired:
            yield from of_rule(rule, policy)
    if SPLIT in fired:
        yield "split mail"
    yield from map(of_statement, statements_of(policy, deployment))
    yield from (f"deliver by {delivery.protocol}" for delivery in policy.deliveries)


def asked(policy: Policy, verdict: Verdict) -> Iterator[type[c.Atom]]:
    """Yield the kinds of condition of every rule that was tried."""
    tried = {one.rule for one in verdict.trace}
    for rule in policy.rules:
        if rule.id in tried:
            yield from (type(atom) for _, atom in c.literals(full_condition(rule)))
