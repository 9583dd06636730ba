"""The machine with its resolver, and the sink that takes all mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nullsender.lab.dialogue import Attempt, Dialogue
from nullsender.lab.directories.serving import Directories
from nullsender.lab.listing import Listed, Query
from nullsender.lab.machine import Machine
from nullsender.lab.mailboxes import Mailboxes
from nullsender.lab.resolver import Resolver
from nullsender.lab.sink import Sink
from nullsender.policy import Callout, Delivery
from nullsender.session import GREETING, STRANGER


class Lab:
    """What surrounds the programs, for as long as the process lives; `fresh` makes it new between deployments."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.leaving: Callable[[], None] | None = None  # how to end what is running, before all is made new
        self.resolver = Resolver()
        self.mailboxes = Mailboxes()
        self.directories = Directories(machine, self.resolver)
        self.sink = Sink()
        self.sink.start(machine)

    def fresh(self, zones: Iterable[str] = (), listed: Iterable[Listed] = ()) -> None:
        """End all programs, put all files back, empty the sink, and serve these block lists."""
        leaving, self.leaving = self.leaving, None
        if leaving:
            leaving()
        self.directories.close_places()
        self.machine.renew()
        self.sink.clear()
        self.sink.serve_only_usual()
        self.mailboxes.stop()
        self.resolver.clear(zones, listed)

    def take_mail_of(self, deliveries: Iterable[Delivery]) -> None:
        """Be the hosts to which a deployment delivers."""
        for one in deliveries:
            self.resolver.hosts.add(one.host)
            self.sink.serve_also(self.machine, one.protocol, one.host, one.port)

    def be_asked(self, callouts: Iterable[Callout]) -> None:
        """Be the hops that a deployment asks who exists."""
        for one in callouts:
            self.resolver.hosts.add(one.host)
            self.sink.serve_also(self.machine, "smtp", one.host, one.port)

    def close(self) -> None:
        """End all programs, and stop what surrounds them."""
        self.fresh()
        self.directories.stop()
        self.sink.stop()
        self.resolver.stop()

    def queries(self) -> tuple[Query, ...]:
        """Return every question that the block lists were asked."""
        return tuple(self.resolver.queries)

    def dialogue(self, client: str = STRANGER, helo: str = GREETING, spoken: list[str] | None = None) -> Dialogue:
        """Open an SMTP session with the server; what is said in it is added to `spoken`."""
        return Dialogue(self.machine, client, helo, spoken=spoken)

    def attempt(
        self,
        sender: str,
        recipients: Iterable[str],
        message: bytes,
        client: str = STRANGER,
        helo: str = GREETING,
        spoken: list[str] | None = None,
    ) -> Attempt:
        """Try to send one message in a session of its own."""
        with self.dialogue(client, helo, spoken) as session:
            return session.attempt(sender, tuple(recipients), message)


@contextmanager
def opened(trees: tuple[Path, ...] = ()) -> Iterator[Lab]:
    """Make the machine of this process with all that surrounds it; in the end nothing of it runs."""
    machine = Machine(trees)
    try:
        lab = Lab(machine)
        try:
            yield lab
        finally:
            lab.close()
    finally:
        machine.close()
