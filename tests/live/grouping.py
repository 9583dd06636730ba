"""Keep together, when tests run in parallel, what shares a booted server."""

from __future__ import annotations

import re
from typing import Any

_BOOTS = re.compile(r"tests/(?:live|targets|differential/test_servers)[^:]*")
_DEPLOYMENT = re.compile(r"\[([a-z]+:[a-z]+\d*)")  # a policy and a deployment: `[deferred:pf-…]`


def group(test: str) -> str:
    """Return the name of the group that a test's id belongs to: its deployment's, its file's, or one of its own."""
    file = _BOOTS.match(test)
    if file is None:
        return test
    deployment = _DEPLOYMENT.search(test)
    return f"{file[0]} {deployment[1]}" if deployment else file[0]


def scheduler(config: Any, log: Any) -> Any:
    """Return xdist's scheduler of scopes, with these groups as scopes, in the order in which they were collected.

    The longest are collected first of those that boot servers. No group waits behind a long one: a worker gets another
    when it begins its last test, and not, as xdist has it, with the last but one.
    """
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Grouped(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

        def _reschedule(self, node: Any) -> None:
            if not self.workqueue or self._pending_of(self.assigned_work[node]) < 2:
                super()._reschedule(node)

    config.option.loadscopereorder = False
    return Grouped(config, log)
