"""Compile a policy for bounces into the configuration of mail servers.

The names below are the public interface; everything else may change. They are imported when they are first used, so
that a command starts without what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nullsender.diagnostic import Diagnostic as Diagnostic
    from nullsender.frontend import Built as Built
    from nullsender.frontend import build as build
    from nullsender.frontend import read_policy as read_policy
    from nullsender.policy import Policy as Policy
    from nullsender.target import Target as Target

__all__ = ["Built", "Diagnostic", "Policy", "Target", "build", "read_policy"]

_ROOMS = {
    "Built": "frontend",
    "Diagnostic": "diagnostic",
    "Policy": "policy",
    "Target": "target",
    "build": "frontend",
    "read_policy": "frontend",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
