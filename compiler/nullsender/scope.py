"""What of a policy holds for one deployment: of two statements of a kind, the one that names it."""

from __future__ import annotations

from nullsender.names import Entries
from nullsender.policy import Policy, RewriteSrs, Rule, SignBatv, Statement


def rules_of(policy: Policy, deployment: str) -> tuple[Rule, ...]:
    """Return the rules for a deployment, in order."""
    return tuple(rule for rule in policy.rules if not rule.on or deployment in rule.on)


def trusted_of(policy: Policy, deployment: str) -> tuple[Entries, ...]:
    """Return the networks whose clients a deployment trusts."""
    named = tuple(networks.entries for networks in policy.trusted if deployment in networks.on)
    return named or tuple(networks.entries for networks in policy.trusted if not networks.on)


def statements_of(policy: Policy, deployment: str) -> tuple[Statement, ...]:
    """Return the settings for a deployment."""
    here = [s for s in policy.statements if not s.on or deployment in s.on]
    named = {s.kind for s in here if s.on}
    return tuple(s for s in here if s.on or s.kind not in named)


def batv_of(policy: Policy, deployment: str) -> SignBatv | None:
    """Return how mail is signed that a deployment gets bounces of: by itself, or else by another."""
    everywhere = (*statements_of(policy, deployment), *policy.statements)
    return next((s.setting for s in everywhere if isinstance(s.setting, SignBatv)), None)


def srs_of(policy: Policy, deployment: str) -> RewriteSrs | None:
    """Return how a deployment rewrites forwarded mail; it takes the bounces of it, and no other does."""
    here = statements_of(policy, deployment)
    return next((s.setting for s in here if isinstance(s.setting, RewriteSrs)), None)
