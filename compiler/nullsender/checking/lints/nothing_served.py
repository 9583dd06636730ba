"""NS249: a policy without recipients, so that every server would refuse all mail."""

from nullsender import syntax as s
from nullsender.checking.context import Context
from nullsender.policy import Policy


def lint(policy: Policy, context: Context) -> None:
    if policy.deployments and not any(context.of_kind(s.Recipients)) and not any(context.of_kind(s.RewriteForwarded)):
        context.error(
            "NS249",
            "the policy serves no domain",
            policy.deployments[0].span,
            note="mail for a domain that no `recipients of` statement names is refused as relaying",
            help='say who the recipients are: `recipients of example.org from file "recipients.txt"`',
        )
