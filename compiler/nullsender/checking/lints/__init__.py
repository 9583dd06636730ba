"""Findings about a policy as a whole: one file each, found by being here; each has `lint(policy, context)`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from nullsender.checking.context import Context
from nullsender.policy import Policy


def run(policy: Policy, context: Context) -> None:
    """Run every lint of this folder."""
    for module in sorted(m.name for m in iter_modules(__path__)):
        import_module(f"{__name__}.{module}").lint(policy, context)
