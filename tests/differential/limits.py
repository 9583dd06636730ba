"""Sessions in which a stack can never do what is meant: what the README says of them under Limits."""

from __future__ import annotations

from nullsender import canonical
from nullsender import condition as c
from nullsender.asking import POSTMASTER, View, ask
from nullsender.features import full_condition
from nullsender.lab.tagging import Tags
from nullsender.policy import Into, Policy
from nullsender.session import Session
from tests.differential.playing import DEPLOYMENT
from tests.differential.stacks import Stack


def is_beyond(stack: Stack, policy: Policy, session: Session) -> bool:
    """Tell whether the bare `postmaster` stands where the stack does not see him, or does as it always does.

    And a whole server offers no login, and what says nothing of tags means them to be good, which one cannot be on an
    address that nobody signs.
    """
    if session.login is not None and not stack.login:
        return True
    signed = Tags(policy, DEPLOYMENT).may_be_signed
    asked = any(isinstance(atom, c.BatvIs) for rule in policy.rules for _, atom in c.literals(full_condition(rule)))
    if asked and any(canonical.tagged(recipient) and not signed(recipient) for recipient in session.recipients):
        return True
    is_sender = session.sender.lower() == POSTMASTER
    is_recipient = POSTMASTER in map(str.lower, session.recipients)
    others = len(session.recipients) > 1 or policy.quarantine.into is Into.ADDRESS
    if stack.milter and (is_sender or (is_recipient and others)):
        return True
    trusted = ask(View(policy, DEPLOYMENT, session, ()), c.Trusted()) is not False
    return stack.reaches_postmaster and is_recipient and (trusted or bool(policy.split and others))
