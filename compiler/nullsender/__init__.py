"""Compile a policy for bounces into the configuration of mail servers.

The names below are the public interface; everything else may change. They are imported when they are first used, so
that a command starts without what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nullsender.diagnostic import Diagnostic as Diagnostic
    from nullsender.evaluator import evaluate as evaluate
    from nullsender.frontend import Built as Built
    from nullsender.frontend import build as build
    from nullsender.frontend import read_policy as read_policy
    from nullsender.lists import read_lists as read_lists
    from nullsender.policy import Policy as Policy
    from nullsender.session import Message as Message
    from nullsender.session import Session as Session
    from nullsender.target import Target as Target
    from nullsender.verdict import Verdict as Verdict

__all__ = [
    "Built",
    "Diagnostic",
    "Message",
    "Policy",
    "Session",
    "Target",
    "Verdict",
    "build",
    "evaluate",
    "read_lists",
    "read_policy",
]

_ROOMS = {
    "Built": "frontend",
    "Diagnostic": "diagnostic",
    "Message": "session",
    "Policy": "policy",
    "Session": "session",
    "Target": "target",
    "Verdict": "verdict",
    "build": "frontend",
    "evaluate": "evaluator",
    "read_lists": "lists",
    "read_policy": "frontend",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
