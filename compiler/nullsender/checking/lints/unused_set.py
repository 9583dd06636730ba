"""NS207: a set that nothing uses."""

from nullsender.checking.context import Context
from nullsender.policy import Policy


def lint(policy: Policy, context: Context) -> None:  # noqa: ARG001  # all lints are called alike
    for name, named in context.resolved.sets.items():
        if name not in context.used_sets:
            context.warn("NS207", f"nothing uses the set `{name}`", named.span, help="take it away")
