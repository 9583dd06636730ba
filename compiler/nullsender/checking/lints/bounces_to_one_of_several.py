"""NS317: `bounces to S` without a word on bounces to several recipients."""

from nullsender import condition as c
from nullsender.checking.context import Context
from nullsender.policy import Policy, Reject, Rule, Stage


def lint(policy: Policy, context: Context) -> None:
    for rule in policy.rules:
        atoms = {type(atom) for _, atom in c.literals(rule.when)}
        if (
            {c.SenderNull, c.RecipientIn} <= atoms
            and c.BatvIs not in atoms
            and rule.stage > Stage.RCPT
            and isinstance(rule.action, Reject)
            and not any(_refuses_several(other) for other in policy.rules)
        ):
            context.warn(
                "NS317",
                "a bounce to one of these and somebody else passes: the rule speaks of every recipient of a message",
                rule.span,
                help="write `reject bounces to several recipients` too; a genuine bounce has one",
            )


def _refuses_several(rule: Rule) -> bool:
    return {type(atom) for _, atom in c.literals(rule.when)} == {c.SenderNull, c.RecipientsOver}
