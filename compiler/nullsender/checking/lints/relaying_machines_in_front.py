"""NS229: a machine in front that is trusted too, and so may relay."""

from itertools import product

from nullsender.checking.context import Context
from nullsender.names import Kind
from nullsender.policy import Policy
from nullsender.sets import overlap


def lint(policy: Policy, context: Context) -> None:
    if policy.upstream is None or policy.upstream.span is None:
        return
    for trusted in policy.trusted:
        for one, other in product(policy.upstream.members, trusted.entries.members):
            if overlap(Kind.NETWORKS, one, other):
                context.warn(
                    "NS229",
                    f"`{one}` stands in front and is trusted as well: it may relay, and few rules hold for it",
                    policy.upstream.span,
                    help="machines in front relay nothing: take them out of `trust`",
                )
                break
