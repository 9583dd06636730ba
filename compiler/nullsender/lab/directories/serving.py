"""All directories of the lab: where policies say that they are, with whom they are to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nullsender.lab.directories import sqlite
from nullsender.lab.directories.asked import Asked, directories
from nullsender.lab.directories.ldap import Ldap
from nullsender.lab.directories.mysql import MySql
from nullsender.lab.directories.place import endpoints
from nullsender.lab.directories.postgres import Postgres
from nullsender.lab.directories.relay import Relay
from nullsender.lab.directories.server import SECRET, Found, Server, System, find
from nullsender.lab.machine import Machine
from nullsender.lab.resolver import Resolver
from nullsender.policy import Directory, Policy

Contents = Mapping[Asked, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where packages put a system's server, which of them has it, and what runs it."""

    program: str
    package: str
    of: Callable[[Found, Path], System]


_SYSTEMS = {
    "postgres": _Kind("usr/lib/postgresql/*/bin/postgres", "postgresql", Postgres),
    "mysql": _Kind("usr/sbin/mariadbd", "mariadb-server-core", MySql),
    "ldap": _Kind("usr/sbin/slapd", "slapd", Ldap),
}


class Directories:
    """Servers start when they are first asked for, once, and end with the lab."""

    def __init__(self, machine: Machine, resolver: Resolver) -> None:
        self._machine, self._resolver = machine, resolver
        self._servers: dict[str, Server] = {}
        self._relays: dict[tuple[str, str], tuple[Relay, ...]] = {}  # by system and place
        self._held: dict[str, object] = {}

    def let_in(self, policy: Policy) -> None:
        """Write down passwords where a policy says they are."""
        for source in (source for served in policy.served for source in served.sources):
            if isinstance(source, Directory) and source.password:
                path = Path(source.password)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{SECRET}\n")
                path.chmod(0o600)

    def hold(self, contents: Contents) -> None:
        """Have each directory know just those addresses; one that is to know None is down."""
        for system in dict.fromkeys(asked.directory.system for asked in contents):
            its = {asked: known for asked, known in contents.items() if asked.directory.system == system}
            if self._held.get(system) != its:
                self._held.pop(system, None)
                (self._write if system == "sqlite" else self._serve)(its)
                self._held[system] = its

    def server(self, system: str) -> Server:
        """Return the server of a system, which runs."""
        if system not in self._servers:
            kind = _SYSTEMS[system]
            found = find(self._machine.trees, kind.program)
            if found is None:
                raise RuntimeError(f"`{system}` cannot be booted: {lacks(system, self._machine.trees)}")
            home = self._machine.lasting / system
            server = Server(self._machine, kind.of(found, home), home)
            server.make()
            self._servers[system] = server
        return self._servers[system]

    def end(self, system: str) -> None:
        """End a server at once: its connections break, and are refused from now on."""
        self._servers[system].kill()
        for relay in self._of(system):
            relay.close()

    def resume(self, system: str) -> None:
        """Start a server again that was ended, with what it knew."""
        self._servers[system].start()
        for relay in self._of(system):
            relay.open()

    def close_places(self) -> None:
        """Let nobody ask any more."""
        for relays in self._relays.values():
            for relay in relays:
                relay.close()
        self._relays.clear()
        self._held.clear()

    def stop(self) -> None:
        self.close_places()
        for server in self._servers.values():
            server.stop()
        self._servers.clear()

    def _write(self, contents: Contents) -> None:
        for place in dict.fromkeys(asked.place for asked in contents):
            known = {asked: its for asked, its in contents.items() if asked.place == place and its is not None}
            if known:
                sqlite.write(Path(place), known)
            else:
                Path(place).unlink(missing_ok=True)

    def _serve(self, contents: Contents) -> None:
        """Fill the server of one system, and be where it is asked."""
        (system,) = {asked.directory.system for asked in contents}
        server = self.server(system)
        server.fill({asked: known for asked, known in contents.items() if known is not None})
        for asked, known in contents.items():
            self._resolver.hosts.update(one.host for one in endpoints(asked.directory) if one.port and not one.inside)
            for relay in self._at(asked, server):
                relay.close() if known is None else relay.open()

    def _at(self, asked: Asked, server: Server) -> tuple[Relay, ...]:
        key = (asked.directory.system, asked.place)
        if key not in self._relays:
            found = endpoints(asked.directory)
            self._relays[key] = tuple(Relay(self._machine, one, server.system.socket) for one in found)
        return self._relays[key]

    def _of(self, system: str) -> Iterator[Relay]:
        yield from (relay for (its, _), relays in self._relays.items() if its == system for relay in relays)


def lacking(policy: Policy, trees: tuple[Path, ...]) -> Iterator[tuple[Directory, str]]:
    """Yield the directories of a policy whose program is not there, with the package that has it."""
    for asked in {asked.directory.system: asked for asked in directories(policy)}.values():
        if why := lacks(asked.directory.system, trees):
            yield asked.directory, why


def lacks(system: str, trees: tuple[Path, ...]) -> str | None:
    """Say what is not installed of a system's server, None where nothing is missing."""
    kind = _SYSTEMS.get(system)
    if kind is None or find(trees, kind.program):
        return None
    return f"no server of {system} is installed: apt-get install {kind.package}"
