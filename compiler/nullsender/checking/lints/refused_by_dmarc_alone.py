"""NS326: mail is refused for good because of DMARC, and of nothing else."""

from nullsender import condition as c
from nullsender.checking.context import Context
from nullsender.policy import Policy, Reject

_SAYS_NOTHING = (c.DmarcIs, c.SenderNull, c.RecipientIn, c.RecipientsOver)  # about who sent it


def lint(policy: Policy, context: Context) -> None:
    for rule in policy.rules:
        asked = [(sign, atom) for sign, atom in c.literals(rule.when) if not isinstance(atom, c.Trusted | c.Upstream)]
        fails = any(
            isinstance(atom, c.DmarcIs) and sign is c.Sign.IS and atom.result in ("fail", "quarantine", "reject")
            for sign, atom in asked
        )
        alone = all(isinstance(atom, _SAYS_NOTHING) for _, atom in asked)
        if fails and alone and isinstance(rule.action, Reject) and not rule.report_only:
            context.warn(
                "NS326",
                "mail that lists and forwarders pass on fails DMARC, too, and would be refused for good",
                rule.span,
                help="write `quarantine`, or name what else has to speak against it: `and spf is fail`",
            )
