"""NS245 and NS247: a policy that says nothing, or that no server is to obey."""

from nullsender.checking.context import Context
from nullsender.policy import Policy


def lint(policy: Policy, context: Context) -> None:
    span = context.resolved.span
    if not context.resolved.statements:
        context.error("NS247", "the policy is empty", span, help='begin with `policy "…"`; the README has an example')
    elif not policy.deployments:
        context.error(
            "NS245",
            "no server is to obey this policy",
            span,
            help="say where it goes: `deploy mx1 to SERVER VERSION`; `nullsender targets` lists the servers",
        )
