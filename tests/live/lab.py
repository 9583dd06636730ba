"""The lab: a machine, its resolver with block lists, and the sink that takes all mail."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.blocklists import BlockLists, Listed, Query
from tests.live.dialogue import Attempt, Dialogue
from tests.live.machine import Machine
from tests.live.resolver import Resolver
from tests.live.sink import Sink

STRANGER = "203.0.113.9"  # a client that nobody knows
HELO = "client.example"


@dataclass
class Lab:
    """What surrounds a server under test, for as long as the process lives; `fresh` makes it new between servers."""

    machine: Machine
    sink: Sink = field(init=False)
    resolver: Resolver = field(init=False)
    leaving: Callable[[], None] | None = None  # how to end what is running, before all is made new
    _lists: BlockLists | None = None

    def __post_init__(self) -> None:
        self.resolver = Resolver()
        self.sink = Sink(self.machine)
        self.sink.start()

    def fresh(self, zones: Iterable[str] = (), listed: Iterable[Listed] = ()) -> None:
        """End all programs, put all files back, empty the sink, and serve these block lists."""
        leaving, self.leaving = self.leaving, None
        if leaving:
            leaving()
        if self._lists:
            self._lists.stop()
            self._lists = None
        self.machine.renew()
        self.sink.clear()
        self.resolver.silent.clear()
        self.resolver.nameless.clear()
        self.resolver.zones = tuple(zones)
        if self.resolver.zones:
            folder = Path(tempfile.mkdtemp(prefix="zones-", dir="/run"))
            folder.chmod(0o755)
            self._lists = BlockLists(folder, self.resolver.zones, listed)

    def queries(self) -> tuple[Query, ...]:
        """Return every question that the block lists were asked."""
        return self._lists.queries() if self._lists else ()

    def dialogue(self, client: str = STRANGER, helo: str = HELO) -> Dialogue:
        """Open an SMTP session with the server."""
        return Dialogue(self.machine, client, helo)

    def attempt(
        self, sender: str, recipients: Iterable[str], message: bytes, client: str = STRANGER, helo: str = HELO
    ) -> Attempt:
        """Try to send one message in a session of its own."""
        with self.dialogue(client, helo) as session:
            return session.attempt(sender, tuple(recipients), message)
