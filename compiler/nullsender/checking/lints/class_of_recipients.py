"""NS318: a rule on content and recipients in a policy that lets a message have recipients of several classes."""

from nullsender import condition as c
from nullsender.checking.context import Context
from nullsender.policy import Policy, Stage


def lint(policy: Policy, context: Context) -> None:
    if policy.split:
        return
    for rule in policy.rules:
        chosen = any(isinstance(atom, c.RecipientIn) for _, atom in c.literals(rule.when))
        about_bounces = any(isinstance(atom, c.SenderNull) for _, atom in c.literals(rule.when))
        if rule.stage is Stage.CONTENT and chosen and not about_bounces:
            context.warn(
                "NS318",
                "the rule fires only when every recipient of the message is one of these",
                rule.span,
                help="write `split mail by …` with the same set, so that a message has recipients of one class",
            )
