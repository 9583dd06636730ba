"""The lab as the live tests have it: with a real server of block lists, and users of every program."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from nullsender import discover
from nullsender.lab import lab
from nullsender.lab.listing import Listed, Query
from nullsender.lab.machine import Machine
from tests.live.blocklists import ADDRESS, BlockLists


class Lab(lab.Lab):
    """A lab that asks rbldnsd what the product's resolver would answer itself."""

    _lists: BlockLists | None = None

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        furnish()

    def fresh(self, zones: Iterable[str] = (), listed: Iterable[Listed] = ()) -> None:
        if self._lists:
            self._lists.stop()
            self._lists = None
        zones = tuple(zones)
        super().fresh(zones)
        furnish()
        if zones:
            folder = Path(tempfile.mkdtemp(prefix="zones-", dir="/run"))
            folder.chmod(0o755)
            self._lists = BlockLists(folder, zones, listed)
            self.resolver.server = ADDRESS

    def queries(self) -> tuple[Query, ...]:
        return self._lists.queries() if self._lists else ()


def furnish() -> None:
    """Make what the packages would have made, also for tests that run a program without deploying anything."""
    for name in discover.names():
        target_lab = discover.load(name).lab
        if target_lab is not None:
            target_lab.furnish()
